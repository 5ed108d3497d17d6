/// Comma-separated values as in RFC 4180: quoted fields may hold commas, line ends and, doubled,
/// quotes. It works on Unicode scalars, because a Swift `Character` takes CR LF for one.
enum CSV {
  struct Row: Sendable, Equatable {
    /// The line of the file where the row begins, from 1.
    let line: Int
    let fields: [String]
  }

  enum Problem: Error, Equatable {
    case unclosedQuote(line: Int)
    case strayQuote(line: Int)
  }

  /// The rows of a text; blank lines are left out.
  static func rows(_ text: String) throws(Problem) -> [Row] {
    var reader = Reader(text)
    return try reader.rows()
  }

  private struct Reader {
    private let scalars: [Unicode.Scalar]
    private var position = 0
    private var line = 1

    init(_ text: String) {
      var scalars = Array(text.unicodeScalars)
      if scalars.first == "\u{FEFF}" { scalars.removeFirst() }
      self.scalars = scalars
    }

    mutating func rows() throws(Problem) -> [Row] {
      var rows: [Row] = []
      while position < scalars.count {
        let start = line
        let fields = try row()
        if fields != [""] { rows.append(Row(line: start, fields: fields)) }
      }
      return rows
    }

    private mutating func row() throws(Problem) -> [String] {
      var fields: [String] = []
      while true {
        fields.append(try field())
        guard position < scalars.count else { return fields }
        if scalars[position] == "," {
          position += 1
        } else {
          endLine()
          return fields
        }
      }
    }

    private mutating func field() throws(Problem) -> String {
      guard position < scalars.count, scalars[position] == "\"" else { return try plainField() }
      return try quotedField()
    }

    private mutating func plainField() throws(Problem) -> String {
      var text = String.UnicodeScalarView()
      while position < scalars.count, !isEnd(scalars[position]) {
        guard scalars[position] != "\"" else { throw .strayQuote(line: line) }
        text.append(scalars[position])
        position += 1
      }
      return String(text)
    }

    private mutating func quotedField() throws(Problem) -> String {
      let start = line
      var text = String.UnicodeScalarView()
      position += 1
      while position < scalars.count {
        let scalar = scalars[position]
        position += 1
        if scalar != "\"" {
          if scalar == "\n" { line += 1 }
          text.append(scalar)
        } else if position < scalars.count, scalars[position] == "\"" {
          text.append(scalar)
          position += 1
        } else {
          guard position == scalars.count || isEnd(scalars[position]) else {
            throw .strayQuote(line: line)
          }
          return String(text)
        }
      }
      throw .unclosedQuote(line: start)
    }

    private mutating func endLine() {
      if scalars[position] == "\r", position + 1 < scalars.count, scalars[position + 1] == "\n" {
        position += 1
      }
      position += 1
      line += 1
    }

    private func isEnd(_ scalar: Unicode.Scalar) -> Bool {
      scalar == "," || scalar == "\n" || scalar == "\r"
    }
  }
}
