import Logging
import Testing

@testable import CarillonPostgres

@Suite
struct `A connection that can't be made` {
  @Test(arguments: [
    (#"definition of service "mian" not found"#, "service="),
    (#"service file "/nowhere" not found"#, "PGSERVICEFILE"),
    (
      #"connection to server at "h", port 5432 failed: server does not support SSL, but SSL was required"#,
      "sslmode=prefer"
    ),
    (#"root certificate file "/root.crt" does not exist"#, "sslrootcert"),
    ("SSL error: certificate verify failed", "sslrootcert"),
    (#"FATAL:  53300: too many connections for role "jobs""#, "ALTER ROLE … CONNECTION LIMIT"),
    (
      #"FATAL:  53300: too many connections for database "app""#,
      "ALTER DATABASE … CONNECTION LIMIT"
    ),
    (#"FATAL:  too many connections for role "jobs""#, "ALTER ROLE … CONNECTION LIMIT"),
    ("FATAL:  53300: sorry, too many clients already", "max_connections"),
    ("Connection refused", "Check that the server runs"),
  ])
  func `is told of with advice that fits`(message: String, advice: String) {
    let error = ConnectFailure(message: message, needsPassword: false).error(at: "postgres://h/d")
    #expect(error.kind == .unreachable)
    #expect(error.message.contains(advice), "\(error.message)")
    #expect(advice.contains("server runs") || !error.message.contains("host and port"))
  }

  @Test func `has a service's name to be corrected when that is unknown`() async {
    let error = await TestServer.error {
      _ = try await PostgresConnection.open(PostgresConfiguration("postgres://?service=no_such"))
    }
    #expect(error?.message.contains("after service=") == true, "\(error?.message ?? "")")
  }

  @Test func `is the caller's to tell of, and isn't logged besides`() async throws {
    let log = CapturedLog()
    let pool = PostgresPool(
      configuration: try PostgresConfiguration("postgres://a@127.0.0.1:1/d"),
      logger: Logger(label: "test") { _ in log })
    let error = await TestServer.error { _ = try await pool.query("SELECT 1") }
    #expect(error?.kind == .unreachable)
    await pool.close(grace: .zero)
    #expect(log.messages == [])
  }

  @Test(arguments: ["the request.", "the request", ""])
  func `and one that broke, are told of in sentences with one full stop`(why: String) {
    let message = PostgresError.lost(why, at: "postgres://h/d").message
    #expect(!message.contains("..") && message.contains(". What was"))
  }
}
