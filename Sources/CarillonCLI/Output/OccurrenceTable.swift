import Carillon

extension OccurrenceTable {
  func print(on screen: Screen, indent: String = "") {
    var table = Table([
      .init(title: "LOCAL"), .init(title: "UTC"), .init(title: "CLOCKS", narrowest: 12),
    ])
    for line in lines {
      table.add([
        .init(line.local), .init(line.nominal.shortText, .dim), .init(line.note ?? "", .yellow),
      ])
    }
    for line in table.lines(on: screen) { screen.line(indent + line) }
  }
}
