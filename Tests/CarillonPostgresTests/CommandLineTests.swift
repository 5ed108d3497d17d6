import Carillon
import Foundation
import Synchronization
import Testing

@testable import CarillonCLI
@testable import CarillonPostgres

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `The command line on PostgreSQL` {
  private let schema = "cli_\(UUID().text.prefix(8))"
  private let server = TestServer.url ?? ""
  private var url: String { "\(server)?schema=\(schema)" }
  private let resource = "018f3c1e-7b2a-7c4d-9e8f-0123456789ab"

  private struct Answer {
    /// The exit code.
    let status: Int32
    let out: String
    let err: String
  }

  private func run(_ arguments: String..., on url: String) async -> Answer {
    await run(arguments + ["--store", url])
  }

  private func run(
    _ arguments: [String], environment: [String: String] = ["CARILLON_LOG_LEVEL": "critical"]
  ) async -> Answer {
    let (out, err) = (Captured(), Captured())
    let session = Session(
      app: PlainApp(), name: "newsroom", catalog: HandlerCatalog(types: [Greeting.self]),
      environment: environment, out: Screen(sink: out), err: Screen(sink: err),
      openStore: OpenStore.init(url:))
    let status = await session.run(arguments)
    return Answer(status: status.rawValue, out: out.text, err: err.text)
  }

  private func sql(_ text: String) async throws {
    try await TestServer.withConnection { try await $0.script(text) }
  }

  @Test func `schedules, runs, shows, examines and prunes`() async throws {
    #expect(await run("migrate", "--json", on: url).out.contains(#""from":0"#))
    #expect(await run("migrate", on: url).out.contains("already"))
    for _ in 0..<3 {
      let answer = await run("schedule", "greet", "--resource", resource, on: url)
      #expect(answer.status == 0, "\(answer.err)")
    }
    #expect(await run("run-due", on: url).out == "executed: 3, failed: 0\n")
    #expect(await run("jobs", "list", "--status", "executed", on: url).out.contains("greet"))
    #expect(await run("stats", "--json", on: url).out.contains(#""executed":3"#))
    let doctor = await run("doctor", on: url)
    #expect(doctor.status == 0, "\(doctor.out)")
    #expect(await run("prune", "--older-than", "0s", on: url).out == "deleted: 3\n")
    let bench = await run("bench", "--jobs", "50", "--repeat", "1", on: url)
    #expect(bench.status == 0, "\(bench.err)")
    #expect(bench.out.contains("schema=\(schema)"))
    try await sql("DROP SCHEMA \(schema) CASCADE")
  }

  @Test func `exits 6 and says what to do when the store can't be used`() async throws {
    try await sql(
      """
      DROP ROLE IF EXISTS secretive; CREATE ROLE secretive LOGIN PASSWORD 'hunter2';
      DROP ROLE IF EXISTS powerless; CREATE ROLE powerless LOGIN;
      """)
    let address = server.replacing("carillon@", with: "")
    let host = String(address.dropFirst("postgres://".count).prefix { $0 != "/" })
    let readOnly = "options=-c%20default_transaction_read_only%3Don"
    for (url, text) in [
      ("postgres://carillon:hunter3@127.0.0.1:1/postgres", "Check that the server runs"),
      ("postgres://carillon:hunter3@no-such-host.invalid/postgres", "no-such-host"),
      ("postgres://secretive:hunter3@\(host)/postgres", "password"),
      ("postgres://carillon:hunter3@\(host)/no_such_database", "createdb"),
      (
        "postgres://powerless:hunter3@\(host)/postgres?schema=forbidden",
        "GRANT CREATE ON DATABASE postgres TO powerless"
      ),
      ("postgres://carillon:hunter3@\(host)/postgres?schema=read_only&\(readOnly)", "read-only"),
    ] {
      for extra in [["stats", "--json"], ["serve", "--no-http"], ["migrate"]] {
        let arguments = extra + ["--store", url]
        let answer = await run(
          arguments, environment: ["CARILLON_LOG_LEVEL": "trace"])
        #expect(answer.status == 6, "\(url) \(extra): \(answer.err)")
        #expect(answer.err.contains(text), "\(answer.err)")
        #expect(!(answer.out + answer.err).contains("hunter"))
      }
    }
    try await sql("DROP ROLE secretive; DROP ROLE powerless")
  }

  @Test func `reads from a server that takes no writes`() async throws {
    #expect(await run("schedule", "greet", "--resource", resource, on: url).status == 0)
    let readOnly = "\(url)&options=-c%20default_transaction_read_only%3Don"
    #expect(await run("jobs", "list", on: readOnly).out.contains("greet"))
    #expect(await run("stats", on: readOnly).status == 0)
    let refused = await run("schedule", "greet", "--resource", resource, on: readOnly)
    #expect(refused.status == 6)
    #expect(refused.err.contains("read-only"), "\(refused.err)")
    try await sql("DROP SCHEMA \(schema) CASCADE")
  }

  @Test func `exits 2 for a password that isn't encoded, and shows none of it`() async {
    for password in ["s3cr@tTAIL", "s3cr/tTAIL"] {
      let url = "postgres://a:\(password)@127.0.0.1:1/app"
      for arguments in [["stats"], ["serve", "--no-http"], ["migrate"], ["doctor", "--json"]] {
        let answer = await run(arguments + ["--store", url])
        #expect(answer.status == 2)
        #expect(answer.err.contains("%XX"))
        for secret in ["s3cr", "TAIL"] { #expect(!(answer.out + answer.err).contains(secret)) }
      }
    }
  }

  @Test func `a move by another than the owner writes nothing, and names the owner`() async throws {
    #expect(await run("schedule", "greet", "--resource", resource, on: url).status == 0)
    let role = "node_\(schema)"
    try await sql(
      """
      CREATE ROLE "\(role)" LOGIN; GRANT USAGE ON SCHEMA "\(schema)" TO "\(role)";
      GRANT ALL ON ALL TABLES IN SCHEMA "\(schema)" TO "\(role)";
      """)
    let mine = url.replacing("carillon@", with: "\(role)@")
    let path = FileManager.default.temporaryDirectory.appending(path: "\(schema).db").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    for extra in [["--dry-run"], []] {
      let answer = await run(["move", "--from", mine, "--to", "sqlite:\(path)"] + extra)
      #expect(answer.status == 5, "\(answer.err)")
      #expect(answer.err.contains("connect as carillon,"), "\(answer.err)")
      #expect(!FileManager.default.fileExists(atPath: path))
    }
    let filled = await run(["move", "--from", "sqlite:\(path)", "--to", mine])
    #expect(filled.status == 6, "there is nothing to move: \(filled.err)")
    #expect(await run("stats", on: "sqlite:\(path)").status == 0)
    for extra in [["--dry-run"], []] {
      let answer = await run(["move", "--from", "sqlite:\(path)", "--to", mine] + extra)
      #expect(answer.status == 5, "\(answer.err)")
      #expect(answer.err.contains("connect as carillon,"), "\(answer.err)")
    }
    #expect(await run(["move", "--from", url, "--to", "sqlite:\(path)"]).status == 0)
    // Nothing is left to be done, and nobody's rights matter.
    let again = await run(["move", "--from", mine, "--to", "sqlite:\(path)"])
    #expect(again.out.contains("moved already"), "\(again.err)")
    try await sql("DROP SCHEMA \(schema) CASCADE; DROP ROLE \"\(role)\"")
  }

  @Test func `a trial of a move leaves nothing in a database that has no store`() async throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "\(schema).db").path
    let file = "sqlite:\(path)"
    defer { try? FileManager.default.removeItem(atPath: path) }
    #expect(await run("schedule", "greet", "--resource", resource, on: file).status == 0)
    let answer = await run(["move", "--from", file, "--to", url, "--dry-run"])
    #expect(answer.status == 0, "\(answer.err)")
    #expect(answer.out.contains("would move 1 job"), "\(answer.out)")
    // Nor in one whose jobs would move.
    let nothing = await run(["move", "--from", url, "--to", file, "--dry-run"])
    #expect(nothing.status == 6)
    #expect(nothing.err.contains("There is no"), "\(nothing.err)")
    try await TestServer.withConnection { connection in
      let rows = try await connection.query(
        "SELECT 1 FROM pg_namespace WHERE nspname = $1", schema)
      #expect(rows.isEmpty)
    }
  }

  @Test func `never shows a password that the environment holds`() async {
    let environment = ["CARILLON_STORE": "postgres://carillon:hunter2@127.0.0.1:1/postgres"]
    for arguments in [["stats"], ["stats", "--help"], ["--help"], ["bench", "--help"]] {
      let answer = await run(arguments, environment: environment)
      #expect(!(answer.out + answer.err).contains("hunter"), "\(arguments)")
    }
  }
}

private struct PlainApp: CarillonApp {}

private final class Captured: TextSink {
  private let captured = Mutex("")
  var text: String { captured.withLock { $0 } }
  var hasFailed: Bool { false }
  func write(_ text: String) { captured.withLock { $0 += text } }
}

final class Greeting: JobHandler {
  static let jobType = "greet"
  static let resourceType = "post"
  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}
