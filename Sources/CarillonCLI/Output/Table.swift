/// Rows under headings, as wide as they need to be and no wider than the screen.
struct Table {
  struct Column {
    let title: String
    /// Numbers stand on the right.
    var isNumber = false
    /// Down to how many columns it may be cut; nil: never.
    var narrowest: Int?
    /// Those with the greatest number are left out first where there isn't room; nil: never.
    var leftOut: Int?
  }

  struct Cell: ExpressibleByStringLiteral {
    let text: String
    let style: Style

    /// Any text: it is made harmless here.
    init(_ text: String, _ style: Style = .plain) {
      self.text = text.harmless
      self.style = style
    }

    init(stringLiteral text: String) { self.init(text) }
  }

  let columns: [Column]
  var rows: [[Cell]] = []

  private static let gap = 2

  init(_ columns: [Column]) { self.columns = columns }

  mutating func add(_ cells: [Cell]) { rows.append(cells) }

  /// The lines, headings first.
  func lines(on screen: Screen) -> [String] {
    let natural = columns.indices.map { index in
      max(columns[index].title.displayWidth, rows.map { $0[index].text.displayWidth }.max() ?? 0)
    }
    // A column in which no row has anything says nothing.
    let filled = columns.indices.filter { index in
      rows.isEmpty || rows.contains { !$0[index].text.isEmpty }
    }
    let layout = Table.layout(
      columns: columns, shown: filled, natural: natural, width: screen.width)
    let ellipsis = screen.hasSymbols ? "…" : "~"
    func line(_ cell: (Int) -> Cell) -> String {
      var line = ""
      // Spaces are owed until something follows, so that no line ends in them.
      var owed = 0
      for (index, width) in layout {
        let cell = cell(index)
        let text = cell.text.fitted(to: width, ellipsis: ellipsis)
        let space = max(0, width - text.displayWidth)
        if columns[index].isNumber { owed += space }
        if !text.isEmpty {
          line += String(repeating: " ", count: owed) + screen.styled(text, cell.style)
          owed = 0
        }
        owed += Table.gap + (columns[index].isNumber ? 0 : space)
      }
      return line
    }
    return [line { Cell(columns[$0].title, .bold) }] + rows.map { row in line { row[$0] } }
  }

  func print(on screen: Screen) {
    for line in lines(on: screen) { screen.line(line) }
  }

  /// Which columns are shown, and how wide: first some are cut, then some are left out.
  static func layout(
    columns: [Column], shown: [Int], natural: [Int], width: Int?
  ) -> [(index: Int, width: Int)] {
    var shown = shown
    while true {
      var widths = natural
      let excess: Int
      if let width {
        excess = shown.map { widths[$0] }.reduce(0, +) + gap * (shown.count - 1) - width
      } else {
        excess = 0
      }
      let cut = cutting(excess, from: &widths, columns: columns, shown: shown)
      let candidates = shown.filter { columns[$0].leftOut != nil }
      let next = candidates.max { (columns[$0].leftOut ?? 0) < (columns[$1].leftOut ?? 0) }
      guard !cut, let next else { return shown.map { ($0, widths[$0]) } }
      shown.removeAll { $0 == next }
    }
  }

  /// Takes `excess` columns away, one at a time, from the widest that may be cut.
  private static func cutting(
    _ excess: Int, from widths: inout [Int], columns: [Column], shown: [Int]
  ) -> Bool {
    for _ in 0..<max(0, excess) {
      let cuttable = shown.filter { index in
        columns[index].narrowest.map { widths[index] > $0 } ?? false
      }
      guard let widest = cuttable.max(by: { widths[$0] < widths[$1] }) else { return false }
      widths[widest] -= 1
    }
    return true
  }
}
