import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

/// What somebody who was woken up by an alarm has to find at once.
@Suite struct DashboardAlarmTests {
  private let ada = AuditActor(name: "ada <a>", source: .cli)

  /// The text between two marks of a page.
  private func part(of page: String, from start: String, to end: String) -> String {
    guard let open = page.range(of: start),
      let close = page.range(of: end, range: open.upperBound..<page.endIndex)
    else { return "" }
    return String(page[open.upperBound..<close.lowerBound])
  }

  private func failed(_ web: APIUnderTest, _ error: String) async throws -> String {
    let uuid = try await web.scheduled(["max_attempts": 1])
    try await web.run(uuid, .fail(error: error))
    return uuid
  }

  @Test func `the overview tells how many jobs are failed now and leads to them`() async throws {
    let web = APIUnderTest()
    func tile() async -> String {
      part(of: await web.get("/").text, from: "<dt>Failed now</dt>", to: "</div>")
    }
    #expect(await tile().contains(">0</a>"))
    #expect(await tile().contains("nothing to put right"))
    let uuid = try await failed(web, "busy")
    _ = try await failed(web, "busy")
    #expect(await tile().contains("href=\"./jobs?filter=status%3Afailed\">2</a>"))
    _ = await web.ask(.post, "/api/v1/jobs/\(uuid)/retry", [:])
    #expect(await tile().contains(">1</a>"))
  }

  @Test func `a group of failures tells whether somebody has to see to it`() async throws {
    let web = APIUnderTest()
    func row() async -> String {
      part(of: await web.get("/failures").text, from: "<tbody>", to: "</tbody>")
    }
    let uuid = try await failed(web, "code 17")
    _ = try await failed(web, "code 2250")
    #expect(await row().contains("2 failed now"))
    // Both are found, although their errors differ in a number.
    let link = part(of: await row(), from: "<td><a href=\".", to: "\">")
    let found = Page(await web.get(link.replacing("&amp;", with: "&")).text)
    #expect(found.elements.count { $0.attributes["data-key"] != nil } == 2, "\(link)")
    _ = try await web.store.apply(.retry, to: try #require(UUID(uuidString: uuid)))
    #expect(await row().contains("1 failed now"))
    for job in try await web.store.jobs(JobQuery(status: .failed)) {
      _ = try await web.store.apply(.retry, to: job.uuid)
    }
    #expect(await row().contains("retrying"))
    #expect(!(await row()).contains("failed now"))
    for job in try await web.store.jobs(JobQuery(status: .pending)) {
      _ = try await web.store.apply(.cancel(reason: "pointless"), to: job.uuid)
    }
    #expect(await row().contains("class=\"settled\""))
    #expect(await row().contains("dealt with"))
    #expect(await web.get("/").text.contains("dealt with"))
  }

  @Test func `a group whose jobs have failed in another way since isn't called dealt with`()
    async throws
  {
    let web = APIUnderTest()
    let uuid = try await web.scheduled()
    try await web.run(uuid, .retry(after: .zero, error: "busy"))
    web.clock.advance(by: .seconds(5))
    try await web.run(uuid, .fail(error: "no space left"))
    let text = await web.get("/failures").text
    #expect(text.contains("1 failed now") && text.contains("other error since"))
    #expect(!text.contains("dealt with"))
  }

  @Test func `an error in a list is shown with its second line`() async throws {
    let web = APIUnderTest()
    _ = try await failed(web, "connection refused\n<mail.example:25>")
    for page in ["/jobs", "/", "/failures"] {
      let text = await web.get(page).text
      #expect(text.contains(">connection refused\n&lt;mail.example:25&gt;<"), "\(page)")
    }
  }

  @Test func `a job's life tells who did what to it by hand`() async throws {
    let web = APIUnderTest()
    let uuid = try #require(UUID(uuidString: try await failed(web, "busy")))
    web.clock.advance(by: .seconds(5))
    try await ada.doing { _ = try await web.store.apply(.retry, to: uuid) }
    web.clock.advance(by: .seconds(5))
    try await ada.doing {
      _ = try await web.store.apply(.edit(try JobEdit(priority: 3)), to: uuid)
    }
    web.clock.advance(by: .seconds(5))
    try await ada.doing { _ = try await web.store.apply(.cancel(reason: "pointless"), to: uuid) }
    let page = await web.get("/jobs/\(uuid.text)").text
    let life = part(of: page, from: "<ol class=\"life\">", to: "</ol>")
    let told = life.components(separatedBy: "<strong>").dropFirst().map {
      String($0.prefix { $0 != "<" })
        + ($0.contains(" by <a href=\"../audit?target=\(uuid.text)\">ada &lt;a&gt;</a>") ? "!" : "")
    }
    #expect(
      told == [
        "Stored", "Attempt 1 started", "Attempt 1 failed", "Retried!", "Edited!", "Cancelled!",
      ])
    #expect(life.contains("priority: 7 → 3"))
    // Retried once more, its row has forgotten that it was cancelled.
    web.clock.advance(by: .seconds(5))
    _ = try await web.store.apply(.retry, to: uuid)
    let again = await web.get("/jobs/\(uuid.text)").text
    #expect(again.contains("<strong>Cancelled</strong> by <a"))
    #expect(again.contains("<p class=\"quiet\">pointless</p>"))
  }

