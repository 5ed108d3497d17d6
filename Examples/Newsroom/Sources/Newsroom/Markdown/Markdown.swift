/// An article's text: parsed once, then shown as HTML or as plain text.
///
/// The dialect is the common part of CommonMark: headings, paragraphs, emphasis, code, links,
/// images, fenced and indented code, quotes, nested lists, rules, hard breaks and backslash
/// escapes. HTML has no meaning in it: what looks like a tag is shown as typed.
struct Markdown: Sendable, Equatable {
  let blocks: [Block]

  init(_ source: String) {
    blocks = BlockParser.parse(source)
  }

  /// How many words a reader will read.
  var wordCount: Int { Self.words(in: blocks) }

  /// Where the images are, as written.
  var imageSources: [String] { Self.inlines(in: blocks).flatMap(Self.images) }

  private static func words(in blocks: [Block]) -> Int {
    blocks.reduce(0) { sum, block in
      switch block {
      case .heading(_, let inlines), .paragraph(let inlines):
        sum + inlines.plainText.split(whereSeparator: \.isWhitespace).count
      case .quote(let blocks): sum + words(in: blocks)
      case .list(let list): sum + list.items.reduce(0) { $0 + words(in: $1) }
      case .code, .rule: sum
      }
    }
  }

  private static func inlines(in blocks: [Block]) -> [Inline] {
    blocks.flatMap { block -> [Inline] in
      switch block {
      case .heading(_, let inlines), .paragraph(let inlines): inlines
      case .quote(let blocks): inlines(in: blocks)
      case .list(let list): list.items.flatMap(inlines)
      case .code, .rule: []
      }
    }
  }

  private static func images(in inline: Inline) -> [String] {
    switch inline {
    case .image(let source, _, _): [source]
    case .emphasis(let children), .strong(let children), .link(_, _, let children):
      children.flatMap(images)
    case .text, .code, .softBreak, .hardBreak: []
    }
  }
}
