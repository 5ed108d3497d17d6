extension Timetable {
  /// What it means, in plain words: `At 09:00 on every day from Monday to Friday, Europe/Paris`.
  public var explanation: String { "\(recurrence), \(zone.name)" }
}
