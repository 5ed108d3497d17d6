/// A part of a line of text.
indirect enum Inline: Sendable, Equatable {
  case text(String)
  case emphasis([Inline])
  case strong([Inline])
  case code(String)
  case link(destination: String, title: String?, [Inline])
  case image(source: String, title: String?, alternative: String)
  case softBreak
  case hardBreak
}

extension [Inline] {
  /// The words alone, as for an image's alternative text.
  var plainText: String {
    map { inline in
      switch inline {
      case .text(let text), .code(let text): text
      case .emphasis(let children), .strong(let children), .link(_, _, let children):
        children.plainText
      case .image(_, _, let alternative): alternative
      case .softBreak, .hardBreak: " "
      }
    }.joined()
  }

  /// Appends, joining text to text, so that "a * b" is one piece and not three.
  mutating func add(_ inline: Inline) {
    if case .text(let more) = inline, case .text(let text)? = last {
      self[count - 1] = .text(text + more)
    } else {
      append(inline)
    }
  }
}
