import Carillon
import Foundation
import Testing

@testable import CarillonCLI

@Suite struct `schedules explain and next` {
  private let line = CommandLineUnderTest()

  private func file(_ name: String, _ text: String) throws -> String {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let file = folder.appending(path: name)
    try Data(text.utf8).write(to: file)
    return file.path
  }

  @Test func `explains in plain words, with the next ten times in both clocks`() async throws {
    let answer = await line.run(
      "schedules", "explain", "0 9 * * MON-FRI", "--tz", "Europe/Paris", "--after",
      "2027-03-26T12:00:00Z")
    #expect(answer.status == .done)
    #expect(answer.lines.count == 12)
    #expect(answer.lines[0] == "At 09:00 on every day from Monday to Friday, Europe/Paris.")
    #expect(
      answer.lines[2]
        == "2027-03-29T09:00+02:00  2027-03-29T07:00:00Z  the clocks have gone forward 1h")
    #expect(answer.lines[3] == "2027-03-30T09:00+02:00  2027-03-30T07:00:00Z")
  }

  @Test func `explains in JSON`() async throws {
    let json = try await line.run(
      "schedules", "explain", "30 2 * * *", "--tz", "Europe/Paris", "--after",
      "2027-03-27T12:00:00Z", "--count", "1", "--json"
    ).json()
    #expect(json["expr"]?.string == "30 2 * * *")
    #expect(json["tz"]?.string == "Europe/Paris")
    #expect(json["explanation"]?.string == "At 02:30 every day, Europe/Paris")
    let next = json["next"]?[0]
    #expect(next?["utc"]?.string == "2027-03-28T01:00:00Z")
    #expect(next?["local"]?.string == "2027-03-28T03:00+02:00")
    #expect(next?["note"]?.string?.contains("02:30 doesn't exist") == true)
  }

  @Test func `opens no store`() async {
    let out = CapturedText()
    let session = Session(
      app: PlainApp(), name: "newsroom", catalog: HandlerCatalog(types: []), environment: [:],
      out: Screen(sink: out), err: Screen(sink: CapturedText()),
      openStore: { _ throws(StoreError) in
        throw StoreError.failed(operation: "open a store", why: "nobody may")
      })
    for command in ["explain", "next"] {
      #expect(await session.run(["schedules", command, "@daily"]) == .done)
    }
  }

  @Test func `prints the next instants, one a line or in JSON`() async throws {
    let arguments = [
      "schedules", "next", "@every 1h", "--after", "2027-01-01T00:00:00Z", "--count", "2",
    ]
    #expect(await line.run(arguments).lines == ["2027-01-01T01:00:00Z", "2027-01-01T02:00:00Z"])
    #expect(
      try await line.run(arguments + ["--json"]).json()
        == ["next": ["2027-01-01T01:00:00Z", "2027-01-01T02:00:00Z"]])
    let over = await line.run(
      "schedules", "next", "@at 2027-01-01T00:00", "--after", "2027-01-01T00:00:00Z")
    #expect(over.status == .done)
    #expect(over.out.isEmpty && over.err.contains("doesn't fire any more"))
  }

  @Test func `heeds limits, rules for the clocks and calendars`() async throws {
    let calendar = try file("closed.txt", "2027-01-02\n")
    let open = try file("open.json", #"{"windows":["FRI-SUN"]}"#)
    let answer = await line.run(
      "schedules", "next", "0 9 * * *", "--after", "2026-12-01T00:00:00Z", "--start",
      "2027-01-01T00:00:00Z", "--end", "2027-01-08T09:00:00Z", "--exclude", calendar, "--require",
      open, "--count", "9")
    #expect(
      answer.lines == ["2027-01-01T09:00:00Z", "2027-01-03T09:00:00Z", "2027-01-08T09:00:00Z"])
    let gap = await line.run(
      "schedules", "next", "30 2 * * *", "--tz", "Europe/Paris", "--gap", "skip", "--after",
      "2027-03-27T12:00:00Z")
    #expect(gap.lines == ["2027-03-29T00:30:00Z"])
  }

  @Test func `says what is wrong and exits 2`() async throws {
    let broken = try file("broken.txt", "2027-02-30")
    for (arguments, part) in [
      (["explain", "61 * * * *"], "0 to 59"),
      (["explain", "@daily", "--tz", "Europe/Pariss"], "Did you mean 'Europe/Paris'"),
      (["explain", "@daily", "--gap", "shft"], "Did you mean 'shift'?"),
      (["explain", "@daily", "--count", "0"], "1 to 10000"),
      (["explain", "@daily", "--exclude", "/nowhere.txt"], "can't be read"),
      (["explain", "@daily", "--exclude", broken], "no such date"),
      (["explain", "@daily", "--start", "2027"], "--start"),
      (["next"], "Which expression?"),
      (["next", "@daily", "--from", broken], "EXPR can't stand beside --from"),
      (["next", "--from", broken, "--tz", "UTC"], "--tz can't stand beside --from"),
      (["next", "--from", "/nowhere.txt"], "can't be read"),
      (["next", "DTSTART;TZID=Asia/Tokyo:20270101 RRULE:FREQ=DAILY"], "Asia/Tokyo"),
    ] {
      let answer = await line.run(["schedules"] + arguments)
      #expect(answer.status == .usage, "\(arguments)")
      #expect(answer.out.isEmpty, "\(arguments)")
      #expect(answer.err.contains(part), "\(answer.err)")
    }
  }

  @Test func `answers a file of questions line by line, in order`() async throws {
    let questions = try file(
      "questions",
      """
      {"expr":"@daily","tz":"Asia/Tokyo","after":"2027-01-01T00:00:00Z","count":2}

      {"expr":"0 9 * *"}
      {"expr":"30 2 * * *","tz":"Europe/Paris","gap":"skip","after":"2027-03-27T12:00:00Z"}
      {"tz":"UTC"}
      {"expr":"@daily","count":-1}
      {"expr":"@daily","zone":"UTC"}
      {"expr":"@at 2020-01-01T00:00"}
      [1]
      {
      """)
    let answer = await line.run("schedules", "next", "--from", questions)
    #expect(answer.status == .done)
    let json = try answer.lines.map { try JSONValue(json: $0) }
    #expect(json[0] == ["next": ["2027-01-01T15:00:00Z", "2027-01-02T15:00:00Z"]])
    #expect(json[1]["error"]?.string?.contains("4 fields") == true)
    #expect(json[2] == ["next": ["2027-03-29T00:30:00Z"]])
    for (index, part) in [(3, "expr"), (4, "1 to 10000"), (5, "no field"), (7, "JSON object")] {
      #expect(json[index]["error"]?.string?.contains(part) == true, "\(json[index])")
    }
    #expect(json[6] == ["next": []])
    #expect(json[8]["error"] != nil)
    #expect(json.count == 9)
  }

  @Test func `cuts a stream into lines wherever its pieces end`() throws {
    let text = Array("one\ntwo\n\nthree".utf8)
    for size in 1...text.count {
      var buffer = LineBuffer(longest: 100)
      var lines: [[UInt8]] = []
      for start in stride(from: 0, to: text.count, by: size) {
        lines += try buffer.add(Array(text[start..<min(start + size, text.count)]))
      }
      lines += buffer.end()
      #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["one", "two", "", "three"])
    }
    var buffer = LineBuffer(longest: 3)
    #expect(throws: UsageError.self) { _ = try buffer.add(Array("four".utf8)) }
  }
}
