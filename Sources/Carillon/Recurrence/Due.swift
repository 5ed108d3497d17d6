/// What a timetable has due at a moment, by its misfire policy.
public struct Due: Sendable, Hashable {
  /// An occurrence that is to get its job now.
  public struct Firing: Sendable, Hashable {
    public let occurrence: Occurrence
    public let reason: OccurrenceReason

    public init(_ occurrence: Occurrence, _ reason: OccurrenceReason) {
      self.occurrence = occurrence
      self.reason = reason
    }
  }

  /// From old to new.
  public var fire: [Firing]
  /// How many were missed and are not fired; counted no further than `mostCounted`.
  public var missed: Int
  /// The first occurrence not decided here. It lies in the past when so many are due that the rest is
  /// left to the next call. Nil when there is none, or, for a delay after completion, when the run
  /// that is fired here decides.
  public var next: Instant?

  /// So many missed occurrences, or more.
  public static let mostCounted = 1_000
  /// So many on-time occurrences are fired by one call; the others by the next.
  public static let mostOnTime = 1_000
}

extension Timetable {
  /// What is to be fired now of the occurrences after `last`, and what comes then.
  ///
  /// Bounded in time however long nobody looked and however often the timetable fires.
  ///
  /// - Parameters:
  ///   - last: the nominal time of the newest occurrence that was decided; for a schedule that has
  ///     never fired, when it was made: what lies before is nobody's. For a delay after completion,
  ///     when the last run ended.
  ///   - threshold: how late still counts as on time.
  public func due(
    after last: Instant, now: Instant, policy: MisfirePolicy,
    threshold: Duration = MisfirePolicy.standardThreshold
  ) -> Due {
    guard let first = next(after: last) else { return Due(fire: [], missed: 0, next: nil) }
    guard first.nominal <= now else { return Due(fire: [], missed: 0, next: first.nominal) }
    let limit = now - max(threshold, .zero)
    if recurrence.followsCompletion {
      // Left out, it would never come again.
      let reason = first.nominal < limit ? OccurrenceReason.catchUp : .onTime
      return Due(fire: [.init(first, reason)], missed: 0, next: nil)
    }
    var due = Due(fire: [], missed: 0, next: nil)
    var decided = last
    if first.nominal < limit {
      let newest = latest(before: limit, after: last) ?? first
      due = missed(after: last, through: newest, now: now, policy: policy)
      decided = newest.nominal
    }
    while let occurrence = next(after: decided) {
      due.next = occurrence.nominal
      guard occurrence.nominal <= now, due.fire.count < Due.mostOnTime else { return due }
      due.fire.append(.init(occurrence, .onTime))
      decided = occurrence.nominal
    }
    due.next = nil
    return due
  }

  /// The newest occurrence before `limit` that comes after `first`, found by halving the time
  /// between them; nil when there is none.
  func latest(before limit: Instant, after first: Instant) -> Occurrence? {
    guard var newest = next(after: first), newest.nominal < limit else { return nil }
    // `next(after:)` never goes back, so "the next one still lies before the limit" holds up to the
    // newest and no further.
    var (low, high) = (newest.nominal.microseconds, limit.microseconds)
    while high - low > 1 {
      let middle = low + (high - low) / 2
      if let next = next(after: Instant(microseconds: middle)), next.nominal < limit {
        newest = next
        low = next.nominal.microseconds
      } else {
        high = middle
      }
    }
    return newest
  }

  private func missed(
    after last: Instant, through newest: Occurrence, now: Instant, policy: MisfirePolicy
  ) -> Due {
    let chosen: [Occurrence]
    switch policy {
    case .skip: chosen = []
    case .once: chosen = [newest]
    case .all(let max, let window):
      let most = min(Swift.max(max, 0), MisfirePolicy.mostCatchUps)
      let earliest = window.map { now - Swift.max($0, .zero) - .microseconds(1) } ?? last
      chosen = self.newest(most, after: Swift.max(last, earliest), through: newest.nominal)
    }
    var count = 0
    for _ in occurrences(after: last, through: newest.nominal) {
      count += 1
      if count == Due.mostCounted + chosen.count { break }
    }
    return Due(
      fire: chosen.map { .init($0, .catchUp) }, missed: Swift.max(0, count - chosen.count),
      next: nil)
  }

  /// The newest occurrences of a range, at most `most`, from old to new.
  private func newest(_ most: Int, after first: Instant, through last: Instant) -> [Occurrence] {
    guard most > 0, first < last else { return [] }
    // A beginning after which there are enough, but not many more. As if they were evenly spaced at
    // first; where they aren't, by halving the time until there is.
    let previous = latest(before: last, after: first)?.nominal ?? first
    let span = (last - previous).microseconds.multipliedReportingOverflow(by: Int64(most))
    var (few, many) = (last.microseconds, first.microseconds)
    var begin =
      span.overflow ? many : max(many, (last - .microseconds(span.partialValue)).microseconds)
    while true {
      var found: [Occurrence] = []
      for occurrence in occurrences(after: Instant(microseconds: begin), through: last) {
        found.append(occurrence)
        if found.count > most * 4 { break }
      }
      if found.count > most * 4 {
        many = begin
      } else if found.count >= most || begin == first.microseconds || few - many <= 1 {
        return Array(found.suffix(most))
      } else {
        few = begin
      }
      begin = many + (few - many) / 2
    }
  }
}
