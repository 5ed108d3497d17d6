import Carillon
import Foundation
import Testing

@testable import CarillonPostgres

@Suite(.enabled(if: TestServer.isThere))
struct ValueTests {
  @Test(arguments: TestServer.urls)
  func `every type comes back as it was sent`(url: String) async throws {
    try await TestServer.withConnection(url) { connection in
      let uuid = UUID()
      let rows = try await connection.query(
        "SELECT $1, $2, $3, $4, $5, $6, $7, $8, $9, $10",
        Int64.min, Int32.max, Int16.min, true, "Żółć 🎻", uuid, Data([0, 1, 255]),
        JSONText(#"{"a": [1, "ü"]}"#), Instant(microseconds: 1_234_567_890_123_456), -0.1)
      let row = try #require(rows.first)
      #expect(try row.int64(0) == .min)
      #expect(try row.int64(1) == Int64(Int32.max))
      #expect(try row.int64(2) == Int64(Int16.min))
      #expect(try row.bool(3))
      #expect(try row.text(4) == "Żółć 🎻")
      #expect(try row.uuid(5) == uuid)
      #expect(try row.data(6) == Data([0, 1, 255]))
      #expect(try row.text(7) == #"{"a": [1, "ü"]}"#)
      #expect(try row.instant(8) == Instant(microseconds: 1_234_567_890_123_456))
      #expect(try row.double(9) == -0.1)
    }
  }

  @Test(arguments: TestServer.urls)
  func `nulls and empty values are told apart`(url: String) async throws {
    try await TestServer.withConnection(url) { connection in
      let rows = try await connection.query(
        "SELECT $1, $2, $3, $4", String?.none, "", Data(), Int64?.none)
      let row = try #require(rows.first)
      #expect(try row.optionalText(0) == nil)
      #expect(try row.text(1) == "")
      #expect(try row.data(2) == Data())
      #expect(try row.optionalInt64(3) == nil)
      #expect(row.isNull(3) && !row.isNull(1))
    }
  }

  @Test(arguments: [
    Int64.min, Int64.min + 946_684_800_000_000, -1, 0, 1, 946_684_800_000_000,
    253_370_764_800_000_000,
    .max,
  ])
  func `an instant survives, or takes the end of the range`(microseconds: Int64) async throws {
    try await TestServer.withConnection { connection in
      let row = try #require(
        try await connection.query("SELECT $1", Instant(microseconds: microseconds)).first)
      let kept = try row.instant(0).microseconds
      let isBeforePostgres = microseconds < Int64.min + 946_684_800_000_000
      // What PostgreSQL can't count is -infinity.
      #expect(
        kept
          == (isBeforePostgres || microseconds == .min + 946_684_800_000_000 ? .min : microseconds))
    }
  }

  @Test(arguments: TestServer.urls)
  func `arrays come back, with their nulls, and empty ones too`(url: String) async throws {
    try await TestServer.withConnection(url) { connection in
      let uuids = [UUID(), UUID()]
      let rows = try await connection.query(
        "SELECT $1, $2, $3, $4, $5, $6",
        [Int64.max, 0, -1], ["a", nil, "", "NULL", "{\"}"], uuids, [String](), [Int32(7)],
        [Int16?.none])
      let row = try #require(rows.first)
      #expect(try row.int64Array(0) == [.max, 0, -1])
      #expect(try row.textArray(1) == ["a", nil, "", "NULL", "{\"}"])
      #expect(try row.uuidArray(2) == uuids)
      #expect(try row.textArray(3) == [])
      #expect(try row.int64Array(4) == [7])
      #expect(try row.int64Array(5) == [nil])
    }
  }

  @Test(arguments: TestServer.urls)
  func `a hundred thousand rows go in by unnest and come out`(url: String) async throws {
    try await TestServer.withConnection(url) { connection in
      let count = 100_000
      let numbers = (0..<count).map { Int64($0) }
      let texts = numbers.map { "text \($0)" }
      let uuids = numbers.map { _ in UUID() }
      let flags = numbers.map { $0.isMultiple(of: 2) }
      let bytes = numbers.map { _ in Data([1, 2]) }
      let times = numbers.map { Instant(microseconds: $0) }
      let documents: [JSONText?] = numbers.map { $0 == 5 ? nil : JSONText("[\($0)]") }
      let rows = try await connection.query(
        """
        SELECT * FROM unnest($1::int8[], $2::text[], $3::uuid[], $4::bool[], $5::bytea[],
          $6::timestamptz[], $7::jsonb[], $8::int4[], $9::int2[])
        """,
        numbers, texts, uuids, flags, bytes, times, documents, numbers.map { Int32($0) },
        numbers.map { Int16(truncatingIfNeeded: $0) })
      #expect(rows.count == count)
      var wrong = 0
      for (index, row) in rows.enumerated() {
        let number = try row.int(0)
        let text = try row.text(1)
        let isEven = try row.bool(3)
        let time = try row.instant(5)
        let json = try row.optionalText(6)
        if number != index || text != "text \(index)" || isEven != index.isMultiple(of: 2) {
          wrong += 1
        }
        if time.microseconds != Int64(index) { wrong += 1 }
        if json != (index == 5 ? nil : "[\(index)]") { wrong += 1 }
      }
      #expect(wrong == 0)
    }
  }

  @Test func `a text with a NUL is refused before anything is sent`() async throws {
    try await TestServer.withConnection { connection in
      let error = await TestServer.error { _ = try await connection.query("SELECT $1", "a\0b") }
      #expect(error?.kind == .invalidParameter)
      let inArray = await TestServer.error {
        _ = try await connection.query("SELECT $1", ["fine", "a\0b"])
      }
      #expect(inArray?.kind == .invalidParameter)
      try await check(connection.query("SELECT 1").count == 1)
    }
  }

  @Test func `what isn't there or is of another type throws`() async throws {
    try await TestServer.withConnection { connection in
      let rows = try await connection.query("SELECT 1::int4, NULL::text")
      #expect(throws: PostgresError.self) { try rows[1].int(0) }
      #expect(throws: PostgresError.self) { try rows[-1].int(0) }
      let row = try #require(rows.first)
      #expect(throws: PostgresError.self) { try row.text(7) }
      #expect(throws: PostgresError.self) { try row.int(-1) }
      #expect(throws: PostgresError.self) { try row.uuid(0) }
      #expect(throws: PostgresError.self) { try row.text(1) }
      #expect(throws: PostgresError.self) { try row.textArray(0) }
    }
  }
}
