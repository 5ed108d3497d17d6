import Carillon
import Foundation
import Testing

@testable import CarillonCLI

@Suite struct `A file of jobs` {
  private let resource = "018f3c1e-7b2a-7c4d-9e8f-0123456789ab"
  private let catalog = HandlerCatalog(types: [PublishPost.self, SendEmail.self])

  private func read(_ text: String) throws(UsageError) -> [JobRequest] {
    try read(Array(text.utf8))
  }

  private func read(_ bytes: [UInt8]) throws(UsageError) -> [JobRequest] {
    try JobFile.requests(in: Data(bytes), name: "jobs.jsonl", catalog: catalog, makeUUID: UUID.init)
  }

  private func refusal(_ text: String) -> String { refusal(Array(text.utf8)) }

  private func refusal(_ bytes: [UInt8]) -> String {
    do throws(UsageError) {
      return "accepted: \(try read(bytes).count)"
    } catch {
      return error.description
    }
  }

  private func line(_ more: String = "") -> String {
    "{\"handler_module\":\"publish_post\",\"resource_uuid\":\"\(resource)\"\(more)}"
  }

  @Test func `gives a job a line, with the handler's defaults`() throws {
    let requests = try read("\(line())\n\(line(",\"priority\":1,\"queue\":\"slow\""))\n")
    #expect(requests.map(\.priority) == [7, 1])
    #expect(requests.map(\.queue) == ["default", "slow"])
    #expect(requests.map(\.jobType) == ["publish_post", "publish_post"])
    #expect(requests[0].handlerModule == PublishPost.handlerModule)
    #expect(requests[0].resource.description == "post/\(resource)")
  }

  @Test func `may have a byte order mark, blank lines, CRLF and no end of line`() throws {
    #expect(try read("\u{FEFF}\(line())\r\n\r\n  \n\(line())").count == 2)
    #expect(try read("").isEmpty)
  }

  @Test func `keeps numbers beyond what a double can hold`() throws {
    let request = try read(line(",\"args\":{\"n\":9007199254740993,\"e\":1e400,\"z\":-0}"))[0]
    #expect(request.args.json == "{\"e\":1e400,\"n\":9007199254740993,\"z\":-0}")
  }

  @Test func `says when: a time, a delay, or now`() throws {
    let requests = try read(
      """
      \(line(",\"scheduled_at\":\"2027-03-01T09:00:00+01:00\""))
      \(line(",\"in\":\"1h30m\""))
      \(line(",\"in\":null"))
      """)
    #expect(
      requests.map(\.time) == [
        .at(try Instant(rfc3339: "2027-03-01T08:00:00Z")), .in(.seconds(5_400)), .now,
      ])
  }

  @Test func `may name a handler of another program with its types`() throws {
    let text = """
      {"handler_module":"Shop.Bill","job_type":"bill","resource_type":"order",\
      "resource_uuid":"\(resource)","args_version":3,"max_attempts":9,\
      "uuid":"018f3c1e-7b2a-7c4d-9e8f-000000000001","created_by_uuid":"\(resource)"}
      """
    let request = try read(text)[0]
    #expect(request.handlerModule == "Shop.Bill")
    #expect(request.argsVersion == 3)
    #expect(request.maxAttempts == 9)
    #expect(request.uuid.text == "018f3c1e-7b2a-7c4d-9e8f-000000000001")
    #expect(request.createdByUUID?.text == resource)
  }

  @Test func `names the line and the field that is wrong`() {
    func expect(_ more: String, _ part: String, _ location: SourceLocation = #_sourceLocation) {
      let refusal = refusal("\(line())\n\n\(line(more))")
      #expect(refusal.contains("line 3: "), sourceLocation: location)
      #expect(refusal.contains(part), "\(refusal)", sourceLocation: location)
    }
    expect(
      ",\"priorty\":1", "'priorty' is no field that a new job can have. Did you mean 'priority'")
    expect(",\"priority\":1.5", "priority is 1.5, but should be a whole number")
    expect(",\"priority\":-1", "priority -1 is out of range")
    expect(",\"args\":[1]", "args is an array, but should be a JSON object")
    expect(",\"args\":\"hunter2\"", "args is text, but should be a JSON object")
    expect(",\"in\":10", "in is 10, but should be text in quotes")
    expect(",\"in\":\"10\"", "10 has no unit")
    expect(",\"scheduled_at\":\"2027-03-01T09:00:00\"", "offset")
    expect(",\"in\":\"1s\",\"scheduled_at\":\"2027-03-01T09:00:00Z\"", "two different times")
    expect(",\"uuid\":\"42\"", "uuid: '42' is not a UUID")
    expect(",\"job_type\":\"other\"", "job_type says 'other'")
    expect(",\"status\":\"executed\"", "'status' is no field")
    expect(",\"args\":{},\"args\":{}", "stands twice")
  }

  @Test func `needs a handler and a resource in each line`() {
    #expect(refusal("{\"resource_uuid\":\"\(resource)\"}").contains("handler_module is missing"))
    #expect(refusal("{\"handler_module\":\"publish_post\"}").contains("resource_uuid is missing"))
    #expect(refusal("[]").contains("no JSON object"))
    #expect(refusal("{").contains("line 1: it is not JSON"))
  }

  @Test func `refuses broken UTF-8, NUL and lone surrogates by their line`() {
    let broken = Array(line().utf8) + [0x0A] + Array("{\"args\":\"".utf8) + [0xFF, 0x22, 0x7D]
    #expect(refusal(broken).contains("line 2: it is not JSON: the text is not valid UTF-8"))
    #expect(refusal(line(",\"args\":{\"a\":\"\\u0000\"}")).contains("NUL"))
    #expect(refusal(line(",\"args\":{\"a\":\"\\ud800\"}")).contains("surrogate"))
    #expect(refusal([0x7B, 0x00, 0x7D]).contains("line 1: it is not JSON"))
  }

  @Test func `tells of ten wrong lines and counts the others`() {
    let refusal = refusal(Array(repeating: "x", count: 25).joined(separator: "\n"))
    #expect(refusal.contains("line 10: "))
    #expect(!refusal.contains("line 11: "))
    #expect(refusal.contains("15 more lines"))
    #expect(refusal.contains("Nothing was stored"))
  }
}
