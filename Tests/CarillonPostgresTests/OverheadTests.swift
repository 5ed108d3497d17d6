import Carillon
import Foundation
import Testing

@testable import CarillonPostgres

/// Figures, not judgements: `CARILLON_BENCH=1 bin/postgres run swift test -c release --filter Overhead`.
@Suite(
  .serialized,
  .enabled(if: TestServer.isThere && ProcessInfo.processInfo.environment["CARILLON_BENCH"] != nil))
struct OverheadTests {
  private func measure(
    _ name: String, _ rounds: Int, _ body: () async throws -> Void
  ) async throws {
    for _ in 0..<(rounds / 10 + 1) { try await body() }
    let begin = ContinuousClock.now
    let work = clock()
    for _ in 0..<rounds { try await body() }
    let each = begin.duration(to: .now) / rounds
    let own = (Int(clock()) - Int(work)) * 1_000_000 / Int(CLOCKS_PER_SEC) / rounds
    print("\(name): \(each.microseconds) µs, of which this process works \(own) µs")
  }

  @Test func `a round trip`() async throws {
    try await TestServer.withPool { pool in
      let one = try PostgresStatement("SELECT 1")
      try await measure("SELECT 1", 5_000) { _ = try await pool.pipeline([one]) }
      try await measure("BEGIN; SELECT 1; COMMIT in a pipeline", 5_000) {
        _ = try await pool.pipeline([one], isolation: .readCommitted)
      }
    }
  }

  @Test func `an update of a thousand rows by unnest`() async throws {
    try await TestServer.withPool { pool in
      try await pool.withConnection { connection in
        try await connection.script(
          """
          DROP TABLE IF EXISTS overhead;
          CREATE TABLE overhead (id int8 PRIMARY KEY, a text, b uuid, c int8, at timestamptz);
          INSERT INTO overhead SELECT n, 'text ' || n, gen_random_uuid(), n, now()
          FROM generate_series(1, 1000) n;
          """)
        let ids = (1...1_000).map { Int64($0) }
        let texts = ids.map { "another text \($0)" }
        let uuids = ids.map { _ in UUID() }
        let times = ids.map { Instant(microseconds: $0) }
        let sql = """
          UPDATE overhead o SET a = u.a, b = u.b, c = u.c, at = u.at
          FROM unnest($1::int8[], $2::text[], $3::uuid[], $4::int8[], $5::timestamptz[])
            AS u(id, a, b, c, at)
          WHERE o.id = u.id RETURNING o.id, o.a, o.b, o.c, o.at
          """
        try await measure("encode 1000 × 5", 500) {
          _ = try PostgresStatement(sql, ids, texts, uuids, ids, times)
        }
        try await measure("UPDATE … FROM unnest(1000 × 5) RETURNING, and decode", 200) {
          let update = try PostgresStatement(sql, ids, texts, uuids, ids, times)
          let rows = try await connection.pipeline([update], isolation: .readCommitted)[0]
          for row in rows {
            _ = (
              try row.int64(0), try row.text(1), try row.uuid(2), try row.int64(3),
              try row.instant(4)
            )
          }
        }
        try await measure("the same, not decoded", 200) {
          let update = try PostgresStatement(sql, ids, texts, uuids, ids, times)
          _ = try await connection.pipeline([update], isolation: .readCommitted)
        }
        try await measure("VACUUM", 1) { try await connection.script("VACUUM overhead") }
        try await connection.script("DROP TABLE overhead")
      }
    }
  }
}
