import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct RescueWatchTests {
  private let grace = Duration.seconds(8)
  private let start = ManualClock.start

  private func node(expiring instant: Instant, beats: Int64 = 0) -> Node {
    Node(
      uuid: UUID(high: 1, low: 1), name: "host:1", startedAt: start, catalogue: [],
      queues: .all(1), leaseExpiresAt: instant, beats: beats)
  }

  /// A watcher whose heartbeats have come every 4 s up to `uptime`.
  private func healthy(at uptime: Int) -> Lease {
    var lease = Lease(duration: .seconds(18), interval: .seconds(4), startedAt: .zero)
    for beat in stride(from: 0, through: uptime, by: 4) { lease.renew(askedAt: .seconds(beat)) }
    return lease
  }

  @Test func `leaves a live node alone`() {
    var watch = RescueWatch(grace: grace)
    let node = node(expiring: start + .seconds(1))
    for uptime in stride(from: 100, to: 200, by: 2) {
      #expect(
        watch.look(
          at: [node], storeNow: start, asked: .seconds(uptime), answered: .seconds(uptime),
          own: healthy(at: uptime)
        ).isEmpty)
    }
  }

  @Test func `rescues a dead node after the grace, not before`() {
    var watch = RescueWatch(grace: grace)
    let node = node(expiring: start)
    var found: [Int] = []
    for uptime in stride(from: 100, through: 112, by: 2)
    where !watch.look(
      at: [node], storeNow: start, asked: .seconds(uptime), answered: .seconds(uptime),
      own: healthy(at: uptime)
    ).isEmpty {
      found.append(uptime)
    }
    #expect(found == [108, 110, 112])
  }

  @Test func `begins anew when the node has renewed`() {
    var watch = RescueWatch(grace: grace)
    func look(_ node: Node, _ uptime: Int) -> Int {
      watch.look(
        at: [node], storeNow: start, asked: .seconds(uptime), answered: .seconds(uptime),
        own: healthy(at: uptime)
      )
      .count
    }
    #expect(look(node(expiring: start), 100) == 0)
    #expect(look(node(expiring: start, beats: 1), 108) == 0)
    #expect(look(node(expiring: start, beats: 1), 114) == 0)
    #expect(look(node(expiring: start, beats: 1), 116) == 1)
  }

  @Test func `begins anew when the watcher itself was away`() {
    var watch = RescueWatch(grace: grace)
    let node = node(expiring: start)
    var own = healthy(at: 100)
    #expect(
      watch.look(
        at: [node], storeNow: start, asked: .seconds(100), answered: .seconds(100), own: own
      ).isEmpty)
    // The host slept for an hour, or the store was out of reach: everybody looks dead.
    own.renew(askedAt: .seconds(3_700))
    #expect(
      watch.look(
        at: [node], storeNow: start, asked: .seconds(3_701), answered: .seconds(3_701), own: own
      ).isEmpty)
    own.renew(askedAt: .seconds(3_704))
    own.renew(askedAt: .seconds(3_708))
    #expect(
      watch.look(
        at: [node], storeNow: start, asked: .seconds(3_708), answered: .seconds(3_708), own: own
      ).isEmpty)
    #expect(
      watch.look(
        at: [node], storeNow: start, asked: .seconds(3_709), answered: .seconds(3_709), own: own
      ).count == 1)
  }

  @Test func `rescues nobody while the watcher's own heartbeats fail`() {
    var watch = RescueWatch(grace: grace)
    let node = node(expiring: start)
    var own = healthy(at: 100)
    for uptime in stride(from: 100, to: 200, by: 2) {
      own.fail(at: .seconds(uptime))
      #expect(
        watch.look(
          at: [node], storeNow: start, asked: .seconds(uptime), answered: .seconds(uptime), own: own
        ).isEmpty)
    }
  }

  @Test func `isn't taken in by a store clock that jumps ahead`() {
    var watch = RescueWatch(grace: grace)
    let jumped = start + .seconds(86_400)
    #expect(
      watch.look(
        at: [node(expiring: start + .seconds(18))], storeNow: jumped, asked: .seconds(100),
        answered: .seconds(100),
        own: healthy(at: 100)
      ).isEmpty)
    // The node renews by the new time before the grace is over.
    #expect(
      watch.look(
        at: [node(expiring: jumped + .seconds(18), beats: 1)], storeNow: jumped,
        asked: .seconds(108), answered: .seconds(108), own: healthy(at: 108)
      ).isEmpty)
  }

  @Test func `counts no time that a look hung in the store`() {
    var watch = RescueWatch(grace: grace)
    let node = node(expiring: start)
    func look(asked: Int, answered: Int) -> Int {
      watch.look(
        at: [node], storeNow: start, asked: .seconds(asked), answered: .seconds(answered),
        own: healthy(at: answered)
      ).count
    }
    #expect(look(asked: 100, answered: 120) == 0)
    #expect(look(asked: 122, answered: 122) == 0)
    #expect(look(asked: 126, answered: 140) == 0)
    #expect(look(asked: 142, answered: 142) == 1)
  }
}
