import Carillon

/// Attempts over a stretch of time, in equal parts: how many ended how, and how long they took.
struct Traffic: Sendable, Hashable {
  /// A stretch of time that can be asked for.
  enum Range: String, Sendable, Hashable, CaseIterable {
    case hour = "1h"
    case sixHours = "6h"
    case day = "24h"

    var minutes: Int {
      switch self {
      case .hour: 60
      case .sixHours: 360
      case .day: 1_440
      }
    }

    /// Minutes in one part: sixty or more parts each.
    var minutesInPart: Int {
      switch self {
      case .hour: 1
      case .sixHours: 5
      case .day: 20
      }
    }

    var words: String {
      switch self {
      case .hour: "hour"
      case .sixHours: "6 hours"
      case .day: "24 hours"
      }
    }
  }

  struct Part: Sendable, Hashable {
    /// Its first minute since the epoch.
    var minute: Int64
    var succeeded = 0
    var failed = 0
    /// Snoozed, given back, cancelled.
    var other = 0
    var wait = MinuteCount.Buckets()
    var runTime = MinuteCount.Buckets()

    var all: Int { succeeded.addingSaturated(failed).addingSaturated(other) }
    var start: Instant { Instant(microseconds: minute.multipliedSaturated(by: 60_000_000)) }

    mutating func add(_ count: MinuteCount) {
      switch count.key.outcome {
      case .ok: succeeded = succeeded.addingSaturated(count.count)
      case .error, .lost: failed = failed.addingSaturated(count.count)
      case .snooze, .release, .cancel: other = other.addingSaturated(count.count)
      }
      wait.add(count.wait)
      runTime.add(count.runTime)
    }
  }

  let range: Range
  /// Oldest first; the last one isn't over.
  private(set) var parts: [Part]
  private(set) var total = Part(minute: 0)

  /// Where the counts of a range begin, so that its parts don't move with every minute.
  static func start(of range: Range, at now: Instant) -> Int64 {
    let length = Int64(range.minutesInPart)
    let last = now.microseconds / 60_000_000 / length
    return (last - Int64(range.minutes) / length + 1) * length
  }

  init(_ counts: [MinuteCount], range: Range, at now: Instant) {
    self.range = range
    let length = Int64(range.minutesInPart)
    let first = Traffic.start(of: range, at: now)
    parts = (0..<(range.minutes / range.minutesInPart)).map {
      Part(minute: first + Int64($0) * length)
    }
    for count in counts where count.key.minute >= first {
      let index = (count.key.minute - first) / length
      guard index < Int64(parts.count) else { continue }
      parts[Int(index)].add(count)
      total.add(count)
    }
  }

  /// The share of attempts that failed, of those that succeeded or failed; nil without any.
  var failureShare: Double? {
    let judged = total.succeeded.addingSaturated(total.failed)
    return judged > 0 ? Double(total.failed) / Double(judged) : nil
  }
}

extension MinuteCount.Buckets {
  /// How many durations there are.
  var count: Int { counts.reduce(0) { $0.addingSaturated(max($1, 0)) } }

  /// The duration, in milliseconds, that a share of them doesn't exceed: within its bucket as if they
  /// were spread evenly. Nil without any.
  func quantile(_ share: Double) -> Double? {
    let all = count
    guard all > 0 else { return nil }
    let wanted = share * Double(all)
    var before = 0.0
    for (index, number) in counts.enumerated() where number > 0 {
      let after = before + Double(number)
      if after >= wanted {
        let low = index == 0 ? 0 : Double(MinuteCount.Buckets.bounds[index - 1])
        guard index < MinuteCount.Buckets.bounds.count else { return low }
        let high = Double(MinuteCount.Buckets.bounds[index])
        return low + (high - low) * max(0, wanted - before) / Double(number)
      }
      before = after
    }
    return MinuteCount.Buckets.bounds.last.map(Double.init)
  }

  /// The quantile in words: `80ms`, `2.5s`, `1h30m`; a dash without any.
  func quantileText(_ share: Double) -> String {
    guard let milliseconds = quantile(share) else { return "–" }
    if milliseconds < 1 { return "<1ms" }
    return Duration.milliseconds(Int64(milliseconds.rounded())).text
  }
}

extension Int64 {
  fileprivate func multipliedSaturated(by factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    guard overflow else { return product }
    return (self < 0) == (factor < 0) ? .max : .min
  }
}
