/// Reads cron expressions; every complaint says where, and what would be right.
///
/// The work is bounded by the text's length, which is bounded first: no number that is written down
/// is ever counted up to.
struct CronParser {
  /// More than any honest expression needs.
  static let longest = 1_000

  private let expression: String
  private let field: CronField
  private let characters: [Character]
  private let offset: Int
  private var position = 0

  /// Bit v is set if v matches.
  private var bits: UInt64 = 0
  private var days = CronDays()
  private var hasStar = false

  static func parse(_ text: String) throws(CronError) -> Cron {
    guard text.utf8.count <= longest else {
      throw CronError(text, at: longest, "it is longer than \(longest) bytes")
    }
    let words = self.words(of: text)
    let expression = words.map(\.text).joined(separator: " ")
    guard let first = words.first else {
      throw CronError(text, at: nil, "it is empty; write five fields, such as 0 9 * * MON-FRI")
    }
    if first.text.hasPrefix("@") { return try named(words, text) }
    guard words.count == 5 || words.count == 6 else {
      throw CronError(
        text, at: words.count > 6 ? words[6].offset : nil,
        "it has \(words.count) field\(words.count == 1 ? "" : "s"); write 5 (minute hour "
          + "day-of-month month day-of-week) or 6 (with seconds first)")
    }
    let fields = words.count == 6 ? CronField.allCases : Array(CronField.allCases.dropFirst())
    var parsers: [CronField: CronParser] = [:]
    for (field, word) in zip(fields, words) {
      var parser = CronParser(text, field, word)
      try parser.list()
      parsers[field] = parser
    }
    func bits(_ field: CronField) -> UInt64 { parsers[field]?.bits ?? 1 }
    var days = parsers[.dayOfMonth]?.days ?? CronDays()
    days.days = UInt32(truncatingIfNeeded: bits(.dayOfMonth))
    days.anyDayOfMonth = parsers[.dayOfMonth]?.hasStar ?? true
    days.weekdays = UInt32(truncatingIfNeeded: bits(.dayOfWeek))
    days.nthWeekdays = parsers[.dayOfWeek]?.days.nthWeekdays ?? 0
    days.lastWeekdays = parsers[.dayOfWeek]?.days.lastWeekdays ?? 0
    days.anyDayOfWeek = parsers[.dayOfWeek]?.hasStar ?? true
    return Cron(
      expression: expression, seconds: bits(.second), minutes: bits(.minute),
      hours: UInt32(truncatingIfNeeded: bits(.hour)),
      months: UInt32(truncatingIfNeeded: bits(.month)), days: days,
      hasWildcardHour: parsers[.hour]?.hasStar ?? false)
  }

  private typealias Word = (text: Substring, offset: Int)

  private static func words(of text: String) -> [Word] {
    var words: [Word] = []
    var start = text.startIndex
    var offset = 0
    var begin = 0
    for index in text.indices {
      if text[index] == " " || text[index] == "\t" {
        if start < index { words.append((text[start..<index], begin)) }
        start = text.index(after: index)
        begin = offset + 1
      }
      offset += 1
    }
    if start < text.endIndex { words.append((text[start...], begin)) }
    return words
  }

  private static func named(_ words: [Word], _ text: String) throws(CronError) -> Cron {
    let name = words[0].text.lowercased()
    guard words.count == 1 else {
      throw CronError(text, at: words[1].offset, "\(name) stands alone")
    }
    let meaning: String
    switch name {
    case "@yearly", "@annually": meaning = "0 0 1 1 *"
    case "@monthly": meaning = "0 0 1 * *"
    case "@weekly": meaning = "0 0 * * 0"
    case "@daily", "@midnight": meaning = "0 0 * * *"
    case "@hourly": meaning = "0 * * * *"
    case "@reboot":
      throw CronError(
        text, at: 0, "@reboot is no time; schedule the job where your program starts")
    case "@every":
      throw CronError(text, at: 0, "an interval is a recurrence of its own: write '@every 5m'")
    default:
      throw CronError(
        text, at: 0,
        "there is no \(name.prefix(20)); there are @yearly, @annually, @monthly, @weekly, @daily, "
          + "@midnight and @hourly")
    }
    var cron = try parse(meaning)
    cron = Cron(
      expression: name, seconds: cron.seconds, minutes: cron.minutes, hours: cron.hours,
      months: cron.months, days: cron.days, hasWildcardHour: cron.hasWildcardHour)
    return cron
  }

  // MARK: One field

  private init(_ expression: String, _ field: CronField, _ word: Word) {
    self.expression = expression
    self.field = field
    characters = Array(word.text.uppercased())
    offset = word.offset
  }

  private func error(_ problem: String, at place: Int? = nil) -> CronError {
    CronError(expression, at: offset + min(place ?? position, characters.count), problem)
  }

