extension TimesOfDay {
  /// So many times are named one by one.
  private static let mostNamed = 6

  /// Whether there are too many to name each.
  var isLong: Bool { count > TimesOfDay.mostNamed }

  /// `at 09:00 and 17:30`, `every 15 minutes from 09:00 to 17:59`, `at minute 5 of every hour`.
  var words: String {
    if !isLong {
      let times = (0..<count).compactMap { LocalTime(seconds: time(at: $0))?.timeText }
      return "at \(Words.list(times))"
    }
    var parts: [String] = []
    /// Whether what has been said goes on all the time, so that "of every minute" needn't be.
    var flows = false
    func add(_ numbers: [Int], _ unit: String, _ range: Range<Int>) {
      let isFirst = parts.isEmpty
      if let step = numbers.count == range.count ? 1 : Words.step(numbers, range) {
        if isFirst {
          parts.append(Words.every(step, unit))
        } else if step > 1 {
          parts.append("in \(Words.each(step, unit))")
        } else if !flows {
          parts.append("of every \(unit)")
        }
        flows = true
      } else {
        parts.append("\(isFirst ? "at" : flows ? "in" : "of") \(Words.numbered(unit, numbers))")
        flows = false
      }
    }
    let second = (0..<60).filter { seconds.hasBit($0) }
    if second != [0] { add(second, "second", 0..<60) }
    add((0..<60).filter { minutes.hasBit($0) }, "minute", 0..<60)
    let hour = (0..<24).filter { hours.hasBit($0) }
    if hour.count < 24, let first = hour.first, let last = hour.last,
      hour.count == last - first + 1
    {
      if !flows { parts.append("of every hour") }
      parts.append("from \(first.digits(2)):00 to \(last.digits(2)):59")
    } else {
      add(hour, "hour", 0..<24)
    }
    return parts.joined(separator: " ")
  }
}
