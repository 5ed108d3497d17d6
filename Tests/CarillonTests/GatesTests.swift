import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct GatesTests {
  /// Monday 1 March 2027, 09:00 UTC.
  let now = ManualClock.start

  private func blackout(_ windows: String) throws -> GateRow {
    let request = try BlackoutRequest("b", .queue("q"), windows: [windows])
    let command = GateCommand.addBlackout(request, by: nil)
    return try #require(try command.applied(to: [], at: now).put.first)
  }

  private func pause(_ scope: GateScope, until: Instant?) -> GateRow {
    GateRow(Pause(scope: scope, since: now, until: until, by: "ada", reason: "why"))
  }

  @Test func `rows come back as they were`() throws {
    let rows = [try blackout("FRI 22:00-06:00"), pause(.handler("h"), until: now + .seconds(1))]
    let text = String(decoding: try JSONEncoder().encode(rows), as: UTF8.self)
    #expect(try GateRow.rows(text) == rows)
    #expect(Gates(rows).blackouts.first?.windows == ["FRI 22:00-06:00"])
  }

  @Test func `what can't be read keeps its gate closed, for ever`() throws {
    var broken = try blackout("SAT")
    broken.calendars = "{"
    let closure = try #require(Gates([broken]).closure(of: .queue("q"), at: now))
    #expect(closure.opensAt == nil && closure.blackouts == ["b"])
    #expect(GateMemory().closed([broken], at: now).queues == ["q"])
    #expect(Finding.findings(of: Gates([broken]), at: now).map(\.id) == ["gates.unreadable"])
  }

  @Test func `a blackout that never opens is an error, an old pause a warning`() throws {
    let rows = [try blackout("00:00-24:00"), pause(.queue("p"), until: nil)]
    let gates = Gates(rows)
    let findings = Finding.findings(of: gates, at: now)
    #expect(findings.map(\.id) == ["gates.closed", "gates.never_open"])
    #expect(findings[0].severity == .ok && findings[0].message.contains("'p' is paused since"))
    let later = now + .seconds(8 * 86_400)
    #expect(
      Finding.findings(of: gates, at: later).map(\.severity) == [.warning, .error])
    #expect(gates.closure(of: .queue("q"), at: now)?.opensAt == nil)
  }

  @Test func `a gate says in words why it is closed`() throws {
    let closure = Gates([pause(.queue("q"), until: now + .seconds(60))])
      .closure(of: .queue("q"), at: now)
    #expect(
      closure?.words
        == "paused since 2027-03-01T09:00:00Z until 2027-03-01T09:01:00Z by ada: why")
  }

  @Test func `the memory forgets what is no longer there`() throws {
    let memory = GateMemory()
    let row = pause(.handler("h"), until: nil)
    let text = String(decoding: try JSONEncoder().encode([row]), as: UTF8.self)
    #expect(try memory.closed(text, at: now).closesKeys)
    #expect(memory.lastClosed(at: now).closesKeys)
    #expect(try memory.closed(nil, at: now) == .none)
    #expect(memory.lastClosed(at: now) == .none)
  }

  @Test func `a pause that is over goes only when no transaction can have seen it closed`() throws {
    let row = pause(.handler("h"), until: now)
    let memory = GateMemory()
    #expect(!memory.closed([row], at: now).closesKeys)
    #expect(memory.closed([row], at: now).mayHold)
    #expect(!memory.closed([row], at: now + .seconds(119)).areOver)
    #expect(memory.closed([row], at: now + .seconds(120)).areOver)
  }
}
