import Carillon
import Foundation

/// What a schedule is to say, as a JSON object with the record's names, read strictly.
struct ScheduleDraft: Sendable {
  /// What a schedule can be told, in the order of the record.
  static let fields = [
    "resource_uuid", "args", "queue", "priority", "max_attempts", "recurrence", "time_zone",
    "clock_gap", "clock_overlap", "start_at", "end_at", "max_runs", "misfire_policy",
    "misfire_threshold", "overlap_policy", "jitter", "calendars", "pause_after_failures",
  ]
  /// What only a new one can be told: no request changes which handler a schedule runs.
  static let identityFields = ["name", "job_type", "handler_module", "resource_type"]
  /// Those that null takes away from a schedule that has them.
  private static let removable: Set = [
    "clock_gap", "clock_overlap", "start_at", "end_at", "max_runs", "calendars",
    "pause_after_failures",
  ]

  private let members: [String: JSONValue]

  init(_ value: JSONValue, knowing fields: [String]) throws(Problem) {
    guard let members = value.object else {
      throw Problem(
        .invalidSchedule, "The body should be a JSON object.",
        faults: [.init(pointer: "", detail: "is no object")])
    }
    for name in members.keys.sorted() where !fields.contains(name) {
      let isFixed = ScheduleDraft.identityFields.contains(name)
      throw ScheduleDraft.wrong(
        name,
        isFixed
          ? "can't be changed. Remove the schedule and add another."
          : "is no field of a schedule.\(DidYouMean.question(about: name, among: fields)) There are: "
            + "\(fields.joined(separator: ", ")).")
    }
    self.members = members
  }

  /// Whether it says nothing at all.
  var isEmpty: Bool { members.isEmpty }

  // MARK: A new one

  func name() throws(Problem) -> String {
    guard let name = try text("name") else {
      throw ScheduleDraft.wrong("name", "is missing: what is the schedule called?")
    }
    return name
  }

  /// What a new schedule says, with its handler's defaults.
  func definition(named name: String, in catalog: HandlerCatalog) throws -> ScheduleDefinition {
    let jobType = try text("job_type")
    guard let handler = try text("handler_module") ?? jobType else {
      throw ScheduleDraft.wrong("handler_module", "is missing: which handler runs its jobs?")
    }
    guard let recurrence = try text("recurrence") else {
      throw ScheduleDraft.wrong(
        "recurrence", "is missing: when? Write cron, such as 0 9 * * MON-FRI, or @every 15m.")
    }
    let choice = try HandlerChoice(
      named: handler, jobType: jobType, resourceType: try text("resource_type"), in: catalog,
      labels: .columns)
    var definition = try choice.definition(name: name, recurrence: recurrence)
    try change(&definition, in: catalog)
    return definition
  }

  // MARK: Changes

  /// Lets a definition say what the draft says; what it doesn't say stays.
  func change(_ definition: inout ScheduleDefinition, in catalog: HandlerCatalog) throws(Problem) {
    for (name, value) in members where value.isNull {
      guard ScheduleDraft.removable.contains(name) || ScheduleDraft.identityFields.contains(name)
      else { throw ScheduleDraft.wrong(name, "can't be null.") }
    }
    try changeTimes(&definition)
    try changePolicies(&definition)
    if let text = try text("resource_uuid") {
      guard let uuid = UUID(uuidString: text) else {
        throw ScheduleDraft.wrong("resource_uuid", "'\(text.prefix(80))' is not a UUID.")
      }
      definition.resource = Resource(definition.resource.type, uuid)
    }
    if let args = members["args"] {
      guard let object = args.object else {
        throw ScheduleDraft.wrong("args", "should be a JSON object.")
      }
      definition.args = JobArguments(object)
      // They are written for the handler as this program has it.
      if let entry = catalog.entry(named: definition.handlerModule) {
        definition.argsVersion = entry.type.argsVersion
      }
    }
    if let queue = try text("queue") { definition.queue = queue }
    if let priority = try whole("priority") { definition.priority = priority }
    if let attempts = try whole("max_attempts") { definition.maxAttempts = attempts }
    if members["max_runs"] != nil { definition.maxRuns = try whole("max_runs") }
    if members["pause_after_failures"] != nil {
      definition.pauseAfterFailures = try whole("pause_after_failures")
    }
  }

