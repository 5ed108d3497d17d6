import Carillon

/// Server-Sent Events: one listener's view of the feed.
struct EventStream: Sendable {
  let feed: EventFeed
  /// Where the listener was, if it comes back.
  let lastEventID: String?

  /// Writes until the listener is gone, or the task is cancelled.
  func run(_ writer: EventWriter) async throws {
    try await feed.listen { signals in
      var position = feed.newest
      if let lastEventID {
        if let number = feed.number(lastEventID) {
          position = number
        } else {
          try await writer.write(EventStream.reset(feed.id(position)))
        }
      } else {
        // With an identity, so that a listener that is cut off before the first event can resume.
        try await writer.write(": welcome\nid: \(feed.id(position))\n\n")
      }
      try await write(from: &position, to: writer)
      for await _ in signals {
        try await write(from: &position, to: writer)
      }
    }
  }

  /// Writes what is there; a comment when nothing is, so that both sides know that the other lives.
  private func write(from position: inout Int64, to writer: EventWriter) async throws {
    var isFirst = true
    while true {
      switch feed.read(after: position) {
      case .missed(let newest):
        position = newest
        try await writer.write(EventStream.reset(feed.id(newest)))
      case .events(let events):
        guard let last = events.last else {
          if isFirst { try await writer.write(":\n\n") }
          return
        }
        position = last.number
        try await writer.write(events.map(text).joined())
      }
      isFirst = false
    }
  }

  private func text(_ event: EventRing.Event) -> String {
    "event: \(event.name)\nid: \(feed.id(event.number))\ndata: \(event.data)\n\n"
  }

  /// Says that events were missed: whoever hears it reads everything anew.
  private static func reset(_ id: String) -> String { "event: reset\nid: \(id)\ndata: {}\n\n" }
}
