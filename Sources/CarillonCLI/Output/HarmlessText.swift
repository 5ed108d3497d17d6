extension String {
  /// The text without characters that act on a terminal or turn the text around them: those are
  /// written out, `\u{1b}`. Everything that comes from a row, a file or a flag goes through here.
  var harmless: String { escaped(keepingLines: false) }

  /// As `harmless`, but lines stay lines, for text that is shown as a block.
  var harmlessLines: String { escaped(keepingLines: true) }

  private func escaped(keepingLines: Bool) -> String {
    guard unicodeScalars.contains(where: { !$0.isHarmless }) else { return self }
    var text = ""
    for scalar in unicodeScalars {
      if scalar.isHarmless || (keepingLines && scalar == "\n") {
        text.unicodeScalars.append(scalar)
      } else {
        switch scalar {
        case "\n": text += "\\n"
        case "\r": text += "\\r"
        case "\t": text += keepingLines ? "  " : "\\t"
        default: text += "\\u{\(String(scalar.value, radix: 16))}"
        }
      }
    }
    return text
  }
}

extension Unicode.Scalar {
  /// Whether it does nothing but show itself.
  fileprivate var isHarmless: Bool {
    if isASCII { return value >= 0x20 && value != 0x7F }
    switch properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned, .surrogate:
      return false
    // A joiner only makes one emoji of several.
    case .format: return value == 0x200D
    case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter,
      .nonspacingMark, .spacingMark, .enclosingMark, .decimalNumber, .letterNumber, .otherNumber,
      .connectorPunctuation, .dashPunctuation, .openPunctuation, .closePunctuation,
      .initialPunctuation, .finalPunctuation, .otherPunctuation, .mathSymbol, .currencySymbol,
      .modifierSymbol, .otherSymbol, .spaceSeparator:
      return true
    @unknown default: return false
    }
  }

  /// Whether JSON may hold it as it is when a person looks at it.
  fileprivate var isHarmlessInJSON: Bool { isHarmless || value == 0x0A }
}

/// JSON text for a stream that may be a terminal: what could act on one is written as `\u…`, which
/// says the same. Such characters only ever stand within strings.
func harmlessJSON(_ json: String) -> String {
  guard json.unicodeScalars.contains(where: { !$0.isHarmlessInJSON }) else { return json }
  var text = ""
  for scalar in json.unicodeScalars {
    if scalar.isHarmlessInJSON {
      text.unicodeScalars.append(scalar)
    } else {
      for unit in String(scalar).utf16 {
        let hex = String(unit, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
      }
    }
  }
  return text
}
