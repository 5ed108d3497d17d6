extension LocalTime {
  /// Reads `2027-03-28T09:00`, with or without seconds, or `2027-03-28`, which is its midnight.
  ///
  /// Also as iCalendar writes them: `20270328T090000`, `20270328`.
  public init(_ text: String) throws(RecurrenceError) {
    let written = try Written(text, in: text, at: 0)
    guard written.mark == .none else {
      throw RecurrenceError(
        text, at: text.count - 1, "here is a wall-clock time of the schedule's zone; leave out Z")
    }
    self = written.time
  }

  /// A local time as it was written down.
  struct Written: Hashable {
    enum Mark: Hashable {
      case none
      /// It ends in Z: it is a time of UTC.
      case utc
    }

    let time: LocalTime
    var mark = Mark.none
    /// Whether there is a time of day too.
    var hasTime = true

    /// - Parameters:
    ///   - whole: what errors show, with `word` in it at character `offset`.
    init(_ word: some StringProtocol, in whole: String, at offset: Int) throws(RecurrenceError) {
      let bytes = Array(word.utf8)
      var position = 0
      func wrong(_ problem: String) -> RecurrenceError {
        RecurrenceError(whole, at: offset + position, problem)
      }
      func number(_ count: Int, _ what: String) throws(RecurrenceError) -> Int {
        var value = 0
        let begin = position
        for _ in 0..<count {
          guard position < bytes.count, (0x30...0x39).contains(bytes[position]) else {
            position = begin
            throw wrong(
              "here should be \(what) in \(count) digits, as in 2027-03-28T09:00")
          }
          value = value * 10 + Int(bytes[position] - 0x30)
          position += 1
        }
        return value
      }
      func skip(_ character: Unicode.Scalar) -> Bool {
        guard position < bytes.count, bytes[position] == UInt8(ascii: character) else {
          return false
        }
        position += 1
        return true
      }
      let year = try number(4, "a year")
      let isExtended = skip("-")
      let month = try number(2, "a month")
      if isExtended, !skip("-") { throw wrong("here should be '-'") }
      let dayPosition = position
      let day = try number(2, "a day")
      guard LocalTime(year: year, month: month, day: day) != nil else {
        position = dayPosition
        throw wrong("there is no such date")
      }
      var (hour, minute, second) = (0, 0, 0)
      hasTime = skip("T") || skip("t")
      if hasTime {
        hour = try number(2, "an hour")
        let hasColons = skip(":")
        minute = try number(2, "a minute")
        if hasColons ? skip(":") : position < bytes.count && bytes[position] < 0x3A {
          second = try number(2, "a second")
        }
        if skip("Z") || skip("z") { mark = .utc }
      }
      guard
        let time = LocalTime(
          year: year, month: month, day: day, hour: hour, minute: minute, second: second)
      else {
        position = dayPosition + 3
        throw wrong("there is no such time of day; it goes from 00:00:00 to 23:59:59")
      }
      guard position == bytes.count else {
        throw wrong(
          "here the time should end; write a wall-clock time without an offset, such as "
            + "2027-03-28T09:00")
      }
      self.time = time
    }
  }
}
