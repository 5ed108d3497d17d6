/// What follows a link's `]`: `(destination)`, `(destination "title")` or `(<destination>)`.
struct LinkTarget {
  let destination: String
  let title: String?
  /// The first position after the closing parenthesis.
  let end: Int

  static func parse(_ characters: [Character], at start: Int) -> LinkTarget? {
    var reader = Reader(characters: characters, position: start)
    return reader.target()
  }

  private struct Reader {
    let characters: [Character]
    var position: Int

    var current: Character? {
      position < characters.count ? characters[position] : nil
    }

    mutating func target() -> LinkTarget? {
      guard current == "(" else { return nil }
      position += 1
      skipSpace()
      guard let destination = current == "<" ? bracketed() : bare() else { return nil }
      let isApart = current?.isWhitespace == true
      skipSpace()
      var title: String?
      if current != ")" {
        title = self.title()
        guard isApart, title != nil else { return nil }
        skipSpace()
      }
      guard current == ")" else { return nil }
      return LinkTarget(destination: destination, title: title, end: position + 1)
    }

    private mutating func skipSpace() {
      while current?.isWhitespace == true { position += 1 }
    }

    private mutating func bracketed() -> String? {
      position += 1
      return text(until: ">", stoppingAt: { $0 == "\n" || $0 == "<" })
    }

    private mutating func title() -> String? {
      guard let quote = current, quote == "\"" || quote == "'" else { return nil }
      position += 1
      return text(until: quote, stoppingAt: { _ in false })
    }

    private mutating func text(until end: Character, stoppingAt stops: (Character) -> Bool)
      -> String?
    {
      var text = ""
      while let character = current {
        if character == end {
          position += 1
          return text
        }
        if stops(character) { return nil }
        text.append(unescaped())
      }
      return nil
    }

    /// Without spaces, and with as many closing parentheses as opening ones.
    private mutating func bare() -> String? {
      var text = ""
      var open = 0
      while let character = current, !character.isWhitespace {
        if character == "(" { open += 1 }
        if character == ")" {
          if open == 0 { break }
          open -= 1
        }
        text.append(unescaped())
      }
      return open == 0 ? text : nil
    }

    /// The current character, or the one that a backslash here protects; moves past it.
    private mutating func unescaped() -> Character {
      let character = characters[position]
      position += 1
      if character == "\\", let next = current, next.isASCIIPunctuation {
        position += 1
        return next
      }
      return character
    }
  }
}
