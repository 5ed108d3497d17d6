/// Reads blocks from lines. Quotes and lists hold lines of their own, which are read the same way.
struct BlockParser {
  /// Quotes and lists deeper than this are read as text, so that no source, however odd, can
  /// exhaust the stack.
  static let deepest = 24

  private let lines: [Line]
  private let depth: Int
  private var index = 0
  private var blocks: [Block] = []
  private var paragraph: [Substring] = []

  static func parse(_ source: String) -> [Block] {
    let lines = source.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    return parse(lines.map { Line($0) }, depth: 0)
  }

  private static func parse(_ lines: [Line], depth: Int) -> [Block] {
    var parser = BlockParser(lines, depth: depth)
    return parser.parse()
  }

  private init(_ lines: [Line], depth: Int) {
    self.lines = lines
    self.depth = depth
  }

  private mutating func parse() -> [Block] {
    while index < lines.count {
      let line = lines[index]
      if line.isBlank {
        endParagraph()
        index += 1
      } else if line.indent >= 4, paragraph.isEmpty {
        readIndentedCode()
      } else if let fence = CodeFence(line) {
        readCode(in: fence)
      } else if let level = line.underlineLevel, !paragraph.isEmpty {
        add(.heading(level: level, takeParagraph()))
      } else if let (level, text) = line.heading {
        endParagraph()
        add(.heading(level: level, InlineParser.parse(text)))
      } else if line.isRule {
        endParagraph()
        add(.rule)
      } else if line.quoted != nil, depth < Self.deepest {
        readQuote()
      } else if let marker = ListMarker(line), depth < Self.deepest,
        paragraph.isEmpty || marker.interruptsParagraph
      {
        readList(from: marker)
      } else {
        paragraph.append(line.content)
        index += 1
      }
    }
    endParagraph()
    return blocks
  }

  /// A block of one line.
  private mutating func add(_ block: Block) {
    blocks.append(block)
    index += 1
  }

  private mutating func takeParagraph() -> [Inline] {
    defer { paragraph = [] }
    return InlineParser.parse(paragraph.joined(separator: "\n").trimmingSpaces)
  }

  private mutating func endParagraph() {
    if !paragraph.isEmpty { blocks.append(.paragraph(takeParagraph())) }
  }
}

// MARK: - Code

extension BlockParser {
  private mutating func readIndentedCode() {
    var code: [String] = []
    while index < lines.count, lines[index].isBlank || lines[index].indent >= 4 {
      code.append(lines[index].outdented(by: 4).text)
      index += 1
    }
    while code.last?.trimmingSpaces.isEmpty == true { code.removeLast() }
    blocks.append(.code(language: "", code.joined(separator: "\n")))
  }

  private mutating func readCode(in fence: CodeFence) {
    endParagraph()
    index += 1
    var code: [String] = []
    while index < lines.count {
      let line = lines[index]
      index += 1
      if fence.isClosed(by: line) { break }
      code.append(fence.code(line))
    }
    blocks.append(.code(language: fence.language, code.joined(separator: "\n")))
  }
}

// MARK: - Quotes and lists

extension BlockParser {
  private mutating func readQuote() {
    endParagraph()
    var inner: [Line] = []
    while index < lines.count {
      if let quoted = lines[index].quoted {
        inner.append(quoted)
      } else if Self.goesOn(inner.last, with: lines[index]) {
        inner.append(lines[index])
      } else {
        break
      }
      index += 1
    }
    blocks.append(.quote(Self.parse(inner, depth: depth + 1)))
  }

  private mutating func readList(from first: ListMarker) {
    endParagraph()
    var items: [[Block]] = []
    var isTight = true
    while index < lines.count, let marker = ListMarker(lines[index]), marker.continues(first) {
      let item = readItem(marker)
      items.append(Self.parse(item.lines, depth: depth + 1))
      if item.isLoose { isTight = false }
      if item.endsBlank, index < lines.count, ListMarker(lines[index])?.continues(first) == true {
        isTight = false
      }
    }
    blocks.append(.list(.init(start: first.number, isTight: isTight, items: items)))
  }

  /// The lines of an item; `isLoose` when a blank line parts two blocks of its own.
  private mutating func readItem(
    _ marker: ListMarker
  ) -> (lines: [Line], isLoose: Bool, endsBlank: Bool) {
    var inner = [marker.firstLine]
    var isLoose = false
    var blanks = 0
    index += 1
    while index < lines.count {
      let line = lines[index]
      if line.isBlank {
        blanks += 1
      } else if line.indent >= marker.width {
        if blanks > 0, line.indent < marker.width + 2 { isLoose = true }
        inner += Array(repeating: Line(""), count: blanks)
        inner.append(line.outdented(by: marker.width))
        blanks = 0
      } else if blanks == 0, ListMarker(line) == nil, Self.goesOn(inner.last, with: line) {
        inner.append(line)
      } else {
        break
      }
      index += 1
    }
    return (inner, isLoose, blanks > 0)
  }

  /// A paragraph inside a quote or an item may go on without its mark: "lazy continuation".
  private static func goesOn(_ previous: Line?, with line: Line) -> Bool {
    guard let previous, !previous.isBlank, !line.isBlank else { return false }
    let endsThere = previous.heading != nil || previous.isRule || CodeFence(previous) != nil
    return !endsThere && !line.beginsBlock
  }
}
