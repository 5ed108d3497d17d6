import Carillon
import HTTPTypes

/// Changes as they happen.
struct EventRoute: Sendable {
  let parts: APIParts

  var route: Route {
    Route(
      .get, "/api/v1/events", role: .viewer,
      Operation(
        id: "listen", summary: "Hear of changes as they happen, as Server-Sent Events.",
        detail: """
          `job`: where a job is now. `jobs`: many were stored. `deleted`: a job was removed. \
          `stats`: the store in numbers. `reset`: events were missed; read everything anew.
          """,
        headers: [
          .init(name: "Last-Event-ID", summary: "The last event that was heard, to go on after it.")
        ],
        responses: [
          .init(
            status: .ok, summary: "A stream without end.", type: "text/event-stream",
            schema: Schemas.text)
        ])
    ) { [parts] call in
      try parts.feed.checkRoom()
      let stream = EventStream(feed: parts.feed, lastEventID: call.headers[.lastEventID])
      return Answer(
        headers: [.accelBuffering: "no"],
        body: .stream(type: "text/event-stream") { try await stream.run($0) })
    }
  }
}
