/// A run of `*` or `_`, and whether emphasis may begin or end there.
struct DelimiterRun: Sendable, Equatable {
  let mark: Character
  var length: Int
  let mayOpen: Bool
  let mayClose: Bool
  /// The length as written: whether two runs may pair depends on it.
  let written: Int

  init(mark: Character, length: Int, before: Character?, after: Character?) {
    self.mark = mark
    self.length = length
    written = length
    let opens = Self.touches(after, beyond: before)
    let closes = Self.touches(before, beyond: after)
    if mark == "_" {
      // snake_case_names have no emphasis in them.
      mayOpen = opens && (!closes || Self.isPunctuation(before))
      mayClose = closes && (!opens || Self.isPunctuation(after))
    } else {
      mayOpen = opens
      mayClose = closes
    }
  }

  /// CommonMark's rule of three: `**a*` and `*a**` don't pair across a run that could do both.
  func pairs(with closer: DelimiterRun) -> Bool {
    guard mark == closer.mark, mayOpen, closer.mayClose else { return false }
    let eitherWay = mayClose || closer.mayOpen
    let sumIsOdd = (written + closer.written) % 3 != 0
    let bothAreThrees = written % 3 == 0 && closer.written % 3 == 0
    return !eitherWay || sumIsOdd || bothAreThrees
  }

  /// Does the run lean on the character of one side, seen from the other?
  private static func touches(_ side: Character?, beyond other: Character?) -> Bool {
    guard let side, !side.isWhitespace else { return false }
    guard isPunctuation(side) else { return true }
    return other.map(\.isWhitespace) ?? true || isPunctuation(other)
  }

  private static func isPunctuation(_ character: Character?) -> Bool {
    character.map { $0.isPunctuation || $0.isSymbol } ?? false
  }
}

/// What the first pass of the inline parser makes of the text.
enum InlinePiece: Sendable, Equatable {
  case inline(Inline)
  case run(DelimiterRun)
}
