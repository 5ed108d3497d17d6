extension RecurrenceSet: CustomStringConvertible {
  /// Whether a text that begins with this word is meant as a recurrence set.
  static func begins(_ word: some StringProtocol) -> Bool {
    let word = word.uppercased()
    return ["DTSTART", "RRULE", "RDATE", "EXDATE", "EXRULE", "FREQ="].contains {
      word.hasPrefix($0)
    }
  }

  /// Reads properties of iCalendar, in any order, with spaces or line ends between them. A rule alone
  /// may leave out `RRULE:`.
  init(_ text: String) throws(RecurrenceError) {
    var reader = PropertyReader(text: text)
    for word in Recurrence.Word.words(of: text) { try reader.read(word) }
    let properties = reader.properties
    guard properties.rule != nil || !properties.added.isEmpty else {
      throw RecurrenceError(
        text, at: nil, "it names no time; add RRULE:FREQ=… or RDATE:…, or write @at for one time")
    }
    if properties.start == nil, properties.rule?.needsStart == true {
      throw RecurrenceError(
        text, at: reader.rulePosition,
        "it depends on its start; put DTSTART:20270104T090000 before it, with the first date and "
          + "time of day")
    }
    guard let set = RecurrenceSet(properties) else {
      throw RecurrenceError(
        text, at: reader.rulePosition,
        "so many times can't be counted out beforehand; write UNTIL, or a smaller COUNT")
    }
    guard set.next(afterLocal: LocalTime.range.lowerBound - 1) != nil else {
      throw RecurrenceError(
        text, at: nil,
        "it never happens: no date meets all of its parts. Check days against months, and the end "
          + "against the start.")
    }
    self = set
  }

  /// The properties on one line: start, rule, times added, times left out.
  public var description: String {
    var words: [String] = []
    let isUTC = zoneName == "UTC"
    let mark = isUTC ? "Z" : ""
    /// Said once, by the first property that has times.
    var zone = zoneName.flatMap { isUTC ? nil : ";TZID=\($0)" } ?? ""
    func add(_ name: String, _ times: [LocalTime], _ text: (LocalTime) -> String) {
      guard !times.isEmpty else { return }
      words.append("\(name)\(zone):\(times.map(text).joined(separator: ","))")
      zone = ""
    }
    add("DTSTART", start.map { [$0] } ?? []) { $0.basicText + mark }
    if let rule { words.append("RRULE:\(rule)") }
    add("RDATE", added) { $0.basicText + mark }
    add("EXDATE", excluded) { $0.basicText }
    add("EXDATE;VALUE=DATE", excludedDays) { "\($0.basicText.prefix(8))" }
    add("EXDATE", excludedInstants) { $0.basicText + "Z" }
    return words.joined(separator: " ")
  }
}

private struct PropertyReader {
  let text: String
  var properties = RecurrenceSet.Properties()
  /// Where the rule begins.
  var rulePosition: Int?
  private var zones: [String] = []

  init(text: String) { self.text = text }

  private func wrong(_ offset: Int, _ problem: String) -> RecurrenceError {
    RecurrenceError(text, at: offset, problem)
  }

  mutating func read(_ word: Recurrence.Word) throws(RecurrenceError) {
    if word.text.uppercased().hasPrefix("FREQ=") {
      try rule(word.text, at: word.offset)
      return
    }
    guard let colon = word.text.firstIndex(of: ":") else {
      throw wrong(
        word.offset,
        "'\(word.text.prefix(20))' is no property; write DTSTART:…, RRULE:…, RDATE:… or EXDATE:…")
    }
    let parameters = word.text[..<colon].split(separator: ";", omittingEmptySubsequences: false)
    let value = word.text[word.text.index(after: colon)...]
    let offset = word.offset + word.text.distance(from: word.text.startIndex, to: colon) + 1
    var place = word.offset + (parameters.first?.count ?? 0) + 1
    var zone: String?
    for parameter in parameters.dropFirst() {
      let upper = parameter.uppercased()
      if upper.hasPrefix("TZID=") {
        zone = String(parameter.dropFirst(5))
      } else if upper != "VALUE=DATE", upper != "VALUE=DATE-TIME" {
        throw wrong(
          place,
          "'\(parameter.prefix(20))' can't be understood here; there are TZID=ZONE, VALUE=DATE "
            + "and VALUE=DATE-TIME")
      }
      place += parameter.count + 1
    }
    let name = parameters.first?.uppercased() ?? ""
    if let zone { try use(zone, at: word.offset) }
    switch name {
    case "RRULE": try rule(value, at: offset)
    case "DTSTART":
      guard properties.start == nil else { throw wrong(word.offset, "DTSTART stands twice") }
      let written = try LocalTime.Written(value, in: text, at: offset)
      if written.mark == .utc { try use("UTC", at: offset) }
      properties.start = written.time
    case "RDATE":
      try times(value, at: offset) { (written, offset) throws(RecurrenceError) in
        if written.mark == .utc { try use("UTC", at: offset) }
        properties.added.append(written.time)
      }
    case "EXDATE":
      try times(value, at: offset) { (written, _) throws(RecurrenceError) in
        if written.mark == .utc {
          properties.excludedInstants.append(written.time)
        } else if written.hasTime {
          properties.excluded.append(written.time)
        } else {
          properties.excludedDays.append(written.time)
        }
      }
    case "EXRULE":
      throw wrong(word.offset, "EXRULE is no longer part of iCalendar; write EXDATE")
    default:
      throw wrong(
        word.offset,
        "there is no property \(name.prefix(20)); there are DTSTART, RRULE, RDATE and EXDATE")
    }
  }

  private mutating func rule(_ value: Substring, at offset: Int) throws(RecurrenceError) {
    guard properties.rule == nil else {
      throw wrong(offset, "there is a second rule; make a schedule of its own for it")
    }
    properties.rule = try RecurrenceRule(value, in: text, at: offset)
    rulePosition = offset
  }

  private mutating func use(_ zone: String, at offset: Int) throws(RecurrenceError) {
    if let other = properties.zoneName, other != zone {
      throw wrong(
        offset, "it names two zones, \(other.prefix(40)) and \(zone.prefix(40)); keep one")
    }
    properties.zoneName = zone
  }

  private func times(
    _ value: Substring, at offset: Int,
    _ take: (LocalTime.Written, Int) throws(RecurrenceError) -> Void
  ) throws(RecurrenceError) {
    var offset = offset
    for item in value.split(separator: ",", omittingEmptySubsequences: false) {
      try take(try LocalTime.Written(item, in: text, at: offset), offset)
      offset += item.count + 1
    }
  }
}