  @Test func `a job's life tells what operations on many jobs did to it`() async throws {
    let web = APIUnderTest()
    let uuid = try #require(UUID(uuidString: try await failed(web, "busy")))
    func operate(_ command: JobCommand, _ filter: String) async throws -> UUID {
      web.clock.advance(by: .seconds(5))
      return try await ada.doing {
        let operations = Operations(store: web.store)
        let operation = try await operations.begin(command, on: filter)
        _ = try await operations.finish(operation.uuid)
        return operation.uuid
      }
    }
    var uuids = [try await operate(.retry, "status:failed")]
    uuids.append(try await operate(.edit(try JobEdit(priority: 3)), "status:pending"))
    uuids.append(
      try await operate(.reschedule(.in(.seconds(60))), "status:pending"))
    uuids.append(try await operate(.requestCancel(reason: "pointless"), "status:pending"))
    uuids.append(try await operate(.retry, "status:cancelled"))
    let page = await web.get("/jobs/\(uuid.text)").text
    let life = part(of: page, from: "<ol class=\"life\">", to: "</ol>")
    let deeds = life.components(separatedBy: "<strong>").dropFirst().filter {
      $0.contains("in <a href=\"../operation?uuid=")
    }
    #expect(
      deeds.map { $0.prefix { $0 != "<" } }
        == ["Retried", "Edited", "Rescheduled", "Cancelled", "Retried"])
    for (deed, uuid) in zip(deeds, uuids) {
      #expect(deed.contains(uuid.text) && deed.contains(">ada &lt;a&gt;</a>"))
    }
    for words in ["priority: 3", "due at ", "pointless"] { #expect(life.contains(words)) }
    // What was done to it by hand has them too, and so it says of a job that is no more.
    _ = try await operate(.delete, "status:pending")
    #expect(await web.get("/jobs/\(uuid.text)").status == 404)
    let audit = await web.get("/audit?target=\(uuid.text)").text
    #expect(uuids.allSatisfy { audit.contains($0.text) } && audit.contains("Began to delete all"))
  }

  @Test func `an attempt's node that has left is called gone`() async throws {
    let web = APIUnderTest()
    let uuid = try await failed(web, "busy")
    let node = try #require(try await web.store.nodes().first)
    #expect(await web.get("/jobs/\(uuid)").text.contains("title=\"\(node.uuid.text)\">on test<"))
    web.clock.advance(by: .seconds(3_600))
    #expect(await web.get("/jobs/\(uuid)").text.contains(">on test (gone)<"))
    try await web.store.leave(node.uuid)
    let page = await web.get("/jobs/\(uuid)").text
    #expect(page.contains(">on \(node.uuid.text.prefix(8))… (gone)<"))
    #expect(page.contains("title=\"\(node.uuid.text): this node has left"))
  }

  @Test func `how to schedule a job is told beside others too, to whoever may`() async throws {
    let store = MemoryStore(clock: ManualClock())
    let web = APIUnderTest(access: .trusted(.operator), store: store)
    let viewer = APIUnderTest(access: .trusted(.viewer), store: store)
    #expect(await web.get("/jobs").text.components(separatedBy: "curl ").count == 2)
    _ = try await web.scheduled()
    for page in ["/jobs", "/jobs?filter=queue:none"] {
      #expect(await web.get(page).text.components(separatedBy: "curl ").count == 2, "\(page)")
      #expect(!(await viewer.get(page)).text.contains("curl "), "\(page)")
    }
  }

  @Test(arguments: [
    ("code 2250", "code"), ("17 of 3", "of"), ("job 01a2-0ebc-beef gone for good", "gone for good"),
    ("no number", "no number"), ("42", ""), ("", ""),
  ])
  func `errors that are one have words in common`(_ error: String, _ words: String) {
    #expect(error.lastingWords == words)
  }
}
