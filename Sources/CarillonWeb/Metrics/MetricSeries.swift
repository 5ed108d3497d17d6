import CoreMetrics
import Synchronization

/// One metric with one set of labels: a number, or a histogram of numbers.
final class MetricSeries: CounterHandler, FloatingPointCounterHandler, MeterHandler,
  RecorderHandler, TimerHandler
{
  /// Upper bounds: seconds for timers, so from a millisecond to an hour.
  static let bounds: [Double] = [
    0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 1_800, 3_600,
  ]

  private struct State {
    var value = 0.0
    var count = 0
    var buckets: [Int]
  }

  private let kind: MetricKind
  private let state: Mutex<State>

  init(_ kind: MetricKind) {
    self.kind = kind
    let size = kind == .histogram ? MetricSeries.bounds.count : 0
    state = Mutex(State(buckets: Array(repeating: 0, count: size)))
  }

  // MARK: Counting

  func increment(by amount: Int64) { increment(by: Double(amount)) }

  func increment(by amount: Double) {
    // A counter that falls would look like a restart.
    guard amount.isFinite, amount > 0 else { return }
    state.withLock { $0.value += amount }
  }

  func decrement(by amount: Double) {
    guard amount.isFinite else { return }
    state.withLock { $0.value -= amount }
  }

  func reset() { state.withLock { $0.value = 0 } }

  // MARK: Setting

  func set(_ value: Int64) { set(Double(value)) }
  func set(_ value: Double) { state.withLock { $0.value = value } }

  // MARK: Recording

  func recordNanoseconds(_ duration: Int64) { observe(Double(duration) / 1_000_000_000) }
  func record(_ value: Int64) { record(Double(value)) }

  func record(_ value: Double) {
    if kind == .histogram { observe(value) } else { set(value) }
  }

  private func observe(_ value: Double) {
    guard value.isFinite else { return }
    state.withLock { state in
      state.value += value
      state.count += 1
      if let index = MetricSeries.bounds.firstIndex(where: { value <= $0 }) {
        state.buckets[index] += 1
      }
    }
  }

  // MARK: Writing

  /// - Parameter labels: as they stand between braces.
  func text(_ name: String, _ labels: String) -> String {
    let state = state.withLock { $0 }
    switch kind {
    case .counter, .gauge:
      return PrometheusText.sample(name, labels, state.value)
    case .histogram:
      var text = ""
      var sum = 0
      for (bound, count) in zip(MetricSeries.bounds, state.buckets) {
        sum += count
        text += PrometheusText.sample(
          "\(name)_bucket", PrometheusText.joined(labels, "le=\"\(PrometheusText.number(bound))\""),
          Double(sum))
      }
      text += PrometheusText.sample(
        "\(name)_bucket", PrometheusText.joined(labels, "le=\"+Inf\""), Double(state.count))
      text += PrometheusText.sample("\(name)_sum", labels, state.value)
      text += PrometheusText.sample("\(name)_count", labels, Double(state.count))
      return text
    }
  }
}
