import Testing

/// A page taken apart strictly: every tag closed, every attribute in quotes, no stray `<`.
struct Page {
  struct Element: Sendable {
    let name: String
    let attributes: [String: String]
  }

  private static let void: Set = ["meta", "link", "input", "br", "hr", "img"]

  private(set) var elements: [Element] = []
  /// What is between the tags, as it is written.
  private(set) var text = ""
  private(set) var flaws: [String] = []

  init(_ html: String) {
    var rest = Substring(html)
    var open: [String] = []
    while let character = rest.first {
      guard character == "<" else {
        let end = rest.firstIndex(of: "<") ?? rest.endIndex
        text += rest[..<end]
        rest = rest[end...]
        continue
      }
      rest = rest.dropFirst()
      if rest.hasPrefix("!DOCTYPE html>") {
        rest = rest.dropFirst("!DOCTYPE html>".count)
      } else if rest.hasPrefix("/") {
        let name = String(rest.dropFirst().prefix { $0 != ">" })
        rest = rest.dropFirst(name.count + 2)
        if open.popLast() != name { flaws.append("</\(name.prefix(40))> closes nothing") }
      } else {
        let element = Page.tag(&rest, &flaws)
        elements.append(element.0)
        if !element.isClosed, !Page.void.contains(element.0.name) { open.append(element.0.name) }
      }
      if flaws.count > 5 { return }
    }
    if !open.isEmpty { flaws.append("\(open) aren't closed") }
    let ids = elements.compactMap { $0.attributes["id"] }
    let twice = Dictionary(grouping: ids) { $0 }.filter { $0.value.count > 1 }.keys
    if !twice.isEmpty { flaws.append("these ids stand twice: \(twice.sorted().prefix(5))") }
  }

  private static func tag(
    _ rest: inout Substring, _ flaws: inout [String]
  ) -> (Element, isClosed: Bool) {
    let name = String(rest.prefix { $0.isLetter || $0.isNumber })
    if name.isEmpty { flaws.append("a stray < before \(rest.prefix(40))") }
    rest = rest.dropFirst(name.count)
    var attributes: [String: String] = [:]
    while true {
      rest = rest.drop { $0.isWhitespace }
      if rest.hasPrefix("/>") {
        rest = rest.dropFirst(2)
        return (Element(name: name, attributes: attributes), true)
      }
      guard let first = rest.first, first != ">" else {
        rest = rest.dropFirst()
        return (Element(name: name, attributes: attributes), false)
      }
      let key = String(rest.prefix { $0.isLetter || $0 == "-" || $0.isNumber })
      guard !key.isEmpty else {
        flaws.append("<\(name)> has no attribute at \(rest.prefix(40))")
        rest = rest.dropFirst()
        return (Element(name: name, attributes: attributes), false)
      }
      rest = rest.dropFirst(key.count)
      var value = ""
      if rest.hasPrefix("=\"") {
        // By scalars: a quote with an accent is a quote.
        let scalars = rest.unicodeScalars.dropFirst(2)
        let end = scalars.firstIndex(of: "\"") ?? scalars.endIndex
        value = String(scalars[..<end])
        rest = Substring(scalars[end...].dropFirst())
      }
      if attributes.updateValue(value, forKey: key) != nil { flaws.append("\(key) stands twice") }
    }
  }

  func all(_ name: String) -> [Element] { elements.filter { $0.name == name } }
}
