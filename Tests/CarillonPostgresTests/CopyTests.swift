import Carillon
import Foundation
import Testing

@testable import CarillonPostgres

@Suite(.enabled(if: TestServer.isThere))
struct CopyTests {
  private func withTable(
    _ url: String, _ body: (PostgresConnection, String) async throws -> Void
  ) async throws {
    let table = "public.copy_\(UUID().hex)"
    try await TestServer.withConnection(url) { connection in
      try await connection.script(
        "CREATE TABLE \(table) (id int8 PRIMARY KEY, name text, at timestamptz)")
      try await body(connection, table)
      #expect(connection.condition == .clean)
      try await connection.script("DROP TABLE \(table)")
    }
  }

  private func count(_ connection: PostgresConnection, _ table: String) async throws -> Int {
    try await connection.query("SELECT count(*) FROM \(table)").first?.int(0) ?? -1
  }

  @Test(arguments: TestServer.urls)
  func `copies a hundred thousand rows`(url: String) async throws {
    try await withTable(url) { connection, table in
      let copied = try await connection.copy(
        0..<100_000, into: table, columns: ["id", "name", "at"]
      ) { number, row in
        row.add(Int64(number))
        row.add(number == 3 ? nil : "name \(number)")
        row.add(Instant(microseconds: Int64(number)))
      }
      #expect(copied == 100_000)
      try await check(count(connection, table) == 100_000)
      let row = try #require(
        try await connection.query("SELECT name, at FROM \(table) WHERE id = $1", 3).first)
      #expect(try row.optionalText(0) == nil)
      #expect(try row.instant(1).microseconds == 3)
    }
  }

  @Test(arguments: TestServer.urls)
  func `a copy that is given up stores nothing and leaves the connection in order`(
    url: String
  ) async throws {
    try await withTable(url) { connection, table in
      let given = await TestServer.error {
        _ = try await connection.copy(0..<100_000, into: table, columns: ["id", "name"]) {
          (number, row) throws(PostgresError) in
          if number == 90_000 { throw PostgresError(.cancelled, "enough", at: "the test") }
          row.add(Int64(number))
          row.add("name")
        }
      }
      #expect(given?.message == "enough")
      try await check(count(connection, table) == 0)
      let nul = await TestServer.error {
        _ = try await connection.copy([1], into: table, columns: ["id", "name"]) { number, row in
          row.add(Int64(number))
          row.add("a\0b")
        }
      }
      #expect(nul?.kind == .invalidParameter)
      let narrow = await TestServer.error {
        _ = try await connection.copy([1], into: table, columns: ["id", "name"]) { number, row in
          row.add(Int64(number))
        }
      }
      #expect(narrow?.kind == .invalidParameter)
      try await check(count(connection, table) == 0)
    }
  }

  @Test(arguments: TestServer.urls)
  func `a row that the server refuses undoes the copy`(url: String) async throws {
    try await withTable(url) { connection, table in
      let error = await TestServer.error {
        _ = try await connection.copy(0..<50_000, into: table, columns: ["id", "name"]) {
          number, row in
          row.add(Int64(number == 10_000 ? 1 : number))
          row.add("name")
        }
      }
      #expect(error?.sqlState == SQLState.uniqueViolation)
      let missing = await TestServer.error {
        _ = try await connection.copy([1], into: "no_such", columns: ["id"]) { number, row in
          row.add(Int64(number))
        }
      }
      #expect(missing?.sqlState == SQLState.undefinedTable)
      try await check(count(connection, table) == 0)
    }
  }
}
