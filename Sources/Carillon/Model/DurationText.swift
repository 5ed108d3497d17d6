/// Why a text is not a duration, and what one looks like.
public struct DurationTextError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
}

extension Duration {
  /// Reads a duration such as `90s`, `10m`, `2h`, `7d`, `1h30m`, `250ms`.
  ///
  /// Units from large to small, each at most once: d, h, m, s, ms. Nothing negative, and at most
  /// 36 500 days, so that adding it to a time can't leave the calendar.
  public init(text: String) throws(DurationTextError) {
    func wrong(_ what: String) -> DurationTextError {
      DurationTextError(
        description: "'\(text.prefix(64))' is not a duration: \(what). Write it like 90s, 10m, 2h, "
          + "7d, 1h30m or 250ms.")
    }
    let units: [(name: String, milliseconds: Int64)] = [
      ("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1),
    ]
    var rest = Substring(text)
    var next = 0
    var total: Int64 = 0
    guard !rest.isEmpty else { throw wrong("it is empty") }
    while !rest.isEmpty {
      let digits = rest.prefix { $0.isASCII && $0.isNumber }
      guard !digits.isEmpty else { throw wrong("a number is missing before '\(rest.prefix(4))'") }
      rest = rest.dropFirst(digits.count)
      let name = rest.prefix { $0.isASCII && $0.isLetter }
      rest = rest.dropFirst(name.count)
      guard let unit = units.firstIndex(where: { $0.name == name }) else {
        throw wrong(name.isEmpty ? "\(digits) has no unit" : "'\(name)' is not a unit")
      }
      guard unit >= next else { throw wrong("units go from large to small, each once") }
      next = unit + 1
      guard let count = Int64(digits), count <= 3_153_600_000_000 / units[unit].milliseconds else {
        throw wrong("it is longer than 36500 days")
      }
      total += count * units[unit].milliseconds
      guard total <= 3_153_600_000_000 else { throw wrong("it is longer than 36500 days") }
    }
    self = .milliseconds(total)
  }

  /// As `text`, to the nearest second once it has seconds.
  package var coarseText: String {
    guard microseconds.magnitude >= 1_000_000 else { return text }
    return Duration.seconds((Double(microseconds) / 1_000_000).rounded()).text
  }

  /// The duration in the two largest units that matter: `1h30m`, `2.5s`, `80ms`, `0s`.
  public var text: String {
    let total = microseconds
    let sign = total < 0 ? "-" : ""
    let value = total.magnitude
    switch value {
    case 0: return "0s"
    case ..<1_000: return "\(sign)\(value)µs"
    case ..<1_000_000: return "\(sign)\(value / 1_000)ms"
    case ..<60_000_000:
      let tenths = value / 100_000
      return tenths % 10 == 0 ? "\(sign)\(tenths / 10)s" : "\(sign)\(tenths / 10).\(tenths % 10)s"
    default: break
    }
    let seconds = value / 1_000_000
    func pair(_ large: UInt64, _ big: String, _ small: UInt64, _ little: String) -> String {
      small == 0 ? "\(sign)\(large)\(big)" : "\(sign)\(large)\(big)\(small)\(little)"
    }
    if seconds < 3_600 { return pair(seconds / 60, "m", seconds % 60, "s") }
    if seconds < 86_400 { return pair(seconds / 3_600, "h", seconds / 60 % 60, "m") }
    return pair(seconds / 86_400, "d", seconds / 3_600 % 24, "h")
  }
}
