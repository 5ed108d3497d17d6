import Metrics
import Synchronization

/// The engine's metrics, by queue, handler and outcome.
///
/// `carillon_attempts_total`, `carillon_wait_seconds`, `carillon_run_seconds`,
/// `carillon_claims_lost_total`, `carillon_store_errors_total`, `carillon_occurrences_total`,
/// `carillon_firing_lateness_seconds`, `carillon_last_firing_timestamp_seconds`.
final class Instruments: Sendable {
  private struct Key: Hashable {
    let queue: String
    let handler: String
    let outcome: AttemptOutcome
  }

  private struct Series: Sendable {
    let attempts: Counter
    let wait: Timer
    let run: Timer
  }

  private let series = Mutex<[Key: Series]>([:])
  private let claimsLost = Counter(label: "carillon_claims_lost_total")
  private let occurrences = Counter(label: "carillon_occurrences_total")
  private let lateness = Timer(label: "carillon_firing_lateness_seconds")
  private let lastFiring = Gauge(label: "carillon_last_firing_timestamp_seconds")
  private let storeErrors = Counter(label: "carillon_store_errors_total")

  /// An attempt of `job` (as it was claimed) has been settled.
  func settled(_ job: Job, _ outcome: AttemptOutcome, now: Instant) {
    let key = Key(queue: job.queue, handler: job.handlerModule, outcome: outcome)
    let series = series.withLock { known in
      if let existing = known[key] { return existing }
      let dimensions = [
        ("queue", key.queue), ("handler", key.handler), ("outcome", key.outcome.rawValue),
      ]
      let new = Series(
        attempts: Counter(label: "carillon_attempts_total", dimensions: dimensions),
        wait: Timer(label: "carillon_wait_seconds", dimensions: dimensions),
        run: Timer(label: "carillon_run_seconds", dimensions: dimensions))
      known[key] = new
      return new
    }
    series.attempts.increment()
    let start = job.claimedAt ?? now
    series.wait.recordMicroseconds(job.wait(until: start).microseconds)
    series.run.recordMicroseconds(max((now - start).microseconds, 0))
  }

  /// A schedule has fired.
  func fired(_ firing: ScheduleFiring, jobs: Int) {
    occurrences.increment(by: jobs)
    lastFiring.record(firing.decidedAt.microseconds / 1_000_000)
    guard let nextAt = firing.schedule.nextAt else { return }
    lateness.recordMicroseconds(max((firing.decidedAt - nextAt).microseconds, 0))
  }

  func claimLost() { claimsLost.increment() }
  func storeFailed() { storeErrors.increment() }
}
