import Foundation

/// What a schedule says: when, in which zone, what is to run, and what happens when things go wrong.
public struct ScheduleDefinition: Sendable, Hashable {
  public var handlerModule: String
  public var jobType: String
  /// What the jobs work on.
  public var resource: Resource
  public var args: JobArguments
  public var argsVersion: Int
  public var queue: String
  public var priority: Int
  public var maxAttempts: Int
  /// When it recurs, in the text form of `Recurrence`: `0 9 * * MON-FRI`, `@every 15m`, `RRULE:…`.
  public var recurrence: String
  /// The IANA name of the zone whose local time counts.
  public var timeZone: String
  /// What becomes of local times that a change of the clocks leaves out or repeats; nil: the rule
  /// that fits the recurrence.
  public var clockChange: ClockChange?
  /// Nothing before it.
  public var startAt: Instant?
  /// Nothing after it.
  public var endAt: Instant?
  /// Occurrences after which it has ended; nil: no limit. Backfills and runs by hand don't count.
  public var maxRuns: Int?
  /// What becomes of occurrences whose time passed unnoticed.
  public var misfirePolicy: MisfirePolicy
  /// How late an occurrence still counts as on time.
  public var misfireThreshold: Duration
  public var overlapPolicy: OverlapPolicy
  /// Each job starts up to so much after its nominal time, by an offset that its time decides.
  public var jitter: Duration
  /// Days and hours that are required or excluded.
  public var calendars: CalendarRules
  /// Failed jobs in a row after which the schedule pauses itself; nil: never.
  public var pauseAfterFailures: Int?

  public init(
    handlerModule: String, jobType: String, resource: Resource, args: JobArguments = [:],
    argsVersion: Int = 1, queue: String = "default", priority: Int = 0,
    maxAttempts: Int = JobRequest.defaultMaxAttempts, recurrence: String, timeZone: String = "UTC",
    clockChange: ClockChange? = nil, startAt: Instant? = nil, endAt: Instant? = nil,
    maxRuns: Int? = nil, misfirePolicy: MisfirePolicy = .once,
    misfireThreshold: Duration = MisfirePolicy.standardThreshold,
    overlapPolicy: OverlapPolicy = .skip, jitter: Duration = .zero,
    calendars: CalendarRules = .none, pauseAfterFailures: Int? = nil
  ) {
    self.handlerModule = handlerModule
    self.jobType = jobType
    self.resource = resource
    self.args = args
    self.argsVersion = argsVersion
    self.queue = queue
    self.priority = priority
    self.maxAttempts = maxAttempts
    self.recurrence = recurrence
    self.timeZone = timeZone
    self.clockChange = clockChange
    self.startAt = startAt
    self.endAt = endAt
    self.maxRuns = maxRuns
    self.misfirePolicy = misfirePolicy
    self.misfireThreshold = misfireThreshold
    self.overlapPolicy = overlapPolicy
    self.jitter = jitter
    self.calendars = calendars
    self.pauseAfterFailures = pauseAfterFailures
  }

  /// The same, if every part can be stored and carried out.
  package func checked(name: String) throws(ScheduleError) -> ScheduleDefinition {
    var definition = self
    do throws(JobRequestError) {
      // A schedule's jobs are checked once, here, and not each time that one is made.
      let request = try JobRequest(
        uuid: resource.uuid, jobType: jobType, handlerModule: handlerModule, resource: resource,
        args: args, argsVersion: argsVersion, queue: queue, priority: priority,
        maxAttempts: maxAttempts)
      definition.args = request.args
    } catch {
      throw .job(error)
    }
    try ScheduleName.check(name)
    if let maxRuns, maxRuns < 1 { throw .outOfRange("max_runs", "\(maxRuns)", "at least 1") }
    if let pauseAfterFailures, pauseAfterFailures < 1 {
      throw .outOfRange("pause_after_failures", "\(pauseAfterFailures)", "at least 1")
    }
    guard jitter >= .zero, jitter <= .seconds(86_400) else {
      throw .outOfRange("jitter", jitter.text, "from 0s to 1d")
    }
    guard misfireThreshold >= .zero, misfireThreshold <= .seconds(36_500 * 86_400) else {
      throw .outOfRange("misfire_threshold", misfireThreshold.text, "from 0s to 36500d")
    }
    for (column, instant) in [("start_at", startAt), ("end_at", endAt)] {
      if let instant, !Instant.representable.contains(instant) {
        throw .outOfRange(column, "\(instant.microseconds) µs", "within the years 0001 to 9999")
      }
    }
    _ = try timetable()
    return definition
  }

  /// Equal for equal content: tells two declarations, or two requests of one name, apart.
  package var contentDigest: Int64 {
    var digest = Digest()
    for value in jsonMembers.sorted(by: { $0.key < $1.key }) {
      digest.combine(value.key)
      digest.combine(value.value.json)
    }
    return Int64(bitPattern: digest.value)
  }
}

/// The rules for a schedule's name.
enum ScheduleName {
  static func check(_ name: String) throws(ScheduleError) {
    guard !name.isEmpty else { throw .name("it is empty") }
    guard name.utf8.count <= 200 else { throw .name("it has more than 200 bytes") }
    guard !name.unicodeScalars.contains(where: { $0.value < 0x20 || $0.value == 0x7F }) else {
      throw .name("it holds a control character")
    }
    guard name.first?.isWhitespace != true, name.last?.isWhitespace != true, name.first != "-"
    else { throw .name("it begins or ends with a space, or begins with a dash") }
  }
}

/// Why a schedule can't be stored, changed or carried out as it is.
public enum ScheduleError: Error, Sendable, Hashable, CustomStringConvertible {
  case name(String)
  case job(JobRequestError)
  case outOfRange(_ column: String, _ value: String, _ range: String)
  case recurrence(String)
  case timeZone(String)
  case calendars(String)
  /// It would have no occurrence from now on.
  case neverFires(String)
  case unnameable(handler: String)
  /// Damage of a stored row.
  case damaged(String)

  public var description: String {
    switch self {
    case .name(let why):
      "A schedule can't have that name: \(why). Use one such as nightly-report."
    case .job(let error): error.description
    case .outOfRange(let column, let value, let range):
      "\(column) \(value) is out of range; it goes \(range)."
    case .recurrence(let why), .timeZone(let why), .calendars(let why): why
    case .neverFires(let text):
      "'\(text)' has no occurrence from now on. Look at it with `schedules explain`, and at the "
        + "schedule's start_at, end_at and calendars."
    case .unnameable(let handler):
      "\(handler) is private, local or generic: no schedule can name it."
    case .damaged(let what): "The schedule's row is damaged: \(what)."
    }
  }
}
