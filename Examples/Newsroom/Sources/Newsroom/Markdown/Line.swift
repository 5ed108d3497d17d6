/// One line of a source, with its indentation measured. Tabs in the indentation count as stops of
/// four columns.
struct Line: Sendable, Equatable {
  let indent: Int
  /// The line from its first character that isn't a space.
  let content: Substring

  init(_ raw: some StringProtocol) {
    var indent = 0
    var rest = Substring(raw)
    while let first = rest.first, first == " " || first == "\t" {
      indent += first == "\t" ? 4 - indent % 4 : 1
      rest = rest.dropFirst()
    }
    self.init(indent: indent, content: rest)
  }

  private init(indent: Int, content: Substring) {
    self.indent = indent
    self.content = content
  }

  var isBlank: Bool { content.isEmpty }

  /// The line as it was, its indentation in spaces.
  var text: String { String(repeating: " ", count: indent) + content }

  /// Without that many columns of its indentation.
  func outdented(by columns: Int) -> Line {
    Line(indent: max(0, indent - columns), content: content)
  }
}

extension Line {
  /// `# Heading`: its level and its text, without closing hashes.
  var heading: (level: Int, text: String)? {
    let level = content.prefix { $0 == "#" }.count
    guard indent < 4, (1...6).contains(level) else { return nil }
    let rest = content.dropFirst(level)
    guard rest.isEmpty || rest.first == " " || rest.first == "\t" else { return nil }
    var text = rest.trimmingSpaces
    let unhashed = text.reversed().drop { $0 == "#" }
    if unhashed.isEmpty {
      text = ""
    } else if unhashed.first == " " {
      text = String(unhashed.reversed()).trimmingSpaces
    }
    return (level, text)
  }

  /// Under a paragraph, `===` makes it a heading of level 1 and `---` one of level 2.
  var underlineLevel: Int? {
    let text = content.trimmingSpaces
    guard indent < 4, let first = text.first, text.allSatisfy({ $0 == first }) else { return nil }
    return switch first {
    case "=": 1
    case "-": 2
    default: nil
    }
  }

  /// `---`, `* * *`, `___`.
  var isRule: Bool {
    let marks = content.filter { $0 != " " && $0 != "\t" }
    guard indent < 4, marks.count >= 3, let first = marks.first else { return false }
    return "-*_".contains(first) && marks.allSatisfy { $0 == first }
  }

  /// What is quoted, if the line begins with `>`.
  var quoted: Line? {
    guard indent < 4, content.first == ">" else { return nil }
    let rest = content.dropFirst()
    return Line(rest.first == " " ? rest.dropFirst() : rest)
  }

  /// Does something else than a paragraph begin here?
  var beginsBlock: Bool {
    heading != nil || isRule || quoted != nil || CodeFence(self) != nil
      || ListMarker(self)?.interruptsParagraph == true
  }
}

extension StringProtocol {
  var trimmingSpaces: String {
    let start = drop { $0 == " " || $0 == "\t" }
    let end = start.reversed().drop { $0 == " " || $0 == "\t" }
    return String(end.reversed())
  }
}
