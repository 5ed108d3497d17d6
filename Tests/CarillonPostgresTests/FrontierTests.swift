import Carillon
import CarillonTesting
import Foundation
import Testing

@testable import CarillonPostgres

private let mail = HandlerKey(handlerModule: "Mail", resourceType: "post")
private let print = HandlerKey(handlerModule: "Print", resourceType: "post")

/// A claim of these handlers' jobs, of all queues or one.
private func request(_ keys: Set<HandlerKey> = [mail], of queue: String? = nil) -> ClaimRequest {
  ClaimRequest(keys: keys, free: queue.map { .each([$0: 9]) } ?? .all(9), idle: true)
}

/// When everything here happens: later than all jobs.
private let now = Instant(microseconds: 9_000_000_000)

struct `Where claims begin` {
  private static let level = Frontier.Level(queue: "default", priority: 0)

  private func place(_ seconds: Int64) -> Frontier.Position {
    Frontier.Position(before: Instant(microseconds: seconds * 1_000_000))
  }

  /// One after a look from the beginning that was dear for the second time, at zero.
  private func dear(cost: Duration = .milliseconds(20), left: Int64 = 100) -> Frontier {
    var frontier = Frontier()
    for _ in 0..<2 {
      let look = frontier.look(for: request(), at: .zero, isExact: false)
      frontier.found([Self.level], by: look, cost: cost)
    }
    let look = frontier.look(for: request(), at: .zero, isExact: false)
    frontier.found([Self.level], by: look, cost: cost)
    frontier.left([Self.level: place(left)], for: [mail], asOf: now, by: look, at: .zero)
    return frontier
  }

  @Test func `is the very beginning while that costs next to nothing`() {
    var frontier = Frontier()
    for cost in [0, 200, 5_000, 900, 5_000, 0] {
      let look = frontier.look(for: request(), at: .zero, isExact: false)
      #expect(look.known == nil)
      #expect(!look.asksForTheRest)
      frontier.found([Self.level], by: look, cost: .microseconds(cost))
    }
  }

  @Test func `is where others left off once that is dear, and the beginning now and then`() {
    let frontier = dear()
    #expect(frontier.look(for: request(), at: .milliseconds(1_199), isExact: false).known != nil)
    #expect(frontier.look(for: request(), at: .milliseconds(1_200), isExact: false).known == nil)
    let dearer = dear(cost: .milliseconds(200))
    #expect(dearer.look(for: request(), at: .milliseconds(2_999), isExact: false).known != nil)
    #expect(dearer.look(for: request(), at: .milliseconds(3_000), isExact: false).known == nil)
    let slow = dear(cost: .seconds(9))
    #expect(slow.look(for: request(), at: .seconds(107), isExact: false).known != nil)
    #expect(slow.look(for: request(), at: .seconds(108), isExact: false).known == nil)
  }

  @Test func `is the beginning for who may miss nothing`() {
    #expect(dear().look(for: request(), at: .milliseconds(10), isExact: true).known == nil)
  }

  @Test func `moves on to what was passed a while ago`() {
    var frontier = dear(cost: .seconds(1))
    func pass(_ seconds: Int64, at time: Int) -> Frontier.Position? {
      let look = frontier.look(for: request(), at: .milliseconds(time), isExact: false)
      frontier.left(
        [Self.level: place(seconds)], for: [mail], asOf: now, by: look, at: .milliseconds(time))
      return frontier.start(Self.level, [mail])
    }
    #expect(pass(110, at: 50) == place(100))
    #expect(pass(120, at: 100) == place(100))
    #expect(pass(130, at: 150) == place(100))
    #expect(pass(140, at: 200) == place(120))
    // Behind a job that another node has put back.
    #expect(pass(105, at: 250) == place(105))
  }

