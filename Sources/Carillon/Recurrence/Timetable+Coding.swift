extension Timetable: Codable {
  private enum CodingKeys: String, CodingKey {
    case recurrence
    case zone = "time_zone"
    case gap, overlap
    case start = "start_at"
    case end = "end_at"
    case calendars
  }

  /// Throws what is wrong with a part: `RecurrenceError`, `ZoneError`, `InstantError`.
  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    func instant(_ key: CodingKeys) throws -> Instant? {
      try container.decodeIfPresent(String.self, forKey: key).map { try Instant(rfc3339: $0) }
    }
    let recurrence = try container.decode(Recurrence.self, forKey: .recurrence)
    let gap = try container.decodeIfPresent(ClockChange.Gap.self, forKey: .gap)
    let overlap = try container.decodeIfPresent(ClockChange.Overlap.self, forKey: .overlap)
    try self.init(
      recurrence,
      in: try container.decodeIfPresent(String.self, forKey: .zone)
        .map { try ZoneRules.named($0) } ?? .utc,
      clockChange: ClockChange(recurrence, gap: gap, overlap: overlap),
      start: try instant(.start), end: try instant(.end),
      calendars: try container.decodeIfPresent(CalendarRules.self, forKey: .calendars) ?? .none)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(recurrence, forKey: .recurrence)
    try container.encode(zone.name, forKey: .zone)
    try container.encodeIfPresent(clockChange?.gap, forKey: .gap)
    try container.encodeIfPresent(clockChange?.overlap, forKey: .overlap)
    try container.encodeIfPresent(start?.rfc3339, forKey: .start)
    try container.encodeIfPresent(end?.rfc3339, forKey: .end)
    if calendars != .none { try container.encode(calendars, forKey: .calendars) }
  }
}

extension ClockChange {
  /// The policy of two columns of which either may be missing; nil when both are.
  ///
  /// What is missing is as in the recurrence's standard.
  public init?(_ recurrence: Recurrence, gap: Gap?, overlap: Overlap?) {
    guard gap != nil || overlap != nil else { return nil }
    let standard = recurrence.standardClockChange
    self.init(gap: gap ?? standard.gap, overlap: overlap ?? standard.overlap)
  }
}
