import Foundation

/// A time zone's offsets over time, from the system's IANA data, exact to the second.
///
/// Foundation's `TimeZone` answers the same questions, but one instant at a time and slowly; a walk
/// over local time needs the transitions themselves.
public struct ZoneRules: Sendable, Hashable {
  /// A time during which the offset doesn't change.
  struct Span: Sendable, Hashable {
    /// In seconds since the epoch, UTC; the first span begins at `Int.min`, the last ends at `.max`.
    let start: Int
    let end: Int
    /// Seconds east of Greenwich.
    let offset: Int

    /// The local time at which it begins and ends, saturating.
    var localStart: Int { start == .min ? .min : start + offset }
    var localEnd: Int { end == .max ? .max : end + offset }
  }

  /// The IANA name: `Europe/Paris`.
  public let name: String
  let spans: [Span]

  init(name: String, spans: [Span]) {
    self.name = name
    self.spans = spans
  }

  public static let utc = ZoneRules(
    name: "UTC", spans: [Span(start: .min, end: .max, offset: 0)])

  /// Whether it never is anything but UTC, whatever its name.
  var isUTC: Bool { spans.allSatisfy { $0.offset == 0 } }

  /// The index of the span that holds an instant, in seconds.
  func index(at seconds: Int) -> Int {
    var (low, high) = (0, spans.count - 1)
    while low < high {
      let middle = (low + high + 1) / 2
      if spans[middle].start <= seconds { low = middle } else { high = middle - 1 }
    }
    return low
  }

  /// Seconds east of Greenwich at an instant.
  public func offset(at instant: Instant) -> Int {
    spans[index(at: instant.wholeSeconds)].offset
  }
}

extension Instant {
  /// Saturates at the ends of the range.
  init(wholeSeconds: Int) {
    let (microseconds, overflow) = Int64(wholeSeconds).multipliedReportingOverflow(by: 1_000_000)
    self.init(microseconds: overflow ? (wholeSeconds < 0 ? .min : .max) : microseconds)
  }

  /// Whole seconds since the epoch, rounded down.
  var wholeSeconds: Int { Int(microseconds).dividedDown(by: 1_000_000).quotient }
}

/// Why there are no rules for a zone's name.
public struct ZoneError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
}

extension ZoneRules {
  /// The rules of a zone, read once per process.
  ///
  /// Throws `ZoneError` for a name that isn't in the system's zone data, with the nearest one that is.
  public static func named(_ name: String) throws(ZoneError) -> ZoneRules {
    try ZoneCatalog.shared.rules(name)
  }
}
