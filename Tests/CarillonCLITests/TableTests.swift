import Testing

@testable import CarillonCLI

@Suite struct `A table` {
  private func lines(
    _ columns: [Table.Column], _ rows: [[Table.Cell]], width: Int? = nil, symbols: Bool = true
  ) -> [String] {
    var table = Table(columns)
    for row in rows { table.add(row) }
    return table.lines(on: Screen(sink: CapturedText(), width: width, hasSymbols: symbols))
  }

  @Test func `aligns text on the left and numbers on the right`() {
    let lines = lines(
      [.init(title: "NAME"), .init(title: "COUNT", isNumber: true), .init(title: "NOTE")],
      [["default", "7", "x"], ["mail", "1234567", "y"]])
    #expect(
      lines == [
        "NAME       COUNT  NOTE",
        "default        7  x",
        "mail     1234567  y",
      ])
  }

  @Test func `has no spaces at the end of a line`() {
    let lines = lines([.init(title: "A"), .init(title: "B")], [["x", ""], ["y", "long"]])
    #expect(lines == ["A  B", "x", "y  long"])
  }

  @Test func `cuts the widest column that may be cut, and marks it`() {
    let columns: [Table.Column] = [.init(title: "ID"), .init(title: "TYPE", narrowest: 4)]
    let rows: [[Table.Cell]] = [["0123456789", "publish_post"]]
    #expect(lines(columns, rows, width: 20)[1] == "0123456789  publish…")
    #expect(lines(columns, rows, width: 20, symbols: false)[1] == "0123456789  publish~")
  }

  @Test func `leaves columns out in the order they ask for when cutting isn't enough`() {
    let columns: [Table.Column] = [
      .init(title: "ID"), .init(title: "FIRST", leftOut: 2), .init(title: "LATER", leftOut: 1),
    ]
    #expect(lines(columns, [["1234", "abc", "def"]], width: 12)[0] == "ID    LATER")
    #expect(lines(columns, [["1234", "abc", "def"]], width: 5)[0] == "ID")
    #expect(lines(columns, [["1234", "abc", "def"]])[0] == "ID    FIRST  LATER")
  }

  @Test func `leaves out a column in which no row has anything`() {
    #expect(lines([.init(title: "A"), .init(title: "B")], [["x", ""]]) == ["A", "x"])
  }

  @Test func `counts wide and combining characters as the terminal does`() {
    #expect("日本".displayWidth == 4)
    #expect("e\u{301}x".displayWidth == 2)
    #expect("👩‍👩‍👧".displayWidth == 2)
    #expect("日本語".fitted(to: 5) == "日本…")
    let lines = lines([.init(title: "A"), .init(title: "B")], [["日本", "x"], ["ab", "y"]])
    #expect(lines == ["A     B", "日本  x", "ab    y"])
  }

  @Test func `renders what could act on a terminal harmless`() {
    let lines = lines([.init(title: "A")], [["a\u{1B}[2Jb\u{202E}c\n\u{9B}d\u{0}"]])
    #expect(lines[1] == "a\\u{1b}[2Jb\\u{202e}c\\n\\u{9b}d\\u{0}")
  }

  @Test func `has colour only where the screen has`() {
    var table = Table([.init(title: "A")])
    table.add([.init("x", .red)])
    let coloured = Screen(sink: CapturedText(), hasColour: true)
    #expect(table.lines(on: coloured)[1] == "\u{1B}[31mx\u{1B}[0m")
    #expect(table.lines(on: Screen(sink: CapturedText()))[1] == "x")
  }
}

@Suite struct `A screen` {
  @Test func `has colour on a terminal, unless NO_COLOR or TERM say otherwise`() {
    #expect(Screen.wantsColour(isTerminal: true, [:]))
    #expect(!Screen.wantsColour(isTerminal: false, [:]))
    #expect(!Screen.wantsColour(isTerminal: true, ["NO_COLOR": "1"]))
    #expect(Screen.wantsColour(isTerminal: true, ["NO_COLOR": ""]))
    #expect(!Screen.wantsColour(isTerminal: true, ["TERM": "dumb"]))
  }

  @Test func `has colour without a terminal when CLICOLOR_FORCE asks for it and NO_COLOR doesn't`()
  {
    #expect(Screen.wantsColour(isTerminal: false, ["CLICOLOR_FORCE": "1"]))
    #expect(!Screen.wantsColour(isTerminal: false, ["CLICOLOR_FORCE": "0"]))
    #expect(!Screen.wantsColour(isTerminal: false, ["CLICOLOR_FORCE": "1", "NO_COLOR": "1"]))
  }

  @Test func `keeps to ASCII where the locale is C`() {
    #expect(Screen.takesSymbols([:]))
    #expect(Screen.takesSymbols(["LANG": "de_DE.UTF-8"]))
    #expect(!Screen.takesSymbols(["LANG": "C"]))
    #expect(!Screen.takesSymbols(["LC_ALL": "POSIX", "LANG": "de_DE.UTF-8"]))
  }

  @Test func `gets JSON whose strings can't act on it, and which says the same`() throws {
    let json = "{\"a\":\"\u{9B}\u{202E}x\u{E0041}é\"}"
    #expect(harmlessJSON(json) == "{\"a\":\"\\u009b\\u202ex\\udb40\\udc41é\"}")
  }
}
