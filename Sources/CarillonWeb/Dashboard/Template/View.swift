import Mustache

/// What a template shows: names and their values, with every text escaped on its way out.
///
/// Mustache's own escaping goes by characters, and a quote followed by a combining accent is one
/// character that it doesn't know: such a quote would end an attribute. So texts are escaped here, by
/// scalars, and `Templates` makes every tag a raw one.
struct View: ExpressibleByDictionaryLiteral, MustacheParent, Sendable {
  private var values: [String: ViewValue]

  init(dictionaryLiteral elements: (String, ViewValue)...) {
    values = Dictionary(elements, uniquingKeysWith: { $1 })
  }

  subscript(_ name: String) -> ViewValue? {
    get { values[name] }
    set { values[name] = newValue }
  }

  /// Takes in another view's values, which go before its own.
  mutating func merge(_ other: View) {
    values.merge(other.values) { $1 }
  }

  /// What Mustache finds under a name; an empty text is as good as none, so that sections skip it.
  func child(named name: String) -> Any? {
    switch values[name] {
    case .text(let text): text.isEmpty ? nil : text.escapedForHTML
    case .markup(let markup): markup.html.isEmpty ? nil : markup.html
    case .flag(let flag): flag
    case .list(let views): views
    case .view(let view): view
    case nil: nil
    }
  }
}

/// One value of a view.
enum ViewValue: Sendable {
  /// Anything from a row or a request.
  case text(String)
  /// HTML that was made here.
  case markup(Markup)
  case flag(Bool)
  case list([View])
  case view(View)

  /// A text that may be missing.
  static func optional(_ text: String?) -> ViewValue { .text(text ?? "") }

  /// A text that leads somewhere.
  static func link(_ text: String, to address: String) -> ViewValue {
    .markup(
      Markup(trusted: "<a href=\"\(address.escapedForHTML)\">\(text.escapedForHTML)</a>"))
  }

  /// A count, with its thousands apart.
  static func count(_ number: Int) -> ViewValue { .text(number.grouped) }
}

extension ViewValue: ExpressibleByStringLiteral, ExpressibleByStringInterpolation,
  ExpressibleByBooleanLiteral
{
  init(stringLiteral value: String) { self = .text(value) }
  init(booleanLiteral value: Bool) { self = .flag(value) }
}

/// HTML whose every part was written here or escaped here.
struct Markup: Sendable {
  fileprivate(set) var html: String

  /// HTML as it is: only for literals and what `escapedForHTML` has made.
  init(trusted html: String) { self.html = html }

  static let none = Markup(trusted: "")

  static func + (one: Markup, other: Markup) -> Markup { Markup(trusted: one.html + other.html) }
}

extension String {
  /// The text with what means something in HTML written as entities; control characters, which HTML
  /// doesn't know, as their pictures.
  var escapedForHTML: String {
    var escaped = ""
    escaped.reserveCapacity(utf8.count)
    for scalar in unicodeScalars {
      switch scalar {
      case "&": escaped += "&amp;"
      case "<": escaped += "&lt;"
      case ">": escaped += "&gt;"
      case "\"": escaped += "&quot;"
      case "'": escaped += "&#39;"
      case "\n", "\t": escaped.unicodeScalars.append(scalar)
      case "\r": escaped += "&#13;"
      case "\u{7F}": escaped += "␡"
      case "\u{0}"..."\u{1F}":
        escaped.unicodeScalars.append(Unicode.Scalar(0x2400 + scalar.value) ?? " ")
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }
}

extension BinaryInteger {
  /// The number with a thin space between its thousands: `1 234 567`.
  var grouped: String {
    let digits = Array(String(self))
    var text = ""
    for (index, digit) in digits.enumerated() {
      let left = digits.count - index
      if index > 0, left % 3 == 0, digits[index - 1] != "-" { text.append("\u{202F}") }
      text.append(digit)
    }
    return text
  }
}
