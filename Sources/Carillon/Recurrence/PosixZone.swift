/// The rule for the years after a zone file's last transition: a POSIX TZ string, with the wider
/// hours of RFC 8536 (`<-02>2<-01>,M3.5.0/-1,M10.5.0/0`).
struct PosixZone {
  /// The day on which the clocks change, and the second of that day, in local time before it.
  private struct Change {
    enum Day {
      /// 1 to 365, without 29 February.
      case julian(Int)
      /// 0 to 365.
      case ordinal(Int)
      /// Month, week (5 is the last) and weekday (0 is Sunday).
      case weekday(month: Int, week: Int, day: Int)
    }

    let day: Day
    let second: Int

    /// In seconds since the epoch, local.
    func moment(in year: Int) -> Int {
      let days: Int
      switch day {
      case .julian(let number):
        let leap = daysInMonth(2, of: year) == 29 && number >= 60
        days = daysFromCivil(year, 1, 1) + number - 1 + (leap ? 1 : 0)
      case .ordinal(let number): days = daysFromCivil(year, 1, 1) + number
      case .weekday(let month, let week, let weekday):
        let first = daysFromCivil(year, month, 1)
        let ahead = (weekday - (first + 4).dividedDown(by: 7).remainder + 7) % 7
        var day = 1 + ahead + (week - 1) * 7
        while day > daysInMonth(month, of: year) { day -= 7 }
        days = first + day - 1
      }
      return days * 86_400 + second
    }
  }

  /// Seconds east of Greenwich.
  let standard: Int
  private var summer: (offset: Int, begin: Change, end: Change)?

  init(_ text: String) throws(TZif.Malformed) {
    var scanner = Scanner(text)
    try scanner.name()
    // POSIX counts west of Greenwich.
    standard = -(try scanner.time(most: 24))
    guard !scanner.isAtEnd else { return }
    try scanner.name()
    let offset = scanner.peek == "," ? standard + 3_600 : -(try scanner.time(most: 24))
    try scanner.expect(",")
    let begin = try scanner.change()
    try scanner.expect(",")
    let end = try scanner.change()
    summer = (offset, begin, end)
    guard scanner.isAtEnd else { throw TZif.Malformed(why: "its rule goes on after its end") }
  }

  /// The changes of a year, in order, in seconds since the epoch.
  func changes(in year: Int) -> [(at: Int, offset: Int)] {
    guard let summer else { return [] }
    let begin = (at: summer.begin.moment(in: year) - standard, offset: summer.offset)
    let end = (at: summer.end.moment(in: year) - summer.offset, offset: standard)
    return begin.at < end.at ? [begin, end] : [end, begin]
  }

  private struct Scanner {
    private let text: [UInt8]
    private var position = 0

    init(_ text: String) { self.text = Array(text.utf8.prefix(200)) }

    var isAtEnd: Bool { position >= text.count }
    var peek: Character? { isAtEnd ? nil : Character(UnicodeScalar(text[position])) }

    mutating func expect(_ character: Character) throws(TZif.Malformed) {
      guard peek == character else {
        throw TZif.Malformed(why: "its rule lacks '\(character)'")
      }
      position += 1
    }

    mutating func name() throws(TZif.Malformed) {
      let begin = position
      if peek == "<" {
        while let character = peek, character != ">" { position += 1 }
        try expect(">")
      } else {
        while let character = peek, character.isLetter { position += 1 }
      }
      guard position > begin else { throw TZif.Malformed(why: "its rule lacks a name") }
    }

    mutating func number() throws(TZif.Malformed) -> Int {
      let begin = position
      var value = 0
      while let digit = peek?.wholeNumberValue, position - begin < 4 {
        value = value * 10 + digit
        position += 1
      }
      guard position > begin else { throw TZif.Malformed(why: "its rule lacks a number") }
      return value
    }

    /// `[+-]hh[:mm[:ss]]` in seconds.
    mutating func time(most hours: Int) throws(TZif.Malformed) -> Int {
      let isNegative = peek == "-"
      if peek == "-" || peek == "+" { position += 1 }
      let hour = try number()
      guard hour <= hours else { throw TZif.Malformed(why: "its rule has hour \(hour)") }
      var seconds = hour * 3_600
      for unit in [60, 1] where peek == ":" {
        position += 1
        seconds += try number() * unit
      }
      return isNegative ? -seconds : seconds
    }

    mutating func change() throws(TZif.Malformed) -> Change {
      let day: Change.Day
      switch peek {
      case "J":
        position += 1
        day = .julian(try number())
      case "M":
        position += 1
        let month = try number()
        try expect(".")
        let week = try number()
        try expect(".")
        let weekday = try number()
        guard (1...12).contains(month), (1...5).contains(week), weekday <= 6 else {
          throw TZif.Malformed(why: "its rule names no such day")
        }
        day = .weekday(month: month, week: week, day: weekday)
      default: day = .ordinal(try number())
      }
      var second = 7_200
      if peek == "/" {
        position += 1
        second = try time(most: 167)
      }
      return Change(day: day, second: second)
    }
  }
}
