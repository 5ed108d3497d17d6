public import CoreMetrics
import Synchronization

/// Keeps the program's metrics, and writes them as Prometheus reads them.
///
///     let exposition = PrometheusExposition()
///     MetricsSystem.bootstrap(exposition)
///
/// Timers and recorders become histograms, timers in seconds. A metric has at most `mostSeries`
/// combinations of label values; what goes beyond is counted under `other`, so that a program that
/// labels with something endless can't fill the memory.
public final class PrometheusExposition: MetricsFactory {
  private let families = Mutex<[String: MetricFamily]>([:])
  private let mostSeries: Int

  public init(mostSeries: Int = 500) {
    self.mostSeries = max(mostSeries, 1)
  }

  // MARK: Making handlers

  public func makeCounter(label: String, dimensions: [(String, String)]) -> any CounterHandler {
    series(label, dimensions, .counter)
  }

  public func makeFloatingPointCounter(
    label: String, dimensions: [(String, String)]
  ) -> any FloatingPointCounterHandler {
    series(label, dimensions, .counter)
  }

  public func makeMeter(label: String, dimensions: [(String, String)]) -> any MeterHandler {
    series(label, dimensions, .gauge)
  }

  public func makeRecorder(
    label: String, dimensions: [(String, String)], aggregate: Bool
  ) -> any RecorderHandler {
    series(label, dimensions, aggregate ? .histogram : .gauge)
  }

  public func makeTimer(label: String, dimensions: [(String, String)]) -> any TimerHandler {
    series(label, dimensions, .histogram)
  }

  // A series stays: one that vanishes and comes back would look like a restart.
  public func destroyCounter(_ handler: any CounterHandler) {}
  public func destroyFloatingPointCounter(_ handler: any FloatingPointCounterHandler) {}
  public func destroyMeter(_ handler: any MeterHandler) {}
  public func destroyRecorder(_ handler: any RecorderHandler) {}
  public func destroyTimer(_ handler: any TimerHandler) {}

  private func series(
    _ label: String, _ dimensions: [(String, String)], _ kind: MetricKind
  ) -> MetricSeries {
    let name = PrometheusText.name(label, of: kind)
    return families.withLock { families in
      var family = families[name] ?? MetricFamily(name: name, kind: kind)
      // A name that is used for two kinds would make the whole text unreadable.
      guard family.kind == kind else { return MetricSeries(kind) }
      let series = family.series(PrometheusText.labels(dimensions), most: mostSeries)
      families[name] = family
      return series
    }
  }

  // MARK: Writing

  /// All metrics, in the order of their names.
  public func text() -> String {
    let families = families.withLock { $0.values.sorted { $0.name < $1.name } }
    return families.map(\.text).joined()
  }
}

/// What a metric is.
enum MetricKind: String, Sendable {
  case counter, gauge, histogram
}

/// All series of one name.
struct MetricFamily: Sendable {
  let name: String
  let kind: MetricKind
  /// By their labels' text.
  private var members: [String: MetricSeries] = [:]

  init(name: String, kind: MetricKind) {
    self.name = name
    self.kind = kind
  }

  mutating func series(_ labels: [(name: String, value: String)], most: Int) -> MetricSeries {
    var text = PrometheusText.text(of: labels)
    if members[text] == nil, members.count >= most {
      text = PrometheusText.text(of: labels.map { ($0.name, "other") })
    }
    if let known = members[text] { return known }
    let new = MetricSeries(kind)
    members[text] = new
    return new
  }

  var text: String {
    var lines =
      "# HELP \(name) \(PrometheusText.help(name))\n# TYPE \(name) \(kind.rawValue)\n"
    for (labels, series) in members.sorted(by: { $0.key < $1.key }) {
      lines += series.text(name, labels)
    }
    return lines
  }
}
