import Carillon

/// A time as people type it into a form: `10m` from now on, or a point in time.
enum TypedTime {
  /// How far back a time may lie that is still meant to be now.
  private static let grace: Duration = .seconds(60)

  static func read(_ text: String) throws(Problem) -> ScheduledTime {
    let isLength = text.first?.isNumber == true && !text.contains("-")
    let isTime = text.prefix(5).last == "-"
    do {
      let time =
        isLength ? ScheduledTime.in(try Duration(text: text)) : .at(try Instant(rfc3339: text))
      try JobRequest.check(time: time)
      return time
    } catch {
      throw Problem(
        .invalidParameter,
        isLength || isTime
          ? "\(error)" : "'\(text.prefix(60))' is no time; write 2h, or 2027-03-01T09:00:00Z.")
    }
  }

  /// The same, for something that is to happen: what has passed is a slip.
  static func coming(_ text: String, at now: Instant) throws(Problem) -> ScheduledTime {
    let time = try read(text)
    guard case .at(let instant) = time, instant < now - grace else { return time }
    throw Problem(
      .invalidParameter,
      "\(Moment.exact(instant)) has passed, \((now - instant).coarseText) ago. For now, write 0s.")
  }
}
