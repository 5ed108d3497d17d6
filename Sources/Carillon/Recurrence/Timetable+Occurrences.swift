extension Timetable {
  /// The occurrences after an instant, up to and with another, found one by one as they are asked
  /// for. Of a delay after completion, as if every run took no time.
  public func occurrences(after first: Instant, through last: Instant) -> Occurrences {
    Occurrences(timetable: self, after: first, through: last)
  }

  /// A timetable's occurrences within a range of time.
  public struct Occurrences: Sequence, IteratorProtocol, Sendable {
    let timetable: Timetable
    var after: Instant
    let through: Instant

    init(timetable: Timetable, after: Instant, through: Instant) {
      self.timetable = timetable
      self.after = after
      self.through = through
    }

    public mutating func next() -> Occurrence? {
      guard let next = timetable.next(after: after), next.nominal <= through else { return nil }
      after = next.nominal
      return next
    }
  }
}