  @Test func `goes back to a job that becomes ready before it`() {
    var frontier = dear()
    frontier.note(Self.level, place(40), at: .milliseconds(1))
    #expect(frontier.start(Self.level, [mail]) == place(40))
    frontier.note(Self.level, place(50), at: .milliseconds(2))
    #expect(frontier.start(Self.level, [mail]) == place(40))
  }

  @Test func `is known for fewer handlers and not for others`() {
    var frontier = dear()
    let look = frontier.look(for: request(), at: .milliseconds(1), isExact: false)
    frontier.left(
      [Self.level: place(70)], for: [mail, print], asOf: now, by: look, at: .milliseconds(1))
    #expect(frontier.start(Self.level, [print]) == place(70))
    #expect(frontier.start(Self.level, [mail]) == place(100))
    let other = HandlerKey(handlerModule: "Other", resourceType: "post")
    #expect(frontier.start(Self.level, [mail, other]) == nil)
  }

  @Test func `is looked for anew by each set of handlers and queues`() {
    var frontier = dear(cost: .seconds(9))
    let both: Set = [mail, print]
    func anew(_ request: ClaimRequest, at seconds: Int) -> Bool {
      frontier.look(for: request, at: .seconds(seconds), isExact: false).known == nil
    }
    #expect(!anew(request(), at: 1))
    #expect(anew(request(both), at: 1))
    #expect(anew(request(of: "default"), at: 1))
    // Those of the one pass over what the other is for.
    let look = frontier.look(for: request(both), at: .seconds(1), isExact: false)
    frontier.found([Self.level], by: look, cost: .seconds(9))
    // It may still fail.
    #expect(anew(request(both), at: 1))
    frontier.left([:], for: both, asOf: now, by: look, at: .seconds(2))
    #expect(!anew(request(both), at: 120))
    #expect(!anew(request(), at: 120))
    #expect(anew(request(), at: 9 * 12 * 2))
    #expect(!anew(request(both), at: 9 * 12 * 2))
  }

  @Test func `is looked for anew in a queue that had no room while others were looked at`() {
    var frontier = dear(cost: .milliseconds(200))
    func request(_ mail: Int, _ news: Int) -> ClaimRequest {
      ClaimRequest(keys: [post], free: .each(["mail": mail, "news": news]), idle: true)
    }
    var post: HandlerKey { HandlerKey(handlerModule: "Mail", resourceType: "post") }
    let claim = frontier.look(for: request(1, 1), at: .zero, isExact: false)
    frontier.left([:], for: [post], asOf: now, by: claim, at: .zero)
    #expect(frontier.look(for: request(1, 0), at: .seconds(2), isExact: false).known != nil)
    // While the one queue is full, idle looks see to the other one alone.
    let idle = frontier.look(for: request(0, 1), at: .seconds(4), isExact: false)
    #expect(idle.known == nil)
    frontier.nothingDue(at: now, request(0, 1), by: idle, now: .seconds(4))
    #expect(frontier.look(for: request(0, 1), at: .seconds(5), isExact: false).known != nil)
    #expect(frontier.look(for: request(1, 1), at: .seconds(5), isExact: false).known == nil)
  }

  @Test func `is passed by no claim under way once a look from the beginning has seen a job`() {
    var frontier = dear(cost: .seconds(1), left: 40)
    let early = frontier.look(for: request(), at: .milliseconds(1), isExact: false)
    let look = frontier.look(for: request(), at: .seconds(20), isExact: false)
    #expect(early.known != nil && look.known == nil)
    for (seconds, time) in [(100, 20_001), (120, 20_200)] as [(Int64, Int)] {
      frontier.left(
        [Self.level: place(seconds)], for: [mail], asOf: now, by: early, at: .milliseconds(time))
    }
    // Another node's job at 60, which it leaves for want of room.
    frontier.left([Self.level: place(60)], for: [mail], asOf: now, by: look, at: .seconds(21))
    for time in [21_200, 21_400, 21_600] {
      frontier.left(
        [Self.level: place(130)], for: [mail], asOf: now, by: early, at: .milliseconds(time))
    }
    #expect(frontier.start(Self.level, [mail]) == place(60))
  }

