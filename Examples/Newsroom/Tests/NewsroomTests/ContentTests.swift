import Foundation
import Testing

@testable import Newsroom

struct CSVTests {
  @Test func `quoted fields hold commas, quotes and line ends`() throws {
    let rows = try CSV.rows("\u{FEFF}a,b\r\n\"x, \"\"y\"\"\",\"1\r\n2\"\n\n,z\n")
    #expect(rows.map(\.fields) == [["a", "b"], ["x, \"y\"", "1\r\n2"], ["", "z"]])
    #expect(rows.map(\.line) == [1, 2, 5])
  }

  @Test func `an unclosed or stray quote is refused with its line`() {
    #expect(throws: CSV.Problem.unclosedQuote(line: 2)) { try CSV.rows("a\n\"b\nc") }
    #expect(throws: CSV.Problem.strayQuote(line: 1)) { try CSV.rows("a\"b") }
    #expect(throws: CSV.Problem.strayQuote(line: 1)) { try CSV.rows("\"a\"b") }
  }
}

struct SubscriberListTests {
  @Test func `the file that comes with the example can be read`() throws {
    let subscribers = try ScratchNewsroom().workspace.subscribers.all()
    #expect(subscribers.map(\.name).contains("Okonkwo, Adaeze (Pilots' Office)"))
    #expect(subscribers.map(\.name).contains("Tom \"Bosun\" Ó Faoláin"))
    #expect(subscribers.map(\.name).contains("山田 花子"))
    #expect(Set(subscribers.map(\.uuid)).count == subscribers.count)
  }

  @Test func `columns may stand in any order`() throws {
    let uuid = UUID()
    let list = try SubscriberList.parse("uuid, Name,address\n\(uuid), Ada ,ada@example.org\n")
    #expect(list == [Subscriber(name: "Ada", address: "ada@example.org", uuid: uuid)])
  }

  @Test func `each mistake says its line and what to do`() {
    let head = "name,address,uuid\n"
    let uuid = UUID().lowercase
    expect("", .noHeader)
    expect("name,uuid\n", .missingColumn("address"))
    expect(head + "Ada,ada@example.org\n", .wrongFieldCount(line: 2, found: 2, wanted: 3))
    expect(head + "Ada,ada at example,\(uuid)\n", .badAddress(line: 2, text: "ada at example"))
    expect(head + "Ada,ada@example.org,7\n", .badUUID(line: 2, text: "7"))
    expect(
      head + "\"A\r\nBcc: x\",a@example.org,\(uuid)\n", .badName(line: 2, text: "A\r\nBcc: x"))
    expect(head + "\"A,a@example.org,\(uuid)\n", .badQuotes(.unclosedQuote(line: 2)))
  }

  private func expect(_ text: String, _ error: SubscriberError) {
    #expect(throws: error) { try SubscriberList.parse(text) }
  }

  @Test(arguments: [
    "", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\r\nBcc: x@y", "a@b>", "ä@b", "a,b@c",
  ])
  func `an odd address is none`(text: String) {
    #expect(!Subscriber.isAddress(text))
  }
}

struct PostTests {
  @Test func `the posts that come with the example can be read, newest first`() throws {
    let posts = try ScratchNewsroom().workspace.posts.all()
    #expect(posts.count >= 4)
    #expect(posts.map(\.date) == posts.map(\.date).sorted(by: >))
    #expect(posts.allSatisfy { Markdown($0.markdown).wordCount > 100 })
  }

  @Test func `a header may hold colons and quotes`() throws {
    let post = try Post(file: "a.md", text: header("title", "\"Torch\": a story"))
    #expect(post.title == "\"Torch\": a story")
    #expect(post.markdown == "Text\n")
    #expect(post.updated == post.date)
  }

  @Test func `each mistake in a header says what to do`() {
    expect("Text", .noHeader(file: "a.md"))
    expect("---\nuuid: 1\n", .unclosedHeader(file: "a.md"))
    expect("---\nuuid\n---\n", .badHeaderLine(file: "a.md", line: 2, text: "uuid"))
    expect("---\na: 1\nA: 2\n---\n", .repeatedField(file: "a.md", line: 3, field: "a"))
    expect(header("author", ""), .missingField(file: "a.md", field: "author"))
    expect(header("uuid", "7"), .badUUID(file: "a.md", text: "7"))
    expect(header("date", "3 March"), .badDate(file: "a.md", field: "date", text: "3 March"))
    expect(header("x", "1"), .badFileName(file: "../a.md"), file: "../a.md")
  }

  private func expect(_ text: String, _ error: PostError, file: String = "a.md") {
    #expect(throws: error) { try Post(file: file, text: text) }
  }

  private func header(_ key: String, _ value: String) -> String {
    var fields = [
      "uuid": "4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34", "title": "T", "author": "A",
      "date": "2026-03-03T10:00:00+01:00", "summary": "S",
    ]
    fields[key] = value
    let lines = fields.map { "\($0): \($1)" }.sorted().joined(separator: "\n")
    return "---\n\(lines)\n---\nText\n"
  }

  @Test func `a broken post hides no other, and is named when it may be the one`() throws {
    let content = FileManager.default.temporaryDirectory
      .appending(path: "newsroom-tests-\(UUID().lowercase)")
    defer { try? FileManager.default.removeItem(at: content) }
    let good = header("x", "1")
    try DurableFile.replace(content.appending(path: "posts/good.md"), with: Data(good.utf8))
    try DurableFile.replace(content.appending(path: "posts/bad.md"), with: Data("?".utf8))
    let library = PostLibrary(folder: content.appending(path: "posts"))
    let known = try #require(UUID(uuidString: "4f1c2d9e-3b5a-4c86-9a71-0d2e6f8b1c34"))
    let unknown = UUID()
    #expect(try library.find(known)?.slug == "good")
    #expect(throws: PostError.notFoundAmongBroken(unknown, errors: [.noHeader(file: "bad.md")])) {
      try library.find(unknown)
    }

    try DurableFile.replace(content.appending(path: "posts/bad.md"), with: Data(good.utf8))
    #expect(throws: PostError.sharedUUID(known, files: ["bad.md", "good.md"])) {
      try library.find(known)
    }
  }

  @Test func `dates have one spelling for each reader`() throws {
    let date = try #require(NewsDate.parse("2026-03-03T10:05:09+01:00"))
    #expect(NewsDate.rfc3339(date) == "2026-03-03T09:05:09Z")
    #expect(NewsDate.rfc5322(date) == "Tue, 3 Mar 2026 09:05:09 +0000")
    #expect(NewsDate.spelledOut(date) == "3 March 2026")
  }

  @Test func `a name-based UUID is the one that the standard gives`() throws {
    let dns = try #require(UUID(uuidString: "6ba7b810-9dad-11d1-80b4-00c04fd430c8"))
    let known = "2ed6657d-e927-568b-95e1-2665a8aea6a2"
    #expect(UUID(name: "www.example.com", in: dns).lowercase == known)
  }
}
