import Carillon

/// What a benchmark has measured.
struct BenchFigures: Sendable {
  /// How some durations were spread.
  struct Spread: Sendable, Hashable {
    let p50: Duration
    let p99: Duration
    let max: Duration

    /// Nil when there is none.
    init?(_ durations: [Duration]) {
      let sorted = durations.sorted()
      guard let last = sorted.last else { return nil }
      func percentile(_ part: Double) -> Duration {
        sorted[min(sorted.count - 1, Int((Double(sorted.count) * part).rounded(.up)) - 1)]
      }
      p50 = percentile(0.5)
      p99 = percentile(0.99)
      max = last
    }

    fileprivate var jsonValue: JSONValue {
      .object(["p50": Spread.json(p50), "p99": Spread.json(p99), "max": Spread.json(max)])
    }

    /// In milliseconds.
    private static func json(_ duration: Duration) -> JSONValue {
      JSONNumber(Double(duration.microseconds) / 1_000).map(JSONValue.number) ?? .null
    }

    var text: String { "p50 \(p50.text), p99 \(p99.text), max \(max.text)" }
  }

  let store: String
  let plan: BenchPlan
  var singleInserts: Double?
  var bulkInserts: Double?
  var drain: Double?
  var drainBeside: Double?
  var nextInstants: Double?
  var lateness: Spread?
  var pickup: Spread?
  var pickupFromOther: Spread?

  /// The middle one of several measurements; the mean of the middle two of an even number.
  static func median(_ values: [Double]) -> Double? {
    let sorted = values.sorted()
    guard !sorted.isEmpty else { return nil }
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }

  static var isDebugBuild: Bool {
    #if DEBUG
      true
    #else
      false
    #endif
  }

  var jsonValue: JSONValue {
    func rate(_ value: Double?) -> JSONValue {
      value.flatMap { JSONNumber($0.rounded()) }.map(JSONValue.number) ?? .null
    }
    return .object([
      "store": .string(store),
      "debug_build": .bool(BenchFigures.isDebugBuild),
      "jobs": JSONValue(plan.jobs),
      "concurrency": JSONValue(plan.concurrency),
      "finished": JSONValue(plan.finished),
      "future": JSONValue(plan.future),
      "repeat": JSONValue(plan.repetitions),
      "single_inserts_per_second": rate(singleInserts),
      "bulk_inserts_per_second": rate(bulkInserts),
      "drain_per_second": rate(drain),
      "drain_beside_others_per_second": rate(drainBeside),
      "next_instants_per_second": rate(nextInstants),
      "lateness_ms": lateness?.jsonValue ?? .null,
      "pickup_ms": pickup?.jsonValue ?? .null,
      "pickup_from_other_node_ms": pickupFromOther?.jsonValue ?? .null,
    ])
  }

  func print(on screen: Screen) {
    screen.line(screen.styled(store.harmless, .bold))
    func line(_ label: String, _ value: String, _ note: String) {
      screen.line(
        "  \(label.padded(to: 15)) \(value.padded(to: 12, onTheLeft: true))  "
          + screen.styled(note, .dim))
    }
    func rate(_ label: String, _ value: Double?, _ note: String) {
      if let value { line(label, "\(BenchFigures.grouped(Int(value)))/s", note) }
    }
    let jobs = BenchFigures.grouped(plan.jobs)
    rate("single inserts", singleInserts, "one job, one durable commit")
    rate("bulk insert", bulkInserts, "\(jobs) jobs in one call")
    rate("drain", drain, "\(jobs) due jobs that do nothing, \(plan.concurrency) at once")
    let finished = BenchFigures.grouped(plan.finished)
    let future = BenchFigures.grouped(plan.future)
    rate(
      "drain, full", drainBeside, "the same beside \(finished) finished and \(future) future jobs")
    rate("next instants", nextInstants, "of ordinary schedules, on one core")
    func times(_ label: String, _ spread: Spread?, _ note: String) {
      guard let spread else { return }
      screen.line("  \(label.padded(to: 15)) \(spread.text)  " + screen.styled(note, .dim))
    }
    times("start lateness", lateness, "500 jobs over 20s")
    times("pick-up, idle", pickup, "from before the insert to the handler")
    times("pick-up, other", pickupFromOther, "the same, inserted by another node")
    if BenchFigures.isDebugBuild {
      screen.line(
        screen.styled("  A debug build: build with -c release for numbers that count.", .yellow))
    }
  }

  /// `1 234 567`.
  static func grouped(_ number: Int) -> String {
    var text = ""
    let digits = String(number)
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0, digits.first != "-" || index > 1 {
        text += " "
      }
      text.append(digit)
    }
    return text
  }
}
