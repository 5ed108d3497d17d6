/// One time at which a timetable says that something happens.
public struct Occurrence: Sendable, Hashable {
  /// When it is meant to happen: its identity within the schedule.
  public let nominal: Instant
  /// Where it was before a calendar moved it; nil when none did.
  public let movedFrom: Instant?

  public init(nominal: Instant, movedFrom: Instant? = nil) {
    self.nominal = nominal
    self.movedFrom = movedFrom
  }
}
