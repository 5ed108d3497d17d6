import Carillon

/// Times and durations as pages say them, seen from the store's now.
struct Moment: Sendable {
  let now: Instant

  /// `in 5m`, `5m ago`, `now`, with the exact time for whoever points at it; the script lets it tick.
  func relative(_ instant: Instant?) -> Markup {
    guard let instant else { return Markup(trusted: "<span class=\"none\">–</span>") }
    let exact = Moment.exact(instant).escapedForHTML
    return Markup(
      trusted: "<time datetime=\"\(exact)\" title=\"\(exact)\">\(text(instant))</time>")
  }

  /// The exact time; how far away it is for whoever points at it.
  func exact(_ instant: Instant?) -> Markup {
    guard let instant else { return Markup(trusted: "<span class=\"none\">–</span>") }
    let exact = Moment.exact(instant).escapedForHTML
    let shown = exact.replacing("T", with: " ")
    return Markup(
      trusted: "<time datetime=\"\(exact)\" title=\"\(text(instant))\" data-exact>\(shown)</time>")
  }

  /// The time of day alone, for lines that stand under a whole one.
  func timeOfDay(_ instant: Instant) -> Markup {
    let exact = Moment.exact(instant).escapedForHTML
    return Markup(
      trusted: "<time datetime=\"\(exact)\" title=\"\(text(instant))\" data-exact>"
        + "\(exact.dropFirst(11))</time>")
  }

  func text(_ instant: Instant) -> String {
    let distance = instant - now
    // Two clocks are never quite the same: what is within a second is now.
    if distance > .seconds(-1), distance < .seconds(1) { return "now" }
    return distance < .zero
      ? "\((Duration.zero - distance).coarseText) ago" : "in \(distance.coarseText)"
  }

  /// How long ago, never negative.
  func since(_ instant: Instant) -> String { max(now - instant, .zero).coarseText }

  /// From one to another, never negative.
  static func length(_ from: Instant, _ to: Instant) -> String { max(to - from, .zero).text }

  /// RFC 3339 in UTC, to the millisecond.
  static func exact(_ instant: Instant) -> String { "\(instant.rfc3339.prefix(23))Z" }
}
