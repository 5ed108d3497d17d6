import Carillon
import CarillonSQLite
import Foundation
import Testing

extension ProcessTests {
  @Suite(.serialized) struct CommandTests {
    @Test func `a job is scheduled, run and shown with its attempts`() async throws {
      let shop = try Workshop()
      let scheduled = try await shop.run(
        "schedule", "line", "--resource", UUID().text, "--in", "200ms", "--json"
      ).json()
      let node = try await shop.serve()
      #expect(try await eventually { try await shop.counts()["executed"] == 1 })
      node.signal(SIGTERM)
      await node.ended()
      let job = try await shop.run(
        "jobs", "show", scheduled["uuid"]?.string ?? "", "--json"
      ).json()
      #expect(job["status"] == "executed")
      #expect(job["attempts"]?.int == 1)
      #expect(job["executed_at"]?.string?.hasSuffix("Z") == true)
      #expect(job["attempts_log"]?.array?.count == 1)
    }

    @Test func `a job that always fails is tried three times with growing gaps`() async throws {
      let shop = try Workshop()
      let uuid = try await shop.schedule("always_fails", count: 1)[0]
      let node = try await shop.serve()
      #expect(try await eventually { try await shop.counts()["failed"] == 1 })
      node.signal(SIGTERM)
      await node.ended()
      let job = try await shop.run("jobs", "show", uuid, "--json").json()
      let log = job["attempts_log"]?.array ?? []
      #expect(job["attempts"]?.int == 3 && log.count == 3)
      #expect(log.allSatisfy { $0["error"]?.string?.contains("no luck") == true })
      let starts = try log.compactMap(\.["started_at"]?.string).map(Instant.init(rfc3339:))
      #expect(starts[2] - starts[1] > starts[1] - starts[0])
      #expect(try await shop.run("jobs", "retry", uuid).code == 0)
      let sweep = try await shop.run("run-due", "--json")
      #expect(
        sweep.output.trimmingCharacters(in: .whitespacesAndNewlines)
          == #"{"executed":0,"failed":1}"#)
    }

    @Test func `an unknown handler's job waits and is named`() async throws {
      let shop = try Workshop()
      let answer = try await shop.run(
        "schedule", "Elsewhere.Missing", "--resource", UUID().text, "--job-type", "missing",
        "--resource-type", "thing", "--json")
      #expect(answer.code == 0, "\(answer.errors)")
      #expect(try await shop.run("run-due").output == "executed: 0, failed: 0\n")
      let job = try await shop.jobs()[0]
      #expect(job["status"] == "pending" && job["attempts"]?.int == 0)
      #expect(try await shop.run("stats").output.contains("Elsewhere.Missing"))
      #expect(try await shop.run("doctor").output.contains("Elsewhere.Missing"))
    }

    /// Command lines that are wrong, with the exit code that says how. `R` stands for a resource.
    private static let wrong: [(String, Int32)] = [
      ("schedule line --resource nonsense", 2),
      ("schedule lime --resource R", 2),
      ("schedule line --resource R --at 2027-01-01T00:00:00", 2),
      ("schedule line --resource R --at 12000-01-01T00:00:00Z", 2),
      ("schedule line --resource R --in 5", 2),
      ("schedule line --resource R --args [1]", 2),
      ("schedule line --resource R --priority=-1", 2),
      ("schedule line --resource R --max-attempts 0", 2),
      ("schedule line --resource R --at 2027-01-01T00:00:00Z --in 5s", 2),
      ("jobs show R", 3),
      ("jobs cancel R", 3),
      ("sersve", 2),
      ("stats --store sqlite:/nowhere/at/all/x.db", 6),
    ]

    @Test(arguments: wrong)
    func `bad input is refused with its exit code and writes nothing`(
      _ line: String, _ code: Int32
    ) async throws {
      let shop = try Workshop()
      let resource = "018f3c1e-0000-7000-8000-000000000001"
      let answer = try await shop.run(
        line.replacing(" R", with: " " + resource).split(separator: " ").map(String.init))
      #expect(answer.code == code, "\(line): \(answer.errors)")
      #expect(!answer.errors.isEmpty && answer.output.isEmpty)
      #expect(try await shop.jobs().isEmpty)
    }

    @Test func `a cancelled job can't be cancelled again`() async throws {
      let shop = try Workshop()
      let uuid = try await shop.schedule("line", count: 1, extra: #", "in": "1h""#)[0]
      #expect(try await shop.run("jobs", "cancel", uuid).code == 0)
      #expect(try await shop.run("jobs", "cancel", uuid).code == 5)
    }

    @Test func `a file of lines is stored all or none`() async throws {
      let shop = try Workshop()
      let good =
        #"{"handler_module":"line","resource_uuid":"\#(UUID().text)","args":{"n":9007199254740993}}"#
      let bad = #"{"handler_module":"line","resource_uuid":"\#(UUID().text)","priority":-1}"#
      let answer = try await shop.run("schedule", "--from", "-", input: "\(good)\n\(bad)\n")
      #expect(answer.code == 2 && answer.errors.contains("2"))
      #expect(try await shop.jobs().isEmpty)
      #expect(try await shop.run("schedule", "--from", "-", input: good).code == 0)
      #expect(try await shop.run("jobs", "list", "--json").output.contains("9007199254740993"))
    }
  }
}
