/// What a benchmark is to measure.
struct BenchPlan: Sendable, Hashable {
  var jobs = 50_000
  var concurrency = 500
  var finished = 0
  var repetitions = 3
  var lateness = false
  var pickup = false
}
