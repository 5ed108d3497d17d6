import Foundation
import Testing

@testable import Newsroom

struct HeaderTests {
  @Test func `plain text stands as it is`() throws {
    #expect(try HeaderField("Subject", text: "The bells").text == "Subject: The bells")
  }

  @Test func `a long field is folded at its spaces`() throws {
    let words = Array(repeating: "word", count: 40).joined(separator: " ")
    let field = try HeaderField("Subject", text: words).text
    let lines = field.components(separatedBy: "\r\n")
    #expect(lines.count > 2)
    #expect(lines.allSatisfy { $0.utf8.count <= HeaderField.width })
    #expect(lines.dropFirst().allSatisfy { $0.hasPrefix(" w") })
    #expect(lines.joined() == "Subject: \(words)")
  }

  @Test(arguments: [
    "Żółć", "The bells · 山田 花子", "=?utf-8?q?x?=", " spaced ", "a\r\nBcc: x@y",
    String(repeating: "長い題名", count: 40), String(repeating: "x", count: 300),
  ])
  func `other text becomes encoded words that give it back`(text: String) throws {
    let field = try HeaderField("Subject", text: text).text
    #expect(field.utf8.allSatisfy { $0 < 0x7F })
    #expect(field.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 76 })
    let words = EncodedWords.encode(text)
    #expect(words.allSatisfy { $0.utf8.count <= EncodedWords.longest })
    #expect(words.map(Self.decode).joined() == text)
    #expect(!field.contains("\nBcc"))
  }

  private static func decode(_ word: String) -> String {
    word.dropFirst("=?utf-8?q?".count).dropLast(2)
      .replacing("_", with: "%20").replacing("=", with: "%").removingPercentEncoding ?? "?"
  }

  @Test(arguments: [
    ("Ada Penhallow", "Ada Penhallow <a@example.org>"),
    ("Okonkwo, Adaeze", "\"Okonkwo, Adaeze\" <a@example.org>"),
    ("Tom \"Bosun\" \\", "\"Tom \\\"Bosun\\\" \\\\\" <a@example.org>"),
    ("Zoë Brûlé", "=?utf-8?q?Zo=C3=AB_Br=C3=BBl=C3=A9?= <a@example.org>"),
    ("", "a@example.org"),
  ])
  func `names are written, quoted or encoded`(name: String, field: String) throws {
    let mailbox = Mailbox(name: name, address: "a@example.org")
    #expect(try HeaderField("To", mailbox).text == "To: \(field)")
  }

  @Test func `an odd address writes no letter`() {
    #expect(throws: MailError.badAddress("a@b\r\nBcc: c@d")) {
      try HeaderField("To", Mailbox(name: "A", address: "a@b\r\nBcc: c@d"))
    }
  }
}

struct QuotedPrintableTests {
  @Test(arguments: [
    ("plain", "plain"),
    ("a=b", "a=3Db"),
    ("ends in space ", "ends in space=20"),
    ("é", "=C3=A9"),
    (".dot", "=2Edot"),
    ("From here", "=46rom here"),
    ("a\nb\r\nc", "a\r\nb\r\nc"),
  ])
  func `what isn't plain is encoded`(text: String, encoded: String) {
    #expect(QuotedPrintable.encode(text) == encoded)
  }

  @Test func `lines are at most 76 characters, and no unit is torn`() {
    for length in 60...90 {
      let text = String(repeating: "a", count: length) + String(repeating: "é ", count: 60)
      let lines = QuotedPrintable.encode(text).components(separatedBy: "\r\n")
      #expect(lines.allSatisfy { $0.utf8.count <= QuotedPrintable.width })
      #expect(lines.dropLast().allSatisfy { $0.hasSuffix("=") })
      let joined = lines.dropLast().map { $0.dropLast() }.joined() + (lines.last ?? "")
      #expect(joined.replacing("=", with: "%").removingPercentEncoding == text)
    }
    #expect(QuotedPrintable.encode(String(repeating: "a", count: 76)).utf8.count == 76)
  }
}

struct LetterTests {
  private let subscriber = Subscriber(name: "Zoë", address: "zoe@example.net", uuid: UUID())

  @Test func `a letter has all fields once and only CR LF line ends`() throws {
    let letter = Letter(post: .sample(), subscriber: subscriber, masthead: Masthead())
    let date = Date(timeIntervalSince1970: 1_772_528_400)
    let data = try letter.message(key: "k", date: date).data()
    let text = String(decoding: data, as: UTF8.self)
    let head = text.components(separatedBy: "\r\n\r\n").first ?? ""
    for name in ["Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Content-Type"] {
      #expect("\r\n\(head)".components(separatedBy: "\r\n\(name): ").count == 2, "\(name)")
    }
    #expect(head.contains("Date: Tue, 3 Mar 2026 09:00:00 +0000"))
    #expect(text.replacing("\r\n", with: "").utf8.allSatisfy { $0 != 13 && $0 != 10 && $0 < 127 })
    #expect(text.hasSuffix("--=_newsroom_alternative--\r\n"))
    #expect(text.components(separatedBy: "\r\n").allSatisfy { $0.utf8.count <= 78 })
  }

  @Test func `the key decides the Message-ID`() throws {
    let letter = Letter(post: .sample(), subscriber: subscriber, masthead: Masthead())
    func id(_ key: String, _ time: Double) throws -> String {
      try letter.message(key: key, date: Date(timeIntervalSince1970: time)).id
    }
    #expect(try id("a/1", 1) == id("a/1", 2))
    #expect(try id("a/1", 1) != id("a/2", 1))
  }

  @Test func `a letter about a post keeps its uuid`() {
    let post = UUID()
    #expect(subscriber.letterUUID(about: post) == subscriber.letterUUID(about: post))
    #expect(subscriber.letterUUID(about: post) != subscriber.letterUUID(about: UUID()))
  }
}
