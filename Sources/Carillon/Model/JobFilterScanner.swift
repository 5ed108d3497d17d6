import Foundation

/// Takes a filter's text apart into fields and values.
struct JobFilterScanner {
  struct Value: Sendable {
    var text: String
    var isQuoted: Bool
    /// A star follows: how names begin.
    var isPrefix: Bool
    let position: Int

    var pattern: JobFilter.NamePattern { .init(text, isPrefix: isPrefix) }
  }

  struct Word: Sendable {
    let field: JobFilter.Field
    /// Of `args`: the keys after it.
    let path: [String]
    let isNegated: Bool
    let values: [Value]
    let position: Int
  }

  private let text: String
  private let characters: [Character]
  private var index = 0

  init(_ text: String) {
    self.text = text
    characters = Array(text)
  }

  /// The next term; nil at the end.
  mutating func next() throws(JobFilterError) -> Word? {
    while let character = peek, character.isWhitespace { index += 1 }
    guard peek != nil else { return nil }
    let start = index
    let isNegated = peek == "-"
    if isNegated { index += 1 }
    let name = takeName()
    if peek == ":" || peek == "." {
      let field = try field(name, at: start)
      let path = try path(of: field)
      guard peek == ":" else { throw wrong("':' and a value are missing.") }
      index += 1
      let values = try values(of: field)
      return Word(
        field: field, path: path, isNegated: isNegated, values: values, position: start)
    }
    // A UUID alone is what one has at hand.
    index = isNegated ? start + 1 : start
    return Word(
      field: .uuid, path: [], isNegated: isNegated, values: try values(of: .uuid), position: start)
  }

  private var peek: Character? { index < characters.count ? characters[index] : nil }

  private func wrong(_ problem: String) -> JobFilterError {
    JobFilterError(text, at: index, problem)
  }

  private mutating func takeName() -> String {
    let start = index
    while let character = peek, character.isASCII, character.isLetter { index += 1 }
    return String(characters[start..<index])
  }

  private func field(_ name: String, at start: Int) throws(JobFilterError) -> JobFilter.Field {
    if let field = JobFilter.Field(rawValue: name.lowercased()) { return field }
    let names = JobFilter.Field.allCases.map { $0 == .args ? "args.KEY" : $0.rawValue }
    let question = DidYouMean.question(
      about: name, among: JobFilter.Field.allCases.map(\.rawValue))
    throw JobFilterError(
      text, at: start,
      "'\(name.prefix(40))' is no field.\(question) There are \(names.joined(separator: ", ")).")
  }

  private mutating func path(of field: JobFilter.Field) throws(JobFilterError) -> [String] {
    var path: [String] = []
    while peek == "." {
      guard field == .args else {
        throw wrong("only args has keys; write \(field.rawValue):value.")
      }
      index += 1
      let key =
        peek == "\"" ? try takeQuoted() : takePlain { $0 == "." || $0 == ":" || $0.isWhitespace }
      guard !key.isEmpty else { throw wrong("a key is missing; write args.key:value.") }
      path.append(key)
    }
    if field == .args, path.isEmpty { throw wrong("say which of the args: args.key:value.") }
    return path
  }

  private mutating func values(of field: JobFilter.Field) throws(JobFilterError) -> [Value] {
    var values: [Value] = []
    while true {
      let start = index
      var value: Value
      if peek == "\"" {
        value = Value(text: try takeQuoted(), isQuoted: true, isPrefix: false, position: start)
        if peek == "*" {
          index += 1
          value.isPrefix = true
        }
      } else {
        var plain = takePlain { $0 == "," || $0.isWhitespace }
        let isPrefix = plain.hasSuffix("*")
        if isPrefix, field.takesPatterns { plain.removeLast() }
        value = Value(
          text: plain, isQuoted: false, isPrefix: isPrefix && field.takesPatterns, position: start)
        // `queue:*`: any that begins with nothing.
        if value.isPrefix, plain.isEmpty { value.isQuoted = true }
      }
      values.append(value)
      guard peek == "," else { break }
      index += 1
    }
    if let character = peek, !character.isWhitespace {
      throw wrong("after a text in quotes a space or a comma is due.")
    }
    return values
  }

  private mutating func takePlain(until isEnd: (Character) -> Bool) -> String {
    let start = index
    while let character = peek, !isEnd(character) { index += 1 }
    return String(characters[start..<index])
  }

  private mutating func takeQuoted() throws(JobFilterError) -> String {
    let start = index
    index += 1
    var taken = ""
    while let character = peek {
      index += 1
      switch character {
      case "\"": return taken
      case "\\":
        guard let escaped = peek else { break }
        taken.append(escaped)
        index += 1
      default: taken.append(character)
      }
    }
    throw JobFilterError(text, at: start, "the quote that opens here is never closed.")
  }
}

extension JobFilter.Field {
  /// Whether a star at the end means "begins with".
  fileprivate var takesPatterns: Bool {
    switch self {
    case .queue, .handler, .type: true
    case .status, .hold, .resource, .uuid, .error, .priority, .before, .after, .node, .args: false
    }
  }
}
