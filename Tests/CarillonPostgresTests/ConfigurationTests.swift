import Carillon
import Foundation
import Testing

@testable import CarillonPostgres

@Suite
struct ConfigurationTests {
  private func parameter(_ name: String, of text: String) throws -> String? {
    try PostgresConfiguration(text).parameters.first { $0.name == name }?.value
  }

  @Test(arguments: [
    "postgres://ann:s3cret%21%20pass@db.example:5433/app?sslmode=prefer&pool_size=3&schema=jobs",
    "postgresql://ann:s3cret%21%20pass@db.example:5433/app?pool_size=3&sslmode=prefer&schema=jobs",
    "host=db.example port=5433 user=ann dbname=app password='s3cret! pass' pool_size=3 schema = jobs",
  ])
  func `URLs and pairs are read, and the password isn't shown`(text: String) throws {
    let configuration = try PostgresConfiguration(text)
    #expect(configuration.location == "postgres://ann@db.example:5433/app?schema=jobs")
    #expect(configuration.poolSize == 3)
    #expect(configuration.schema == "jobs")
    #expect(try parameter("password", of: text) == "s3cret! pass")
    var dumped = ""
    dump(configuration, to: &dumped)
    for shown in ["\(configuration)", String(reflecting: configuration), dumped] {
      #expect(!shown.contains("s3cret"))
    }
    let written = text.hasPrefix("host") ? "'s3cret! pass'" : "s3cret%21%20pass"
    #expect(!configuration.redaction("x s3cret! pass y \(written)").contains("s3cret"))
  }

  @Test(arguments: [
    ("postgres://a@[::1]:5433/d", "postgres://a@[::1]:5433/d"),
    ("postgres://a@[::1],h/d", "postgres://a@[::1]:5432,h:5432/d"),
    ("postgres://?service=main", "postgres://?service=main"),
    ("postgres://?service=main&schema=s", "postgres://?service=main&schema=s"),
  ])
  func `its location leads to the same place`(text: String, location: String) throws {
    let configuration = try PostgresConfiguration(text)
    #expect(configuration.location == location)
    #expect(try PostgresConfiguration(configuration.location).location == location)
  }

  @Test func `the user's own settings come before the defaults`() throws {
    let plain = "postgres://a@h/d"
    #expect(try parameter("connect_timeout", of: plain) == "10")
    #expect(try parameter("tcp_user_timeout", of: plain) == "15000")
    #expect(try parameter("fallback_application_name", of: plain) == "carillon")
    let own = plain + "?connect_timeout=3&tcp_user_timeout=1000&application_name=mine"
    #expect(try parameter("connect_timeout", of: own) == "3")
    #expect(try parameter("tcp_user_timeout", of: own) == "1000")
    #expect(try parameter("application_name", of: own) == "mine")
  }

  @Test func `a pooler and a listen URL are taken out`() throws {
    let configuration = try PostgresConfiguration(
      "postgres://a@h/d?pooler=transaction&listen_url=postgres%3A%2F%2Fb%40direct%2Fd%3Fsslmode%3Ddisable"
    )
    #expect(configuration.preparation == .unnamed)
    #expect(try configuration.listening().location == "postgres://b@direct:5432/d")
    #expect(throws: PostgresError.self) { try PostgresConfiguration("postgres://h/d?pooler=maybe") }
    #expect(throws: PostgresError.self) { try PostgresConfiguration("postgres://h/d?pool_size=0") }
  }