  @Test func `isn't looked for seldomer on account of handlers that nobody asks for any more`() {
    var frontier = dear(cost: .milliseconds(200))
    for index in 0..<20 {
      let key = HandlerKey(handlerModule: "Old\(index)", resourceType: "post")
      let look = frontier.look(for: request([key]), at: .zero, isExact: false)
      frontier.left([:], for: [key], asOf: now, by: look, at: .zero)
    }
    #expect(frontier.look(for: request(), at: .seconds(40), isExact: false).known != nil)
    let late = frontier.look(for: request(), at: .seconds(120), isExact: false)
    frontier.left([:], for: [mail], asOf: now, by: late, at: .seconds(120))
    let new = frontier.look(for: request([print]), at: .seconds(120), isExact: false)
    frontier.left([:], for: [print], asOf: now, by: new, at: .seconds(120))
    #expect(frontier.look(for: request(), at: .seconds(124), isExact: false).known != nil)
    #expect(frontier.look(for: request(), at: .seconds(125), isExact: false).known == nil)
  }

  @Test func `isn't dear on account of many levels`() {
    var frontier = Frontier()
    let levels = Set((0..<900).map { Frontier.Level(queue: "q\($0)", priority: 0) })
    for _ in 0..<3 {
      let look = frontier.look(for: request(), at: .zero, isExact: false)
      #expect(!look.asksForTheRest)
      frontier.found(levels, by: look, cost: .milliseconds(4))
    }
  }

  @Test func `is looked for anew once gates are gone`() {
    var frontier = dear()
    frontier.metGates(cost: .milliseconds(20))
    let look = frontier.look(for: request(), at: .milliseconds(1), isExact: false)
    #expect(look.known == nil)
    #expect(look.asksForTheRest)
  }

  @Test func `stays known for most handlers, however many sets of them there are`() {
    var frontier = dear()
    let all = Set((0..<40).map { HandlerKey(handlerModule: "Handler\($0)", resourceType: "post") })
    let look = frontier.look(for: request(all), at: .milliseconds(1), isExact: false)
    frontier.left([Self.level: place(80)], for: all, asOf: now, by: look, at: .milliseconds(1))
    for key in all {
      let one = frontier.look(for: request([key]), at: .milliseconds(2), isExact: false)
      frontier.left([Self.level: place(80)], for: [key], asOf: now, by: one, at: .milliseconds(2))
    }
    #expect(frontier.start(Self.level, all) == place(80))
    #expect(frontier.start(Self.level, all.filter { $0.handlerModule > "Handler2" }) == place(80))
  }

