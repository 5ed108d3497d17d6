extension CalendarRules {
  /// Whether nothing closes the local time of an instant in a zone.
  public func isOpen(at instant: Instant, in zone: ZoneRules) -> Bool {
    isOpen(local: instant.wholeSeconds + zone.offset(at: instant))
  }

  /// When it opens: the instant itself if it is open, otherwise the first one after it that is; nil
  /// when it stays closed for ten years.
  public func nextOpening(after instant: Instant, in zone: ZoneRules) -> Instant? {
    var seconds = instant.wholeSeconds
    guard !isOpen(at: instant, in: zone) else { return instant }
    let walk = ClockChange.Walk(zone: zone, policy: ClockChange(gap: .shift, overlap: .both))
    var openDays = OpenDays(rules: self)
    // More than once only where the clocks change just then.
    for _ in 0..<8 {
      let span = zone.spans[zone.index(at: seconds)]
      guard var opening = openDays.firstOpen(fromLocal: seconds + span.offset) else { return nil }
      if opening - span.offset < span.end { return Instant(wholeSeconds: opening - span.offset) }
      // Where the clocks go back before it, an earlier local time may come again and be open.
      let after = zone.spans[zone.index(at: span.end)]
      if after.localStart < seconds + span.offset {
        guard let again = openDays.firstOpen(fromLocal: after.localStart) else { return nil }
        opening = again
        seconds = span.end - 1
      }
      guard let found = walk.next(after: seconds, { $0 < opening ? opening : nil }) else {
        return nil
      }
      seconds = found
      if isOpen(at: Instant(wholeSeconds: found), in: zone) { return Instant(wholeSeconds: found) }
    }
    return nil
  }

  // MARK: Local times, in seconds

  func isOpen(local: Int) -> Bool {
    let (day, second) = local.dividedDown(by: 86_400)
    let minute = second / 60
    return required.allSatisfy { $0.parts(of: day).contains { $0.contains(minute) } }
      && !excluded.contains { $0.parts(of: day).contains { $0.contains(minute) } }
  }

  /// The open parts of a day, as minutes, in order.
  func openParts(of day: Int) -> [Range<Int>] {
    // Most closed days are known without any parts.
    guard required.allSatisfy({ $0.hasParts(of: day) }),
      !excluded.contains(where: { $0.holds(day) })
    else { return [] }
    var open = [WeeklyWindow.wholeDay]
    for calendar in required {
      let parts = calendar.parts(of: day)
      open = open.flatMap { range in
        parts.map { range.clamped(to: $0) }.filter { !$0.isEmpty }
      }
    }
    for closed in excluded.flatMap({ $0.parts(of: day) }) {
      open = open.flatMap { range in
        [
          range.clamped(to: 0..<closed.lowerBound),
          range.clamped(to: closed.upperBound..<max(closed.upperBound, 1_440)),
        ].filter { !$0.isEmpty }
      }
    }
    return open.sorted { $0.lowerBound < $1.lowerBound }
  }
}
