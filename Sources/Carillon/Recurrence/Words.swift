/// The small change of plain words.
enum Words {
  static let weekdays = [
    "Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday",
  ]
  static let months = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
  ]

  /// `a`, `a and b`, `a, b and c`.
  static func list(_ items: [String]) -> String {
    guard let last = items.last, items.count > 1 else { return items.first ?? "" }
    return "\(items.dropLast().joined(separator: ", ")) and \(last)"
  }

  /// `1st`, `2nd`, `13th`.
  static func ordinal(_ number: Int) -> String {
    let ending =
      switch (number % 10, number % 100) {
      case (_, 11...13): "th"
      case (1, _): "st"
      case (2, _): "nd"
      case (3, _): "rd"
      default: "th"
      }
    return "\(number)\(ending)"
  }

  /// `first`, `2nd`, `last`, `2nd to last`.
  static func place(_ number: Int) -> String {
    switch number {
    case 1: "first"
    case -1: "last"
    case ..<0: "\(ordinal(-number)) to last"
    default: ordinal(number)
    }
  }

  /// Numbers in order, with runs of three or more as ranges: `1 to 5 and 9`.
  static func ranges(_ numbers: [Int], _ name: (Int) -> String = { "\($0)" }) -> String {
    var items: [String] = []
    var rest = numbers[...]
    while let first = rest.first {
      var last = first
      while rest.dropFirst().first == last + 1 {
        last += 1
        rest.removeFirst()
      }
      rest.removeFirst()
      if last - first >= 2 {
        items.append("\(name(first)) to \(name(last))")
      } else {
        items += (first...last).map(name)
      }
    }
    return list(items)
  }

  /// The distance of evenly spaced numbers that fill a range from its start on; nil for others.
  static func step(_ numbers: [Int], _ range: Range<Int>) -> Int? {
    guard numbers.count > 2, numbers.first == range.lowerBound else { return nil }
    let step = numbers[1] - numbers[0]
    return numbers == Array(stride(from: range.lowerBound, to: range.upperBound, by: step))
      ? step : nil
  }

  /// `every 15 minutes`, `every minute`.
  static func every(_ count: Int, _ unit: String) -> String {
    count == 1 ? "every \(unit)" : "every \(count) \(unit)s"
  }

  /// `every 2nd week`, `every week`.
  static func each(_ count: Int, _ unit: String) -> String {
    count == 1 ? "every \(unit)" : "every \(ordinal(count)) \(unit)"
  }

  /// `minute 5`, `minutes 5 and 35`.
  static func numbered(_ unit: String, _ numbers: [Int]) -> String {
    "\(unit)\(numbers.count == 1 ? "" : "s") \(ranges(numbers))"
  }

  /// `1 day, 2 hours and 30 minutes`.
  static func duration(_ duration: Duration) -> String {
    var rest = duration.microseconds / 1_000
    var items: [String] = []
    for (unit, length) in [
      ("day", 86_400_000), ("hour", 3_600_000), ("minute", 60_000), ("second", 1_000),
      ("millisecond", 1),
    ] {
      let count = rest / Int64(length)
      rest %= Int64(length)
      if count > 0 { items.append("\(count) \(unit)\(count == 1 ? "" : "s")") }
    }
    return list(items)
  }

  /// Bit 0 is Sunday, or January is bit 1: from the first that follows a gap on, so that `FRI-MON`
  /// reads as it was written. Seven days are every day.
  static func weekdays(_ bits: UInt32) -> String {
    // Weeks begin on Monday here, for runs to be long.
    var numbers = (0..<7).map { ($0 + 1) % 7 }.filter { bits.hasBit($0) }.map { ($0 + 6) % 7 }
    if numbers.contains(0), numbers.contains(6), numbers.count < 7 {
      // A run over the end of the week goes on behind it.
      let first = numbers.last { !numbers.contains($0 - 1) } ?? 0
      numbers = numbers.map { $0 < first ? $0 + 7 : $0 }.sorted()
    }
    return ranges(numbers) { weekdays[($0 + 1) % 7] }
  }

  static func months(_ bits: UInt32) -> String {
    var numbers = (1...12).filter { bits.hasBit($0) }
    if numbers.contains(1), numbers.contains(12), numbers.count < 12 {
      let first = numbers.last { !numbers.contains($0 - 1) } ?? 1
      numbers = numbers.map { $0 < first ? $0 + 12 : $0 }.sorted()
    }
    return ranges(numbers) { months[($0 - 1) % 12] }
  }

  /// `Sunday 28 March 2027`.
  static func date(_ time: LocalTime) -> String {
    let (year, month, day) = civilFromDays(time.day)
    return "\(weekdays[weekday(of: time.day)]) \(day) \(months[month - 1]) \(year)"
  }
}

extension String {
  /// With a capital letter at its beginning.
  var capitalisedFirst: String { prefix(1).uppercased() + dropFirst() }
}