  private func changeTimes(_ definition: inout ScheduleDefinition) throws(Problem) {
    if let recurrence = try text("recurrence") { definition.recurrence = recurrence }
    let recurrence: Recurrence
    do {
      recurrence = try Recurrence(definition.recurrence)
    } catch {
      throw ScheduleDraft.wrong("recurrence", error.description)
    }
    if let zone = try text("time_zone") {
      do {
        definition.timeZone = try ZoneRules.named(zone).name
      } catch {
        throw ScheduleDraft.wrong(
          "time_zone",
          error.description
            + DidYouMean.question(about: zone, among: TimeZone.knownTimeZoneIdentifiers))
      }
    }
    if members["clock_gap"] != nil || members["clock_overlap"] != nil {
      let gap: ClockChange.Gap? =
        members["clock_gap"] == nil ? definition.clockChange?.gap : try choice("clock_gap")
      let overlap: ClockChange.Overlap? =
        members["clock_overlap"] == nil
        ? definition.clockChange?.overlap : try choice("clock_overlap")
      definition.clockChange = ClockChange(recurrence, gap: gap, overlap: overlap)
    }
    if members["start_at"] != nil { definition.startAt = try instant("start_at") }
    if members["end_at"] != nil { definition.endAt = try instant("end_at") }
    if let calendars = members["calendars"] {
      guard !calendars.isNull else {
        definition.calendars = .none
        return
      }
      guard let rules = CalendarRules(text: calendars.json) else {
        throw ScheduleDraft.wrong(
          "calendars", "should be as `schedules show --json` prints them.")
      }
      definition.calendars = rules
    }
  }

  private func changePolicies(_ definition: inout ScheduleDefinition) throws(Problem) {
    if let policy = try text("misfire_policy") {
      do {
        definition.misfirePolicy = try MisfirePolicy(policy)
      } catch {
        throw ScheduleDraft.wrong("misfire_policy", error.description)
      }
    }
    if let threshold = try duration("misfire_threshold") { definition.misfireThreshold = threshold }
    if let policy: OverlapPolicy = try choice("overlap_policy") {
      definition.overlapPolicy = policy
    }
    if let jitter = try duration("jitter") { definition.jitter = jitter }
  }

  // MARK: Values

  func text(_ name: String) throws(Problem) -> String? {
    guard let value = members[name], !value.isNull else { return nil }
    guard let text = value.string else {
      throw ScheduleDraft.wrong(name, "should be text in quotes.")
    }
    return text
  }

  func whole(_ name: String) throws(Problem) -> Int? {
    guard let value = members[name], !value.isNull else { return nil }
    guard let number = value.int else {
      throw ScheduleDraft.wrong(name, "should be a whole number.")
    }
    return number
  }

  private func instant(_ name: String) throws(Problem) -> Instant? {
    guard let text = try text(name) else { return nil }
    do {
      return try Instant(rfc3339: text)
    } catch {
      throw ScheduleDraft.wrong(name, error.description)
    }
  }

  private func duration(_ name: String) throws(Problem) -> Duration? {
    guard let text = try text(name) else { return nil }
    do {
      return try Duration(text: text)
    } catch {
      throw ScheduleDraft.wrong(name, error.description)
    }
  }

  private func choice<Choice: RawRepresentable<String> & CaseIterable>(
    _ name: String
  ) throws(Problem) -> Choice? {
    guard let text = try text(name) else { return nil }
    guard let choice = Choice(rawValue: text) else {
      let words = Choice.allCases.map(\.rawValue)
      throw ScheduleDraft.wrong(
        name,
        "'\(text.prefix(40))' is none of \(words.joined(separator: ", "))."
          + DidYouMean.question(about: text, among: words))
    }
    return choice
  }

  static func wrong(_ name: String, _ detail: String) -> Problem {
    Problem(
      .invalidSchedule, "\(name.prefix(80)): \(detail)",
      faults: [.init(pointer: "/\(name.pointerToken)", detail: detail)])
  }
}
