import Carillon

/// One thing known of a record: a label, and a text beside it over as many lines as it needs.
struct Fact {
  let label: String
  let text: String
  let style: Style

  private static let labelWidth = 12

  init(_ label: String, _ text: String, _ style: Style = .plain) {
    self.label = label
    self.text = text
    self.style = style
  }

  func lines(on screen: Screen) -> [String] {
    let indent = String(repeating: " ", count: 2 + Fact.labelWidth + 1)
    let room = screen.width.map { max(20, $0 - indent.count) } ?? .max
    let shown = text.harmlessLines.split(separator: "\n", omittingEmptySubsequences: false)
      .flatMap { String($0).wrapped(to: room) }
    return shown.enumerated().map { index, line in
      let head =
        index == 0 ? "  \(screen.styled(label.padded(to: Fact.labelWidth), .dim)) " : indent
      return head + screen.styled(line, style)
    }
  }

  /// JSON under a title, after an empty line.
  static func block(_ title: String, _ json: JSONValue, on screen: Screen) -> [String] {
    ["", screen.styled(title, .bold)]
      + harmlessJSON(json.prettyJSON).split(separator: "\n").map { "  \($0)" }
  }
}
