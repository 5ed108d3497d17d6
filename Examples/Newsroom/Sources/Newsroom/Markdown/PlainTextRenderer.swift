/// An article as plain text, for readers whose mail shows no HTML: lines of at most 72 columns
/// where words allow it, addresses in angle brackets.
struct PlainTextRenderer: Sendable {
  var links = LinkPolicy()
  static let width = 72

  func render(_ markdown: Markdown) -> String {
    lines(markdown.blocks, width: Self.width).joined(separator: "\n") + "\n"
  }

  /// Fills lines with words. A word that is longer than a line has one to itself.
  static func wrap(_ text: some StringProtocol, width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(whereSeparator: \.isWhitespace) {
      if line.isEmpty {
        line = String(word)
      } else if line.count + 1 + word.count <= width {
        line += " \(word)"
      } else {
        lines.append(line)
        line = String(word)
      }
    }
    return line.isEmpty ? lines : lines + [line]
  }

  private func lines(_ blocks: [Block], width: Int, apart: Bool = true) -> [String] {
    let parts = blocks.map { lines($0, width: width) }
    return Array(parts.joined(separator: apart ? [""] : []))
  }

  private func lines(_ block: Block, width: Int) -> [String] {
    switch block {
    case .heading(let level, let inlines):
      heading(text(inlines), level: level, width: width)
    case .paragraph(let inlines):
      text(inlines).split(separator: "\n").flatMap { Self.wrap($0, width: width) }
    case .code(_, let code):
      code.split(separator: "\n", omittingEmptySubsequences: false).map { "    \($0)" }
    case .quote(let blocks):
      lines(blocks, width: width - 2).map { $0.isEmpty ? ">" : "> \($0)" }
    case .list(let list): self.lines(list, width: width)
    case .rule: ["* * *"]
    }
  }

  private func heading(_ text: String, level: Int, width: Int) -> [String] {
    let lines = Self.wrap(text, width: width)
    let length = lines.map(\.count).max() ?? 0
    return lines + [String(repeating: level == 1 ? "=" : "-", count: length)]
  }

  private func lines(_ list: Block.List, width: Int) -> [String] {
    let items = list.items.enumerated().map { offset, blocks in
      let mark = list.start.map { "\($0 + offset). " } ?? "- "
      let indent = String(repeating: " ", count: mark.count)
      let inner = lines(blocks, width: width - mark.count, apart: !list.isTight)
      return inner.enumerated().map { index, line in
        line.isEmpty ? "" : (index == 0 ? mark : indent) + line
      }
    }
    return Array(items.joined(separator: list.isTight ? [] : [""]))
  }

  /// The text with `\n` where the author broke the line.
  private func text(_ inlines: [Inline]) -> String {
    inlines.map { inline in
      switch inline {
      case .text(let text): text
      case .code(let code): code
      case .emphasis(let children): "_\(text(children))_"
      case .strong(let children): "*\(text(children))*"
      case .link(let destination, _, let children):
        text(link: destination, children)
      case .image(_, _, let alternative): "[\(alternative)]"
      case .softBreak: " "
      case .hardBreak: "\n"
      }
    }.joined()
  }

  private func text(link destination: String, _ children: [Inline]) -> String {
    let words = text(children)
    guard let address = links.address(destination), address != words else { return words }
    return "\(words) <\(address)>"
  }
}
