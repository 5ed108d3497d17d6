/// What a benchmark is to measure.
struct BenchPlan: Sendable, Hashable {
  var jobs = 50_000
  var concurrency = 500
  /// Jobs that have ended, beside which the drain is measured again.
  var finished = 0
  /// Jobs of a distant future, likewise.
  var future = 0
  var repetitions = 3
  var lateness = false
  var pickup = false

  var isBesideOthers: Bool { finished > 0 || future > 0 }
}
