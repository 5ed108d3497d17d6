import Carillon
import CarillonSQLite
import CarillonTesting
import Foundation
import GRDB
import Testing

@Suite struct `A move between files` {
  @Test(arguments: ArchiveRule.all)
  func `obeys every archive rule`(_ rule: ArchiveRule) async throws {
    try await rule.check { clock in
      let folder = FileManager.default.temporaryDirectory
        .appending(path: "carillon-archive-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let store = try await SQLiteStore(
        path: folder.appending(path: "carillon.db").path, clock: clock)
      return StoreFixture(
        store: store, clock: clock,
        tearDown: {
          store.close()
          try FileManager.default.removeItem(at: folder)
        })
    }
  }

  /// What somebody with `sqlite3` may have done to a row, and how the move names it.
  private static let damages = [
    ("UPDATE carillon_jobs SET attempts = 99", "attempts is 99"),
    ("UPDATE carillon_jobs SET args = '[]'", "args"),
    ("UPDATE carillon_jobs SET resource_uuid = x'01'", "resource_uuid"),
    ("UPDATE carillon_jobs SET created_by_uuid = x'0102'", "created_by_uuid"),
    ("UPDATE carillon_jobs SET status = 'lost'", "status"),
    ("UPDATE carillon_jobs SET last_error = CAST(x'ff41' AS TEXT)", "last_error"),
    ("UPDATE carillon_jobs SET queue = CAST(x'610062' AS TEXT)", "queue holds NUL"),
    ("UPDATE carillon_jobs SET trace_context = '{'", "trace_context"),
    ("UPDATE carillon_jobs SET result = 'no json'", "result"),
    ("UPDATE carillon_attempts SET node = x'01'", "node"),
    ("UPDATE carillon_attempts SET log = '{}'", "log"),
    ("UPDATE carillon_attempts SET outcome = 'fine'", "outcome"),
    ("UPDATE carillon_minute_counts SET run_buckets = 'many'", "run_buckets"),
    ("UPDATE carillon_minute_counts SET outcome = 'fine'", "outcome"),
    ("UPDATE carillon_operations SET state = 'lost'", "carillon_operations"),
    ("UPDATE carillon_operations SET meaning = 'x:y'", "carillon_operations"),
    ("UPDATE carillon_operations SET action = 'lose'", "carillon_operations"),
    ("UPDATE carillon_audit SET source = 'nowhere'", "carillon_audit"),
    ("UPDATE carillon_audit SET detail = '[]'", "carillon_audit"),
    ("UPDATE carillon_tokens SET role = 'king'", "role is 'king'"),
    ("UPDATE carillon_tokens SET digest = 'ab'", "digest"),
    ("UPDATE carillon_tokens SET name = CAST(x'ff41' AS TEXT)", "name is no text"),
  ]

  @Test(arguments: damages)
  func `names a row that can't be moved as it is, and moves nothing`(
    _ damage: (sql: String, name: String)
  ) async throws {
    let (from, to) = (try await DamagedFile(), try await DamagedFile())
    let job = try await from.insert()
    let retry = OperationRequest(
      uuid: UUID(), command: .retry, filterText: "", filter: .all, total: 1)
    _ = try await AuditActor(name: "ada", source: .cli).doing {
      try await from.store.begin(retry)
    }
    try await from.store.addToken(
      TokenRecord(
        id: "3f9a1c0b77de", name: "ci", role: .viewer, digest: String(repeating: "0", count: 64),
        createdAt: try await from.store.now()))
    let node = try await from.join()
    let claimed = try await from.claim(by: node)
    _ = try await from.succeed(try #require(claimed.first))
    try from.execute("PRAGMA ignore_check_constraints = 1; \(damage.sql)")
    try await from.store.leave(node)
    let failure = await #expect(throws: MoveFailure.self) {
      _ = try await StoreMove(from: from.store, to: to.store).run(as: UUID())
    }
    guard case .damaged(_, let rows)? = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(rows.count == 1)
    #expect(failure?.description.contains(damage.name) == true, "\(rows)")
    #expect(try await from.store.moveMark() == nil)
    #expect(try await to.store.moveMark() == nil)
    // Mended, it moves.
    try from.execute("DELETE FROM carillon_jobs; DELETE FROM carillon_attempts")
    try from.execute("DELETE FROM carillon_minute_counts")
    try from.execute("DELETE FROM carillon_operations; DELETE FROM carillon_audit")
    try from.execute("DELETE FROM carillon_tokens")
    _ = job
    _ = try await StoreMove(from: from.store, to: to.store).run(as: UUID())
  }

  @Test func `refuses programs that had opened the file before`() async throws {
    let (from, to) = (try await DamagedFile(), try await DamagedFile())
    let early = try await SQLiteStore(path: from.path)
    _ = try await from.insert()
    _ = try await StoreMove(from: from.store, to: to.store).run(as: UUID())
    await #expect(throws: StoreError.self) {
      _ = try await early.insert([
        try JobRequest(
          uuid: UUID(), jobType: "t", handlerModule: "H", resource: Resource("post", UUID()))
      ])
    }
    early.close()
    let finding = try await from.store.diagnose().first { $0.id == "store.moved" }
    #expect(finding?.severity == .error)
  }
}
