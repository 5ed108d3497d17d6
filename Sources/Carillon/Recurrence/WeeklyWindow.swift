/// A part of certain days of every week: `MON-FRI 09:00-17:00`, `SAT,SUN`, `FRI 22:00-06:00`.
struct WeeklyWindow: Sendable, Hashable, CustomStringConvertible {
  /// Bit 0 is Sunday.
  let weekdays: UInt8
  /// Minutes since midnight; over 1 440 where it goes on into the next day.
  let minutes: Range<Int>

  static let wholeDay = 0..<1_440

  /// Reads days, or times, or both; without days it is every day, without times the whole day.
  init(_ text: String) throws(RecurrenceError) {
    let words = Recurrence.Word.words(of: text)
    guard (1...2).contains(words.count) else {
      throw RecurrenceError(
        text, at: words.count > 2 ? words[2].offset : nil,
        "a window is days and times, as in MON-FRI 09:00-17:00")
    }
    let isTime = words[0].text.first?.isNumber ?? false
    weekdays = isTime ? 0x7F : try WeeklyWindow.weekdays(words[0], text)
    if isTime || words.count == 2 {
      guard !(isTime && words.count == 2), let word = words.last else {
        throw RecurrenceError(
          text, at: words[1].offset, "the days stand first, as in MON-FRI 09:00-17:00")
      }
      minutes = try WeeklyWindow.minutes(word, text)
    } else {
      minutes = WeeklyWindow.wholeDay
    }
  }

  func hasParts(of day: Int) -> Bool {
    let today = Carillon.weekday(of: day)
    return weekdays.hasBit(today) || minutes.upperBound > 1_440 && weekdays.hasBit((today + 6) % 7)
  }

  /// Its parts of a day, as minutes of it.
  func parts(of day: Int) -> [Range<Int>] {
    var parts: [Range<Int>] = []
    let today = Carillon.weekday(of: day)
    // What is left of yesterday's.
    if minutes.upperBound > 1_440, weekdays.hasBit((today + 6) % 7) {
      parts.append(0..<minutes.upperBound - 1_440)
    }
    if weekdays.hasBit(today) {
      parts.append(minutes.lowerBound..<min(minutes.upperBound, 1_440))
    }
    return parts
  }

  var description: String {
    let days = (0..<7).filter { weekdays.hasBit($0) }.map { CronField.dayOfWeek.names[$0] }
    let isEveryDay = weekdays == 0x7F
    let text = isEveryDay ? "SUN-SAT" : days.joined(separator: ",")
    guard minutes != WeeklyWindow.wholeDay else { return text }
    func time(_ minute: Int) -> String { "\((minute / 60).digits(2)):\((minute % 60).digits(2))" }
    let end = minutes.upperBound
    let times = "\(time(minutes.lowerBound))-\(time(end > 1_440 ? end - 1_440 : end))"
    return isEveryDay ? times : "\(text) \(times)"
  }

  private static func weekdays(
    _ word: Recurrence.Word, _ text: String
  ) throws(RecurrenceError) -> UInt8 {
    var bits: UInt8 = 0
    var offset = word.offset
    for item in word.text.split(separator: ",", omittingEmptySubsequences: false) {
      var numbers: [Int] = []
      var place = offset
      for name in item.split(separator: "-", omittingEmptySubsequences: false) {
        guard let number = CronField.dayOfWeek.names.firstIndex(of: name.uppercased()) else {
          throw RecurrenceError(
            text, at: place,
            "'\(name.prefix(20))' is no weekday; write SUN, MON, TUE, WED, THU, FRI or SAT")
        }
        numbers.append(number)
        place += name.count + 1
      }
      guard let first = numbers.first, let last = numbers.last, numbers.count <= 2 else {
        throw RecurrenceError(text, at: offset, "a range has two ends, as in MON-FRI")
      }
      for day in first...(last < first ? last + 7 : last) { bits |= 1 << UInt8(day % 7) }
      offset += item.count + 1
    }
    return bits
  }

  private static func minutes(
    _ word: Recurrence.Word, _ text: String
  ) throws(RecurrenceError) -> Range<Int> {
    let sides = word.text.split(separator: "-", omittingEmptySubsequences: false)
    guard sides.count == 2 else {
      throw RecurrenceError(
        text, at: word.offset, "here should be two times, as in 09:00-17:00")
    }
    let begin = try minute(sides[0], text, at: word.offset)
    let place = word.offset + sides[0].count + 1
    let end = try minute(sides[1], text, at: place)
    guard begin != end, begin < 1_440 else {
      throw RecurrenceError(
        text, at: place, "the window is empty; leave the times out for a whole day")
    }
    return begin..<(end < begin ? end + 1_440 : end)
  }

  private static func minute(
    _ text: Substring, _ whole: String, at offset: Int
  ) throws(RecurrenceError) -> Int {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    let isPlain = text.utf8.allSatisfy { $0 < 0x80 } && (4...5).contains(text.utf8.count)
    guard isPlain, parts.count == 2, parts[1].count == 2, let hour = Int(parts[0]),
      let minute = Int(parts[1]), (0...24).contains(hour), (0...59).contains(minute),
      hour < 24 || minute == 0
    else {
      throw RecurrenceError(
        whole, at: offset, "'\(text.prefix(20))' is no time of day; write 00:00 to 24:00")
    }
    return hour * 60 + minute
  }
}
