extension Recurrence: CustomStringConvertible {
  /// Longer texts are refused.
  static let longest = 20_000

  /// Reads any of the forms. Throws `RecurrenceError` with the position of what is wrong, also for
  /// what can never happen.
  public init(_ text: String) throws(RecurrenceError) {
    guard text.utf8.count <= Recurrence.longest else {
      throw RecurrenceError(
        text, at: Recurrence.longest, "it is longer than \(Recurrence.longest) bytes")
    }
    let words = Word.words(of: text)
    guard let first = words.first else {
      throw RecurrenceError(
        text, at: nil,
        "it is empty; write cron's five fields, such as 0 9 * * MON-FRI, or @every "
          + "15m, @after 10m, @at 2027-03-28T09:00 or RRULE:FREQ=…")
    }
    switch first.text.lowercased() {
    case "@every": self = .every(try Recurrence.interval(words, text))
    case "@after": self = .after(try Recurrence.delay(words, text))
    case "@at": self = .once(try Recurrence.time(words, text))
    default:
      if RecurrenceSet.begins(first.text) {
        self = .rule(try RecurrenceSet(text))
        return
      }
      do {
        self = .cron(try Cron(text))
      } catch {
        throw RecurrenceError(error)
      }
    }
  }

  /// The text that reads as an equal recurrence.
  public var description: String {
    switch self {
    case .cron(let cron): cron.expression
    case .every(let interval):
      interval.anchor == Interval.standardAnchor
        ? "@every \(interval.length.exactText)"
        : "@every \(interval.length.exactText) from \(interval.anchor.shortText)"
    case .after(let delay): "@after \(delay.length.exactText)"
    case .rule(let set): set.description
    case .once(let time): "@at \(time)"
    }
  }

  private static func interval(
    _ words: [Word], _ text: String
  ) throws(RecurrenceError) -> Interval {
    let length = try length(words, text)
    guard words.count > 2 else {
      return try checked(words[1], text) { () throws(RecurrenceError) in try Interval(length) }
    }
    guard words[2].text.lowercased() == "from" else {
      throw RecurrenceError(
        text, at: words[2].offset, "here may be 'from' and a time, as in from 2026-01-01T00:00:00Z")
    }
    guard words.count == 4 else {
      throw RecurrenceError(
        text, at: words.count > 4 ? words[4].offset : nil,
        "'from' needs one time, as in from 2026-01-01T00:00:00Z")
    }
    let anchor: Instant
    do {
      anchor = try Instant(rfc3339: String(words[3].text))
    } catch {
      throw RecurrenceError(text, at: words[3].offset, error.description)
    }
    return try checked(words[1], text) { () throws(RecurrenceError) in
      try Interval(length, from: anchor)
    }
  }

  private static func delay(_ words: [Word], _ text: String) throws(RecurrenceError) -> Delay {
    let length = try length(words, text)
    guard words.count == 2 else {
      throw RecurrenceError(text, at: words[2].offset, "nothing follows the delay")
    }
    return try checked(words[1], text) { () throws(RecurrenceError) in try Delay(length) }
  }

  private static func time(_ words: [Word], _ text: String) throws(RecurrenceError) -> LocalTime {
    guard words.count == 2 else {
      throw RecurrenceError(
        text, at: words.count > 2 ? words[2].offset : nil,
        "@at needs one wall-clock time, as in @at 2027-03-28T09:00")
    }
    let written = try LocalTime.Written(words[1].text, in: text, at: words[1].offset)
    guard written.mark == .none else {
      throw RecurrenceError(
        text, at: words[1].offset,
        "here is a wall-clock time of the schedule's zone; leave out Z, or use the zone UTC")
    }
    guard written.hasTime else {
      throw RecurrenceError(
        text, at: words[1].offset, "the time of day is missing, as in 2027-03-28T09:00")
    }
    return written.time
  }

  private static func length(_ words: [Word], _ text: String) throws(RecurrenceError) -> Duration {
    let name = words[0].text.lowercased()
    guard words.count > 1 else {
      throw RecurrenceError(text, at: nil, "\(name) needs a duration, as in \(name) 15m")
    }
    do {
      return try Duration(text: String(words[1].text))
    } catch {
      throw RecurrenceError(text, at: words[1].offset, error.description)
    }
  }

  /// Gives an error about a part its place in the whole.
  private static func checked<Value>(
    _ word: Word, _ text: String, _ make: () throws(RecurrenceError) -> Value
  ) throws(RecurrenceError) -> Value {
    do {
      return try make()
    } catch {
      throw RecurrenceError(text, at: word.offset, error.problem)
    }
  }

  /// A word of a text, and how many characters stand before it.
  struct Word {
    let text: Substring
    let offset: Int

    static func words(of text: String) -> [Word] {
      var words: [Word] = []
      var (start, begin, offset) = (text.startIndex, 0, 0)
      for index in text.indices {
        if text[index].isWhitespace {
          if start < index { words.append(Word(text: text[start..<index], offset: begin)) }
          start = text.index(after: index)
          begin = offset + 1
        }
        offset += 1
      }
      if start < text.endIndex { words.append(Word(text: text[start...], offset: begin)) }
      return words
    }
  }
}

extension Recurrence: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}

extension Instant {
  /// RFC 3339 in UTC, without a fraction that is zero.
  package var shortText: String {
    let text = rfc3339
    return microseconds % 1_000_000 == 0 ? "\(text.prefix(19))Z" : text
  }
}