  private var next: Character? { position < characters.count ? characters[position] : nil }

  private mutating func skip(_ character: Character) -> Bool {
    guard next == character else { return false }
    position += 1
    return true
  }

  private mutating func list() throws(CronError) {
    repeat {
      try item()
    } while skip(",")
    guard next == nil else {
      throw error("the \(field.name) can't go on with '\(characters[position])'")
    }
  }

  private mutating func item() throws(CronError) {
    let begin = position
    if skip("*") {
      // Only at the beginning, as in Vixie cron: `1,*` is a list.
      if begin == 0 { hasStar = true }
      try add(field.all, step: try step())
      return
    }
    if next == "?" {
      guard field == .dayOfMonth || field == .dayOfWeek else {
        throw error("'?' is for day of month and day of week; write '*'")
      }
      guard begin == 0, characters.count == 1 else { throw error("'?' stands alone") }
      position += 1
      hasStar = true
      try add(field.all, step: 1)
      return
    }
    if field == .dayOfMonth, try lastDay() { return }
    let low = try value()
    if field == .dayOfMonth, skip("W") {
      days.nearestWeekdays |= 1 << UInt32(low)
      return
    }
    if field == .dayOfWeek, skip("L") {
      days.lastWeekdays |= 1 << UInt32(low % 7)
      return
    }
    if field == .dayOfWeek, skip("#") {
      let place = position
      let number = try number("which one of the month, 1 to 5")
      guard (1...5).contains(number) else {
        throw error("a month has at most 5 of a weekday; write 1 to 5", at: place)
      }
      days.nthWeekdays |= 1 << UInt64((number - 1) * 7 + low % 7)
      return
    }
    if skip("-") {
      let place = position
      let high = try value()
      if high < low {
        guard field.wraps else {
          throw error(
            "\(low)-\(high) runs backwards; write "
              + "\(low)-\(field.range.upperBound),\(field.range.lowerBound)-\(high)", at: place)
        }
        let step = try step()
        let length = field.all.count
        try add(low...(high % length + length), step: step)
      } else {
        try add(low...high, step: try step())
      }
      return
    }
    // `5/20` is from 5 on, as in Quartz.
    if next == "/" {
      try add(low...max(field.all.upperBound, low), step: try step())
    } else {
      try add(low...low, step: 1)
    }
  }

  /// `L`, `L-3`, `LW`; false for anything else.
  private mutating func lastDay() throws(CronError) -> Bool {
    guard skip("L") else { return false }
    if skip("W") {
      days.lastWeekday = true
    } else if skip("-") {
      let place = position
      let number = try number("how many days before the last, 1 to 30")
      guard (1...30).contains(number) else {
        throw error("L-\(number) is before the month; write L-1 to L-30", at: place)
      }
      days.daysFromEnd |= 1 << UInt32(number)
    } else {
      days.daysFromEnd |= 1
    }
    return true
  }

  private mutating func step() throws(CronError) -> Int {
    guard skip("/") else { return 1 }
    let place = position
    let number = try number("a step")
    let most = field.all.count
    guard (1...most).contains(number) else {
      throw error("the step of a \(field.name) is 1 to \(most)", at: place)
    }
    return number
  }

  private mutating func value() throws(CronError) -> Int {
    let place = position
    if let character = next, character.isLetter {
      let word = String(characters[position...].prefix { $0.isLetter })
      // Longer names than three letters are no names, except for a last weekday: FRIL.
      let name = String(word.prefix(3))
      guard let index = field.names.firstIndex(of: name),
        word.count == 3 || word.dropFirst(3) == "L" && field == .dayOfWeek
      else {
        throw error("'\(word.prefix(20))' is no \(field.name); write \(field.allowed)")
      }
      position += 3
      return field.all.lowerBound + index
    }
    let number = try number("a \(field.name), \(field.allowed)")
    guard field.range.contains(number) else {
      throw error("\(number) is no \(field.name); write \(field.allowed)", at: place)
    }
    return number
  }

  /// At most nine digits, so that it can't overflow.
  private mutating func number(_ what: String) throws(CronError) -> Int {
    let begin = position
    var number = 0
    while let character = next, let digit = character.wholeNumberValue, character.isASCII {
      guard position - begin < 9 else { throw error("the number is too long", at: begin) }
      number = number * 10 + digit
      position += 1
    }
    guard position > begin else {
      let found = next.map { "'\($0)'" } ?? "nothing"
      throw error("here should be \(what), and not \(found)")
    }
    return number
  }

  /// Values over the end of the field begin again at its start.
  private mutating func add(_ values: ClosedRange<Int>, step: Int) throws(CronError) {
    let all = field.all
    for value in stride(from: values.lowerBound, through: values.upperBound, by: step) {
      bits |= 1 << UInt64(all.lowerBound + (value - all.lowerBound) % all.count)
    }
  }
}
