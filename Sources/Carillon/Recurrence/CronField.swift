/// One field of a cron expression: its name, its range, and the names that its numbers have.
enum CronField: Int, Sendable, CaseIterable {
  case second, minute, hour, dayOfMonth, month, dayOfWeek

  var name: String {
    switch self {
    case .second: "second"
    case .minute: "minute"
    case .hour: "hour"
    case .dayOfMonth: "day of month"
    case .month: "month"
    case .dayOfWeek: "day of week"
    }
  }

  /// What may be written. 7 is a Sunday too.
  var range: ClosedRange<Int> {
    switch self {
    case .second, .minute: 0...59
    case .hour: 0...23
    case .dayOfMonth: 1...31
    case .month: 1...12
    case .dayOfWeek: 0...7
    }
  }

  /// All values of a star.
  var all: ClosedRange<Int> { self == .dayOfWeek ? 0...6 : range }

  /// Three letters for each value, from the lowest of `all` on.
  var names: [String] {
    switch self {
    case .month:
      ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    case .dayOfWeek: ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"]
    case .second, .minute, .hour, .dayOfMonth: []
    }
  }

  /// Whether a range may run over the end: FRI-MON and NOV-FEB are usual, 50-10 is a slip.
  var wraps: Bool {
    switch self {
    case .month, .dayOfWeek: true
    case .second, .minute, .hour, .dayOfMonth: false
    }
  }

  /// For error messages.
  var allowed: String {
    switch self {
    case .second, .minute, .hour, .dayOfMonth:
      "\(range.lowerBound) to \(range.upperBound)"
    case .month: "1 to 12 or JAN to DEC"
    case .dayOfWeek: "0 to 7 (0 and 7 are Sunday) or SUN to SAT"
    }
  }
}
