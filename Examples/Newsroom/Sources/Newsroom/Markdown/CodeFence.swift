/// The line that opens fenced code: three or more backticks or tildes, and perhaps a language.
struct CodeFence {
  let language: String
  private let mark: Character
  private let length: Int
  private let indent: Int

  init?(_ line: Line) {
    guard line.indent < 4, let mark = line.content.first, mark == "`" || mark == "~" else {
      return nil
    }
    length = line.content.prefix { $0 == mark }.count
    let info = line.content.dropFirst(length).trimmingSpaces
    guard length >= 3, mark == "~" || !info.contains("`") else { return nil }
    language = info.split(separator: " ").first.map(String.init) ?? ""
    indent = line.indent
    self.mark = mark
  }

  func isClosed(by line: Line) -> Bool {
    let run = line.content.prefix { $0 == mark }.count
    return line.indent < 4 && run >= length && line.content.dropFirst(run).trimmingSpaces.isEmpty
  }

  /// The code of a line: it loses the indentation that the fence itself has.
  func code(_ line: Line) -> String {
    line.outdented(by: indent).text
  }
}
