/// What begins a list's item: `-`, `*`, `+`, `1.` or `1)`, and a space.
struct ListMarker {
  /// Items with different signs belong to different lists.
  let sign: Character
  /// The number of an ordered item.
  let number: Int?
  /// Where the item's text begins; the lines under it must reach as far to belong to it.
  let width: Int
  /// The rest of the line.
  let firstLine: Line

  init?(_ line: Line) {
    guard line.indent < 4, !line.isRule, let first = line.content.first else { return nil }
    var length = 1
    if "-*+".contains(first) {
      sign = first
      number = nil
    } else {
      // Nine digits at most, so that the number always fits.
      let digits = line.content.prefix { $0.isASCII && $0.isNumber }
      guard (1...9).contains(digits.count), let number = Int(digits),
        let after = line.content.dropFirst(digits.count).first, after == "." || after == ")"
      else { return nil }
      sign = after
      self.number = number
      length += digits.count
    }
    let rest = line.content.dropFirst(length)
    guard rest.isEmpty || rest.first == " " || rest.first == "\t" else { return nil }
    let gap = Line(rest).indent
    // Five spaces or more: the first is the gap, and the others begin indented code.
    let taken = Line(rest).isBlank || gap > 4 ? 1 : gap
    width = line.indent + length + taken
    firstLine = Line(rest).outdented(by: taken)
  }

  /// In the middle of a paragraph "1986. A good year." is no list, and nor is a lone hyphen.
  var interruptsParagraph: Bool {
    (number == nil || number == 1) && !firstLine.isBlank
  }

  func continues(_ other: ListMarker) -> Bool {
    sign == other.sign && (number == nil) == (other.number == nil)
  }
}
