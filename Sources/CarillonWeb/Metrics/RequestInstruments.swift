import Carillon
import HTTPTypes
import Metrics
import Synchronization

/// Counts requests by route; what leads to no route is counted together.
final class RequestInstruments: Sendable {
  private struct Key: Hashable {
    let route: String
    let method: String
    let status: Int
  }

  private let counters = Mutex<[Key: Counter]>([:])
  private let timers = Mutex<[String: Timer]>([:])

  func answered(_ route: Route?, _ status: HTTPResponse.Status, in duration: Duration) {
    let path = route?.path ?? "none"
    let key = Key(route: path, method: route?.method.rawValue ?? "other", status: status.code)
    let counter = counters.withLock { known in
      if let counter = known[key] { return counter }
      let new = Counter(
        label: "carillon_http_requests_total",
        dimensions: [
          ("route", key.route), ("method", key.method), ("status", "\(key.status)"),
        ])
      known[key] = new
      return new
    }
    counter.increment()
    let timer = timers.withLock { known in
      if let timer = known[path] { return timer }
      let new = Timer(label: "carillon_http_request_seconds", dimensions: [("route", path)])
      known[path] = new
      return new
    }
    timer.recordMicroseconds(max(duration.microseconds, 0))
  }
}
