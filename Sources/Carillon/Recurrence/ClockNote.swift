/// What a change of the clocks has to do with an instant at which something fires.
public enum ClockNote: Sendable, Hashable, CustomStringConvertible {
  /// The clocks go forward over the local time that was meant; it fires at the first one after.
  case shifted(meant: LocalTime, firesAt: LocalTime)
  /// The clocks will go back, and show this local time again.
  case firstOfTwo
  /// The clocks went back, and show this local time again.
  case secondOfTwo

  public var description: String {
    switch self {
    case .shifted(let meant, let firesAt):
      "the clocks go forward: \(meant.timeText) doesn't exist, fires at \(firesAt.timeText)"
    case .firstOfTwo: "the clocks go back: first of two"
    case .secondOfTwo: "the clocks went back: second of two"
    }
  }
}

extension Timetable {
  /// What a change of the clocks has to do with an occurrence; nil for nothing.
  public func clockNote(at occurrence: Occurrence) -> ClockNote? {
    let seconds = occurrence.nominal.wholeSeconds
    let index = zone.index(at: seconds)
    let span = zone.spans[index]
    let local = seconds + span.offset
    if index > 0 {
      let previous = zone.spans[index - 1]
      if local < previous.localEnd { return .secondOfTwo }
      if seconds == span.start, let nextLocal,
        (clockChange ?? recurrence.standardClockChange).gap
          == .shift, let meant = nextLocal(previous.localEnd - 1), meant < span.localStart,
        let meant = LocalTime(seconds: meant), let firesAt = LocalTime(seconds: local)
      {
        return .shifted(meant: meant, firesAt: firesAt)
      }
    }
    if index + 1 < zone.spans.count, local >= zone.spans[index + 1].localStart {
      return .firstOfTwo
    }
    return nil
  }

  /// An occurrence's local time with its offset: `2027-03-28T09:00+02:00`.
  public func localText(of instant: Instant) -> String {
    let offset = zone.offset(at: instant)
    let (minutes, rest) = abs(offset).quotientAndRemainder(dividingBy: 60)
    let seconds = rest == 0 ? "" : ":\(rest.digits(2))"
    return "\(LocalTime(instant, in: zone))\(offset < 0 ? "-" : "+")"
      + "\((minutes / 60).digits(2)):\((minutes % 60).digits(2))\(seconds)"
  }
}
