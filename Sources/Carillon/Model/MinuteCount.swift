/// How many attempts of one queue and handler ended alike in one minute, and how long they took.
///
/// Kept with the completions, so that no statistic ever counts rows.
public struct MinuteCount: Sendable, Hashable {
  public struct Key: Sendable, Hashable, Comparable {
    /// Minutes since the Unix epoch.
    public let minute: Int64
    public let queue: String
    public let handlerModule: String
    public let outcome: AttemptOutcome

    package init(minute: Int64, queue: String, handlerModule: String, outcome: AttemptOutcome) {
      self.minute = minute
      self.queue = queue
      self.handlerModule = handlerModule
      self.outcome = outcome
    }

    public static func < (lhs: Key, rhs: Key) -> Bool {
      (lhs.minute, lhs.queue, lhs.handlerModule, lhs.outcome.rawValue)
        < (rhs.minute, rhs.queue, rhs.handlerModule, rhs.outcome.rawValue)
    }
  }

  public let key: Key
  public var count: Int
  /// From `run_at`, or from when it was stored if that was later, to the claim.
  public var wait: Buckets
  /// From the claim to the end.
  public var runTime: Buckets

  /// Counts of durations by size; bucket i holds those below `bounds[i]`, the last the rest.
  public struct Buckets: Sendable, Hashable {
    /// Upper bounds in milliseconds: a 1-2-5 series from 1 ms to an hour and more.
    public static let bounds: [Int64] = [
      1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 20_000, 60_000, 300_000,
      1_800_000, 7_200_000,
    ]

    public var counts: [Int]

    public init(counts: [Int] = []) {
      let size = Buckets.bounds.count + 1
      self.counts = Array((counts + Array(repeating: 0, count: size)).prefix(size))
    }

    public mutating func add(_ duration: Duration) {
      let microseconds = duration.microseconds
      let index = Buckets.bounds.firstIndex { microseconds < $0 * 1_000 }
      let slot = index ?? Buckets.bounds.count
      counts[slot] = counts[slot].addingSaturated(1)
    }

    public mutating func add(_ other: Buckets) {
      for index in counts.indices {
        counts[index] = counts[index].addingSaturated(other.counts[index])
      }
    }
  }

  package init(key: Key, count: Int = 0, wait: Buckets = .init(), runTime: Buckets = .init()) {
    self.key = key
    self.count = count
    self.wait = wait
    self.runTime = runTime
  }

  package mutating func add(_ other: MinuteCount) {
    count = count.addingSaturated(other.count)
    wait.add(other.wait)
    runTime.add(other.runTime)
  }
}

extension MinuteCount {
  /// What the attempt that ends `job`'s claim adds to the statistics.
  package init(of job: Job, attempt: Attempt, outcome: AttemptOutcome, at end: Instant) {
    self.init(
      key: Key(
        minute: end.microseconds / 60_000_000, queue: job.queue,
        handlerModule: job.handlerModule, outcome: outcome),
      count: 1)
    wait.add(job.wait(until: attempt.startedAt))
    runTime.add(end - attempt.startedAt)
  }
}

extension Job {
  /// How long it had been due when an attempt started; one that was stored for a time long past
  /// couldn't start before it was stored.
  package func wait(until start: Instant) -> Duration {
    max(start - max(runAt, insertedAt), .zero)
  }
}

extension Int {
  /// The sum, or the end of the range beyond which it lies: stored numbers may be anything.
  package func addingSaturated(_ other: Int) -> Int {
    let (sum, overflow) = addingReportingOverflow(other)
    guard overflow else { return sum }
    return other > 0 ? .max : .min
  }
}