  @Test func `is a while back where it is new, for jobs that aren't committed yet`() {
    var frontier = dear()
    let look = frontier.look(for: request([print]), at: .zero, isExact: false)
    frontier.left(
      [Self.level: Frontier.Position(before: now)], for: [print], asOf: now, by: look, at: .zero)
    #expect(
      frontier.start(Self.level, [print]) == Frontier.Position(before: now - .milliseconds(100)))
  }

  @Test func `isn't told for a level that was found after the look began`() {
    var frontier = dear()
    let look = frontier.look(for: request(), at: .milliseconds(1), isExact: false)
    let other = Frontier.Level(queue: "other", priority: 3)
    let claim = frontier.look(for: request(), at: .milliseconds(2), isExact: true)
    frontier.found([Self.level, other], by: claim, cost: .milliseconds(20))
    frontier.nothingDue(at: now, request(), by: look, now: .milliseconds(3))
    #expect(frontier.start(other, [mail]) == nil)
  }

  @Test func `isn't told by a look that began before anything may have changed`() {
    var frontier = dear()
    let early = frontier.look(for: request(), at: .milliseconds(1), isExact: false)
    frontier.forget()
    frontier.left([Self.level: place(200)], for: [mail], asOf: now, by: early, at: .milliseconds(2))
    #expect(frontier.look(for: request(), at: .milliseconds(3), isExact: false).known == nil)
    #expect(frontier.start(Self.level, [mail]) == nil)
  }

  @Test func `is remembered for a level that was empty a moment ago`() {
    var frontier = dear()
    let look = frontier.look(for: request(), at: .seconds(1), isExact: false)
    frontier.found([], by: look, cost: .milliseconds(20))
    #expect(frontier.levels(of: .all(1)) == [Self.level])
    let late = frontier.look(for: request(), at: .seconds(120), isExact: false)
    frontier.found([], by: late, cost: .milliseconds(20))
    #expect(frontier.levels(of: .all(1)).isEmpty)
  }

  @Test(arguments: 0..<200)
  func `never leaves a job out that this process has stored or put back`(seed: Int) {
    var world = World(seed: UInt64(seed))
    for _ in 0..<400 {
      let sawAll = world.step()
      #expect(sawAll, "seed \(seed)")
    }
    #expect(world.knownLooks > 20, "seed \(seed)")
  }

  /// Ready jobs, and claims that overlap with what is stored.
  private struct World {
    struct Row: Hashable {
      let level: Frontier.Level
      let key: HandlerKey
      let position: Frontier.Position
    }
    typealias Claim = (
      look: Frontier.Look, keys: Set<HandlerKey>, levels: Set<Frontier.Level>,
      left: [Frontier.Level: Frontier.Position]
    )

    private var random: SeededGenerator
    private var frontier = Frontier(least: .seconds(1))
    private var rows: Set<Row> = []
    private var underWay: [Claim] = []
    private var time = Duration.zero
    private(set) var knownLooks = 0

    init(seed: UInt64) { random = SeededGenerator(seed: seed) }

    /// False when a claim didn't see a job.
    mutating func step() -> Bool {
      time += .milliseconds(Int.random(in: 0...150, using: &random))
      switch Int.random(in: 0..<5, using: &random) {
      case 0: store()
      case 1, 2: return begin()
      default: end()
      }
      return true
    }

    private mutating func store() {
      let row = Row(
        level: Frontier.Level(queue: "q", priority: Int.random(in: 0...1, using: &random)),
        key: Bool.random(using: &random) ? mail : print,
        position: Frontier.Position(
          before: Instant(microseconds: Int64.random(in: 0...1_000, using: &random))))
      rows.insert(row)
      frontier.note(row.level, row.position, at: time)
    }

    private mutating func begin() -> Bool {
      let keys: Set<HandlerKey> =
        [[mail], [print], [mail, print]].randomElement(using: &random) ?? []
      let look = frontier.look(for: request(keys), at: time, isExact: false)
      let mine = rows.filter { keys.contains($0.key) }
      if let known = look.known {
        knownLooks += 1
        let levels = known.levels(of: .all(1))
        for row in mine {
          let start = known.start(row.level, keys) ?? row.position
          guard levels.contains(row.level), row.position >= start else { return false }
        }
      }
      let taken = mine.sorted { $0.position < $1.position }
        .prefix(Int.random(in: 0...3, using: &random))
      rows.subtract(taken)
      let left = mine.subtracting(taken)
      var positions: [Frontier.Level: Frontier.Position] = [:]
      for priority in 0...1 {
        let level = Frontier.Level(queue: "q", priority: priority)
        positions[level] =
          left.filter { $0.level == level }.map(\.position).min()
          ?? Frontier.Position(before: Instant(microseconds: 1_001))
      }
      underWay.append((look, keys, Set(rows.map(\.level)), positions))
      return true
    }

    private mutating func end() {
      guard !underWay.isEmpty else { return }
      let claim = underWay.remove(at: Int.random(in: 0..<underWay.count, using: &random))
      if claim.look.known == nil {
        frontier.found(claim.levels, by: claim.look, cost: .seconds(1))
      }
      frontier.left(claim.left, for: claim.keys, asOf: now, by: claim.look, at: time)
    }
  }
}
