import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Hummingbird
import NIOCore
import Synchronization
import Testing

@testable import CarillonWeb

@Suite struct EventTests {
  @Test func `a ring tells what came after, or that it has forgotten`() {
    var random = SeededGenerator(seed: 7)
    for size in [1, 2, 7, 64] {
      var ring = EventRing(size: size)
      var all: [String] = []
      for step in 0..<300 {
        ring.append("e", "\(step)")
        all.append("\(step)")
        let position = Int64.random(in: -2...Int64(all.count + 2), using: &random)
        let limit = Int.random(in: 1...5, using: &random)
        let first = all.count - size
        switch ring.read(after: position, limit: limit) {
        case .missed(let newest):
          #expect(newest == Int64(all.count))
          #expect(position < max(0, Int64(first)) || position > Int64(all.count))
        case .events(let events):
          #expect(position >= max(0, Int64(first)))
          #expect(events.map(\.data) == Array(all[Int(position)...].prefix(limit)))
        }
      }
    }
  }

  @Test func `an empty ring has nothing to tell`() {
    #expect(EventRing(size: 4).read(after: 0, limit: 9) == .events([]))
    #expect(EventRing(size: 4).read(after: 1, limit: 9) == .missed(newest: 0))
  }

  // MARK: Streams

  /// A stream's text, as far as it has been written.
  private final class Listener: Sendable {
    private let text = Mutex("")
    private let (signals, signal) = AsyncStream.makeStream(of: Void.self)

    var writer: EventWriter {
      EventWriter { [self] more in
        text.withLock { $0 += more }
        signal.yield()
      }
    }

    var heard: String { text.withLock { $0 } }

    /// Waits until the text has this in it.
    func hears(_ part: String) async -> String {
      for await _ in signals {
        let text = text.withLock { $0 }
        if text.contains(part) { return text }
      }
      return ""
    }
  }

  private func feed(_ store: MemoryStore, _ clock: ManualClock) -> EventFeed {
    EventFeed(watch: watch(store, clock))
  }

  private func watch(_ store: MemoryStore, _ clock: ManualClock) -> EventWatch {
    let statistics = SharedReading(clock: clock) { try await store.statistics(known: []) }
    return EventWatch(
      store: store, statistics: statistics, catalog: HandlerCatalog(types: []), clock: clock)
  }

  @Test func `a listener hears what is published, and goes on where it was`() async throws {
    let clock = ManualClock()
    let feed = feed(MemoryStore(clock: clock), clock)
    let first = Listener()
    let listening = Task { try await EventStream(feed: feed, lastEventID: nil).run(first.writer) }
    _ = await first.hears("welcome")
    feed.publish("job", ["n": 1])
    feed.publish("job", ["n": 2])
    let heard = await first.hears("\"n\":2")
    let identity = try #require(
      heard.firstMatch(of: /event: job\nid: (.+)\ndata: \{"n":1\}/)?.1)

