extension Timetable {
  /// So many occurrences in a row that calendars take away are the end: ten years of two a week, five
  /// of one a day.
  private static let mostClosed = 2_000
  /// So many are looked at for those that may have moved; where more are closed at a stretch, the
  /// rest is left out.
  private static let mostMoved = 1_000

  /// And so far ahead, for what fires rarely.
  private static let farthest = Duration.seconds(100 * 366 * 86_400)

  /// The next occurrence that the calendars let be.
  func nextOpen(after instant: Instant) -> Occurrence? {
    if recurrence.followsCompletion {
      guard let next = nextBase(after: instant),
        let open = calendars.nextOpening(after: next, in: zone), open <= end ?? open
      else { return nil }
      return Occurrence(nominal: open, movedFrom: open == next ? nil : next)
    }
    switch calendars.collision {
    case .skip: return nextUnclosed(after: instant)
    case .before, .after: return nextMoved(after: instant)
    }
  }

  private func nextUnclosed(after instant: Instant) -> Occurrence? {
    var after = instant
    let limit = instant + Timetable.farthest
    for _ in 0..<Timetable.mostClosed {
      guard let next = nextBase(after: after), next <= limit else { return nil }
      if calendars.isOpen(at: next, in: zone) { return Occurrence(nominal: next) }
      guard let opening = calendars.nextOpening(after: next, in: zone) else { return nil }
      after = max(next, opening - .microseconds(1))
    }
    return nil
  }

  /// Looks at every occurrence that may have moved to a time after `instant`, and takes the first.
  private func nextMoved(after instant: Instant) -> Occurrence? {
    // Nothing ever opens again: no need to look where every single one would go.
    guard calendars.nextOpening(after: instant + .microseconds(1), in: zone) != nil else {
      return nil
    }
    var openDays = OpenDays(rules: calendars, longest: OpenDays.longestMove)
    let isForward = calendars.collision == .after
    let today = local(instant).dividedDown(by: 86_400).quotient
    var after = instant
    if isForward {
      // To be sure of every offset, a day more.
      let first = (openDays.reach(from: today, step: -1) - 1) * 86_400
      after = min(instant, Instant(wholeSeconds: first))
    }
    var best: Occurrence?
    var limit = instant + Timetable.farthest
    for _ in 0..<Timetable.mostMoved {
      guard let next = nextBase(after: after), next <= limit else { return best }
      after = next
      guard let occurrence = placed(next, &openDays), occurrence.nominal > instant,
        occurrence.nominal <= end ?? occurrence.nominal,
        occurrence.nominal >= start ?? occurrence.nominal
      else { continue }
      if best.map({ occurrence.nominal < $0.nominal }) ?? true
        || best?.nominal == occurrence.nominal && occurrence.movedFrom == nil
      {
        best = occurrence
        let day = local(occurrence.nominal).dividedDown(by: 86_400).quotient
        limit =
          isForward
          ? occurrence.nominal
          : Instant(
            wholeSeconds: (openDays.reach(from: day, step: 1) + 1) * 86_400)
      }
    }
    return best ?? nextUnclosed(after: instant)
  }

  /// An occurrence where the calendars put it; nil where they leave it out.
  private func placed(_ instant: Instant, _ openDays: inout OpenDays) -> Occurrence? {
    if calendars.isOpen(at: instant, in: zone) { return Occurrence(nominal: instant) }
    guard let local = openDays.moved(local: local(instant)), let moved = zone.instant(of: local)
    else { return nil }
    return Occurrence(nominal: moved, movedFrom: instant)
  }

  private func local(_ instant: Instant) -> Int {
    instant.wholeSeconds + zone.offset(at: instant)
  }
}

extension ZoneRules {
  /// The first instant at which the clocks show a local time, or the first after it where they leave
  /// it out.
  func instant(of local: Int) -> Instant? {
    let walk = ClockChange.Walk(zone: self, policy: .onceADay)
    // No offset is larger than 26 hours.
    let found = walk.next(after: local - 93_601) { $0 < local ? local : nil }
    return found.map(Instant.init(wholeSeconds:))
  }
}
