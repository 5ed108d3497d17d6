/// Reads emphasis, code, links, images and breaks from the text of one block.
///
/// One pass cuts the text into pieces; each `]` looks back for its `[`, and the runs of `*` and
/// `_` are paired by `EmphasisResolver` once the pieces between two brackets, or all, are known.
struct InlineParser {
  /// Brackets that are open at once; more are read as text.
  static let deepest = 64

  private let characters: [Character]
  private var position = 0
  private var pieces: [InlinePiece] = []
  /// Where the open brackets stand in `pieces`.
  private var brackets: [Bracket] = []
  private var text = ""
  /// Lengths of backtick runs that are known to have no partner further on.
  private var lonelyTicks: Set<Int> = []

  private struct Bracket {
    let piece: Int
    let isImage: Bool
    /// False inside a link: links hold no links.
    var mayLink = true
  }

  static func parse(_ text: String) -> [Inline] {
    var parser = InlineParser(characters: Array(text))
    return parser.parse()
  }

  private init(characters: [Character]) {
    self.characters = characters
  }

  private mutating func parse() -> [Inline] {
    while position < characters.count {
      switch characters[position] {
      case "\\": readEscape()
      case "`": readCode()
      case "*", "_": readRun()
      case "!" where character(at: position + 1) == "[": openBracket(isImage: true)
      case "[": openBracket(isImage: false)
      case "]": closeBracket()
      case "<": readAutolink()
      case "\n": readBreak()
      default: take()
      }
    }
    endText()
    return EmphasisResolver.resolve(pieces[...])
  }

  private func character(at index: Int) -> Character? {
    characters.indices.contains(index) ? characters[index] : nil
  }

  private mutating func take() {
    text.append(characters[position])
    position += 1
  }

  private mutating func endText() {
    guard !text.isEmpty else { return }
    pieces.append(.inline(.text(text)))
    text = ""
  }

  private mutating func add(_ inline: Inline) {
    endText()
    pieces.append(.inline(inline))
  }
}

// MARK: - Escapes, code, breaks

extension InlineParser {
  private mutating func readEscape() {
    position += 1
    guard let next = character(at: position) else {
      text.append("\\")
      return
    }
    if next == "\n" {
      add(.hardBreak)
      position += 1
    } else {
      if !next.isASCIIPunctuation { text.append("\\") }
      take()
    }
  }

  private mutating func readCode() {
    let length = runLength(of: "`", at: position)
    var end = position + length
    guard !lonelyTicks.contains(length) else { return takeTicks(length) }
    while end < characters.count {
      guard characters[end] == "`" else {
        end += 1
        continue
      }
      let closing = runLength(of: "`", at: end)
      if closing == length {
        add(.code(Self.code(characters[position + length..<end])))
        position = end + length
        return
      }
      end += closing
    }
    lonelyTicks.insert(length)
    takeTicks(length)
  }

  private mutating func takeTicks(_ length: Int) {
    text += String(repeating: "`", count: length)
    position += length
  }

  /// Line ends become spaces, and one space of padding goes: ``` `` ` `` ``` is a backtick.
  private static func code(_ characters: ArraySlice<Character>) -> String {
    let code = characters.map { $0 == "\n" ? " " : $0 }
    let isPadded = code.first == " " && code.last == " " && code.contains { $0 != " " }
    return isPadded ? String(code.dropFirst().dropLast()) : String(code)
  }

  private mutating func readBreak() {
    let spaces = text.reversed().prefix { $0 == " " }.count
    text.removeLast(spaces)
    add(spaces >= 2 ? .hardBreak : .softBreak)
    position += 1
  }

  private func runLength(of mark: Character, at start: Int) -> Int {
    characters[start...].prefix { $0 == mark }.count
  }

  private mutating func readRun() {
    let mark = characters[position]
    let length = runLength(of: mark, at: position)
    let run = DelimiterRun(
      mark: mark, length: length,
      before: character(at: position - 1), after: character(at: position + length))
    endText()
    pieces.append(.run(run))
    position += length
  }
}

// MARK: - Links and images

extension InlineParser {
  private mutating func openBracket(isImage: Bool) {
    let mark = isImage ? "![" : "["
    if brackets.count < Self.deepest {
      add(.text(mark))
      brackets.append(Bracket(piece: pieces.count - 1, isImage: isImage))
    } else {
      text += mark
    }
    position += mark.count
  }

  private mutating func closeBracket() {
    guard let bracket = brackets.popLast(), bracket.isImage || bracket.mayLink,
      let target = LinkTarget.parse(characters, at: position + 1)
    else { return take() }
    endText()
    let children = EmphasisResolver.resolve(pieces[(bracket.piece + 1)...])
    pieces.removeSubrange(bracket.piece...)
    if bracket.isImage {
      let alternative = children.plainText
      add(.image(source: target.destination, title: target.title, alternative: alternative))
    } else {
      add(.link(destination: target.destination, title: target.title, children))
      for index in brackets.indices { brackets[index].mayLink = false }
    }
    position = target.end
  }

  /// `<https://example.org>` is a link to itself.
  private mutating func readAutolink() {
    let rest = characters[(position + 1)...]
    guard let end = rest.firstIndex(where: { $0 == ">" || $0.isWhitespace || $0 == "<" }),
      characters[end] == ">"
    else { return take() }
    let address = String(rest[..<end])
    guard address.hasPrefix("https://") || address.hasPrefix("http://") else { return take() }
    add(.link(destination: address, title: nil, [.text(address)]))
    position = end + 1
  }
}

extension Character {
  var isASCIIPunctuation: Bool {
    isASCII && (isPunctuation || isSymbol)
  }
}
