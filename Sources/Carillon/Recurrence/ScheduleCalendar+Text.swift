extension ScheduleCalendar: Codable {
  private enum CodingKeys: String, CodingKey { case name, dates, windows }

  public init(from decoder: any Decoder) throws {
    let container = try decoder.container(keyedBy: CodingKeys.self)
    try self.init(
      container.decodeIfPresent(String.self, forKey: .name) ?? "",
      dates: container.decodeIfPresent([String].self, forKey: .dates) ?? [],
      windows: container.decodeIfPresent([String].self, forKey: .windows) ?? [])
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.container(keyedBy: CodingKeys.self)
    try container.encode(name, forKey: .name)
    try container.encode(
      days.map { LocalTime(seconds: $0 * 86_400)?.dateText ?? "" }, forKey: .dates)
    try container.encode([String](), forKey: .windows)
  }

  /// - Parameters:
  ///   - dates: `2027-12-25`.
  ///   - windows: `SAT`, `MON-FRI 09:00-17:00`, `FRI 22:00-06:00`.
  public init(
    _ name: String, dates: [String] = [], windows: [String] = []
  ) throws(RecurrenceError) {
    var days: [Int] = []
    for date in dates { days.append(try LocalTime(date).day) }
    self.init(name: name, days: days, windows: [])
  }
}
