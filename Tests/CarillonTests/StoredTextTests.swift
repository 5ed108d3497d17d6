import Foundation
import Testing

@testable import Carillon

@Suite struct StoredTextTests {
  @Test func `keeps a short text as it is`() {
    #expect(StoredText.error("broken: é 🔔") == "broken: é 🔔")
    #expect(StoredText.error("") == "")
  }

  @Test func `takes NUL out, since no database keeps it`() {
    #expect(StoredText.error("a\0b\0") == "a␀b␀")
  }

  @Test func `cuts a long text at a whole character, and says how long it was`() {
    for (unit, count) in [("x", 10_000), ("é", 5_000), ("🔔", 5_000), ("e\u{301}", 5_000)] {
      let text = String(repeating: unit, count: count)
      for kept in [StoredText.error(text), StoredText.reason(text), StoredText.logLine(text)] {
        #expect(kept.hasSuffix("… (\(text.utf8.count) bytes in all)"))
        #expect(!kept.unicodeScalars.contains("\u{FFFD}"))
        #expect(kept.utf8.count < text.utf8.count)
      }
      #expect(StoredText.error(text).utf8.count <= StoredText.longestError + 40)
    }
  }

  @Test func `keeps a text of exactly the limit`() {
    let text = String(repeating: "x", count: StoredText.longestError)
    #expect(StoredText.error(text) == text)
  }

  @Test func `keeps a result as JSON, and leaves a note for one that can't be kept`() throws {
    struct Broken: Encodable, Sendable {
      func encode(to encoder: any Encoder) throws {
        throw EncodingError.invalidValue(0, .init(codingPath: [], debugDescription: "broken"))
      }
    }
    #expect(ResultText(["b": 2, "a": 1]).json == "{\"a\":1,\"b\":2}")
    #expect(ResultText(7).json == "7")
    #expect(ResultText("x\u{0}").json.contains("not_kept"))
    #expect(ResultText(Broken()).json.contains("not_kept"))
    let large = ResultText(String(repeating: "x", count: ResultText.longest)).json
    #expect(large.contains("not_kept"))
    #expect(try JSONValue(json: large)["not_kept"]?.string?.contains("65538") == true)
  }

  @Test func `digests texts with their borders`() {
    func digest(_ texts: String...) -> UInt64 {
      var digest = Digest()
      for text in texts { digest.combine(text) }
      return digest.value
    }
    #expect(digest("a", "b") == digest("a", "b"))
    #expect(digest("ab", "") != digest("a", "b"))
    #expect(digest("a") != digest("b"))
  }
}