    let second = Listener()
    let resuming = Task {
      try await EventStream(feed: feed, lastEventID: String(identity)).run(second.writer)
    }
    let rest = await second.hears("\"n\":2")
    #expect(!rest.contains("\"n\":1") && !rest.contains("reset"))
    listening.cancel()
    resuming.cancel()
    _ = await (listening.result, resuming.result)
    #expect(feed.listeners == 0)
  }

  @Test func `a stream tells nothing more once its token is revoked`() async throws {
    let web = APIUnderTest(access: .tokens)
    let tokens = try #require(web.store as? any TokenStore)
    let token = AccessToken(name: "viewer", role: .viewer, at: web.clock.now())
    try await tokens.addToken(token.record)
    let head = HTTPRequest(
      method: .get, scheme: "http", authority: "localhost", path: "/api/v1/events",
      headerFields: [.authorization: "Bearer \(token.text)"])
    let answer = await web.api.answer(
      Request(head: head, body: RequestBody(buffer: ByteBuffer())), path: ["api", "v1", "events"])
    guard case .stream(_, let run) = answer.body else {
      Issue.record("\(answer)")
      return
    }
    let listener = Listener()
    let listening = Task { try await run(listener.writer) }
    _ = await listener.hears("welcome")
    web.api.parts.feed.publish("job", ["n": 1])
    _ = await listener.hears("\"n\":1")
    _ = try await tokens.revokeToken(token.record.id, at: web.clock.now())
    web.clock.advance(by: Gatekeeper.memory)
    web.api.parts.feed.publish("job", ["n": 2])
    await #expect(throws: Problem.self) { try await listening.value }
    #expect(!listener.heard.contains("\"n\":2"))
  }

  @Test(arguments: ["elsewhere-3", "", "x", "-", "99999999999999999999-1"])
  func `an identity of another process leads to a reset`(_ identity: String) async {
    let clock = ManualClock()
    let feed = feed(MemoryStore(clock: clock), clock)
    let listener = Listener()
    let listening = Task {
      try await EventStream(feed: feed, lastEventID: identity).run(listener.writer)
    }
    #expect(await listener.hears("event: reset").contains("id: \(feed.epoch)-"))
    listening.cancel()
  }

  @Test func `who has missed more than the ring keeps is told so`() async {
    let clock = ManualClock()
    let feed = feed(MemoryStore(clock: clock), clock)
    // Somebody must listen for anything to be kept.
    let other = Task { try await feed.listen { for await _ in $0 {} } }
    let listener = Listener()
    let listening = Task {
      try await EventStream(feed: feed, lastEventID: feed.id(0)).run(listener.writer)
    }
    _ = await listener.hears(":\n\n")
    listening.cancel()
    _ = await listening.result
    for number in 0...EventFeed.size { feed.publish("job", ["n": JSONValue(number)]) }
    let late = Listener()
    let resuming = Task {
      try await EventStream(feed: feed, lastEventID: feed.id(0)).run(late.writer)
    }
    let text = await late.hears("event: reset")
    #expect(!text.contains("event: job"))
    resuming.cancel()
    other.cancel()
  }

  @Test func `only so many may listen`() async throws {
    let clock = ManualClock()
    let feed = EventFeed(watch: watch(MemoryStore(clock: clock), clock), mostListeners: 1)
    let listener = Listener()
    let first = Task { try await EventStream(feed: feed, lastEventID: nil).run(listener.writer) }
    _ = await listener.hears("welcome")
    #expect(throws: Problem.self) { try feed.checkRoom() }
    await #expect(throws: Problem.self) { try await feed.listen { _ in } }
    first.cancel()
    _ = await first.result
    try feed.checkRoom()
  }

  // MARK: The watch

  @Test func `changes of other nodes are heard within a second`() async throws {
    let clock = ManualClock()
    let web = APIUnderTest(clock: clock)
    let listener = Listener()
    let feed = web.api.parts.feed
    let listening = Task {
      try await EventStream(feed: feed, lastEventID: nil).run(listener.writer)
    }
    _ = await listener.hears("event: stats")
    await clock.untilAsleep()
    // Past the API, as another node would.
    let request = try JobRequest(
      uuid: UUID(), jobType: "publish", handlerModule: Publish.handlerModule,
      resource: Resource("post", UUID()))
    _ = try await web.store.insert([request])
    clock.advance(by: EventWatch.interval)
    _ = await listener.hears("\"status\":\"pending\"")
    await clock.untilAsleep()
    try await web.run(request.uuid.text)
    clock.advance(by: EventWatch.interval)
    _ = await listener.hears("\"status\":\"processing\"")
    listening.cancel()
  }

  @Test func `a quiet store is heard as a heartbeat`() async throws {
    let clock = ManualClock()
    let feed = feed(MemoryStore(clock: clock), clock)
    let listener = Listener()
    let listening = Task {
      try await EventStream(feed: feed, lastEventID: nil).run(listener.writer)
    }
    _ = await listener.hears("event: stats")
    for _ in 0..<10 {
      await clock.untilAsleep()
      clock.advance(by: EventWatch.interval)
    }
    // The first is written at once, the second is the heartbeat.
    #expect(await listener.hears("}\n\n:\n\n").contains(":\n\n"))
    listening.cancel()
  }

  @Test func `a snapshot tells jobs that are new, changed, or have ended`() async throws {
    let web = APIUnderTest()
    let (running, waiting) = (try await web.scheduled(), try await web.scheduled(["in": "1h"]))
    try await web.run(running)
    let before = try await JobSnapshot.take(web.store)
    #expect(try await before.changes(since: before, in: web.store).isEmpty)
    web.clock.advance(by: .seconds(1))
    let new = try await web.scheduled(["in": "2h"])
    _ = await web.post("/api/v1/jobs/\(waiting)/cancel")
    let after = try await JobSnapshot.take(web.store)
    let changes = try await after.changes(since: before, in: web.store)
    #expect(Set(changes.map(\.uuid.text)) == [new, waiting])
  }

  @Test func `an event tells nothing of a job's args`() async throws {
    let web = APIUnderTest()
    let uuid = try await web.scheduled(["args": ["mail": "canary-99"]])
    let job = try #require(try await web.store.job(UUID(uuidString: uuid) ?? UUID()))
    #expect(!job.eventValue.json.contains("canary-99"))
  }
}
