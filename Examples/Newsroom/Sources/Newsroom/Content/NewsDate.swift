import Foundation

/// The spellings of an instant that a newsroom needs: in a header, a feed, a letter, on a page.
/// All are in UTC and English, wherever the program runs.
enum NewsDate {
  /// Reads RFC 3339 with an offset: `2026-03-03T09:00:00Z`, `2026-03-03T09:00:00+01:00`.
  static func parse(_ text: String) -> Date? {
    try? Date(text, strategy: .iso8601)
  }

  /// `2026-03-03T09:00:00Z`
  static func rfc3339(_ date: Date) -> String {
    date.formatted(.iso8601)
  }

  /// `Tue, 3 Mar 2026 09:00:00 +0000`, for the `Date` field of a letter.
  static func rfc5322(_ date: Date) -> String {
    date.formatted(
      verbatim(
        """
        \(weekday: .abbreviated), \(day: .defaultDigits) \(month: .abbreviated) \
        \(year: .padded(4)) \
        \(hour: .twoDigits(clock: .twentyFourHour, hourCycle: .zeroBased)):\
        \(minute: .twoDigits):\(second: .twoDigits) +0000
        """))
  }

  /// `3 March 2026`, for readers.
  static func spelledOut(_ date: Date) -> String {
    date.formatted(verbatim("\(day: .defaultDigits) \(month: .wide) \(year: .defaultDigits)"))
  }

  private static func verbatim(_ format: Date.FormatString) -> Date.VerbatimFormatStyle {
    Date.VerbatimFormatStyle(
      format: format,
      locale: Locale(identifier: "en_US_POSIX"),
      timeZone: .gmt,
      calendar: Calendar(identifier: .gregorian))
  }
}