  @Test(arguments: [
    "", "%00", "a%24body%24b", String(repeating: "x", count: 64),
    "%C3%BC" + String(repeating: "x", count: 62),
  ])
  func `a schema that PostgreSQL would cut, or can't have, is refused`(name: String) throws {
    let error = #expect(throws: PostgresError.self) {
      try PostgresConfiguration("postgres://a@h/d?schema=\(name)")
    }
    #expect(error?.kind == .invalidConfiguration)
    let longest = String(repeating: "x", count: 63)
    #expect(try PostgresConfiguration("postgres://a@h/d?schema=\(longest)").schema == longest)
  }

  @Test(arguments: [
    "postgres://ann:p%ZZhunter2@h/d", "postgres://ann:hunter2@h/d?nonsense=1",
    "postgres://ann:hunter2@[::1/d", "postgres://ann:hunter2@h:12x/d?port=hunter2x",
    "password='hunter2", "password=hunter2 nonsense=hunter2", "hunter2",
    "postgres://ann@h/d?password=hunter2&what", "postgres://ann:pw?hunter2=x@h/d?hunter2",
    "host=h sslpassword=hunter2 x", "postgres://ann:hunter2@h/d?pool_size=hunter2",
    "postgres://ann:hunter2@h/d?pooler=hunter2", "host=h password=hunter2 = =",
    "postgres://ann:hun/ter2hunter2@h/d?x", "postgres://ann:pw@hunter2@h/d",
    "postgres://ann:p@w/hunter2@h/d", "postgres://ann:pw/hunter2@h/d", "postgres://ann:/hunter2@h",
  ])
  func `an unreadable string's password is in no error`(text: String) {
    do {
      let configuration = try PostgresConfiguration(text)
      #expect(!"\(configuration)".contains("hunter2"))
    } catch {
      #expect(!"\(error)".contains("hunter2"), "\(error)")
      #expect(error.kind == .invalidConfiguration)
    }
  }

  @Test(arguments: [
    "postgres://ann:s3cr@tTAIL@127.0.0.1:1/app", "postgres://ann:pa/ssTAIL@127.0.0.1:1/app",
    "postgres://ann:p@a/ssTAIL@127.0.0.1:1/app?schema=s", "postgres://ann/TAIL@127.0.0.1:1/app",
    "postgres://ann@h/d?listen_url=postgres%3A%2F%2Fann%3As3cr%40tTAIL%40h%2Fd",
  ])
  func `a URL that leaves open where its password ends is refused, and none of it shown`(
    text: String
  ) {
    let error = #expect(throws: StoreError.self) { try PostgresStore.location(of: text) }
    let message = error?.description ?? ""
    #expect(message.contains("%40") && message.contains("%2F"))
    for secret in ["s3cr", "TAIL", "pa/", "p@"] { #expect(!message.contains(secret)) }
  }

  @Test(arguments: [
    ("postgres://ann:s3cr%40t%2F@h/d", "postgres://ann@h:5432/d"),
    ("postgres://ann:s?cret@h/d", "postgres://ann@h:5432/d"),
    ("postgres://ann@/d?host=@socket", "postgres://ann@/d?host=@socket&port=5432"),
    ("postgres://h/d?user=ann@h", "postgres://ann@h@h:5432/d"),
  ])
  func `an @ is no fault where it can mean one thing only`(text: String, location: String) throws {
    #expect(try PostgresConfiguration(text).location == location)
  }

  @Test(.enabled(if: TestServer.isThere))
  func `a wrong password, database or port is told apart, without the password`() async throws {
    let url = try #require(TestServer.url)
    try await TestServer.withConnection { connection in
      try await connection.script(
        """
        DO $$ BEGIN CREATE ROLE secretive LOGIN PASSWORD 'right';
        EXCEPTION WHEN duplicate_object THEN END $$
        """)
    }
    func failure(_ url: String) async -> PostgresError? {
      await TestServer.error { _ = try await PostgresConnection.open(PostgresConfiguration(url)) }
    }
    let place = try #require(url.split(separator: "@").last)
    let wrong = await failure("postgres://secretive:hunter2@\(place)")
    #expect(wrong?.kind == .authentication)
    #expect(wrong?.sqlState == "28P01")
    #expect(wrong?.description.contains("hunter2") == false)
    let none = await failure("postgres://secretive@\(place)?passfile=/nonexistent")
    #expect(none?.kind == .authentication)
    let nowhere = await failure("postgres://ann:hunter2@127.0.0.1:1/d")
    #expect(nowhere?.kind == .unreachable)
    #expect(nowhere?.isRetryable == true)
    #expect(nowhere?.description.contains("hunter2") == false)
    #expect(nowhere?.description.contains("?.") == false)
    let database = await failure(String(url.dropLast("postgres".count)) + "no_such")
    #expect(database?.kind == .missingDatabase)
    // With several hosts there is no code, only a text.
    let hosts = await failure("postgres://secretive:hunter2@127.0.0.1:1,\(place)")
    #expect(hosts?.kind == .authentication)
    #expect(hosts?.description.contains("hunter2") == false)
  }
}
