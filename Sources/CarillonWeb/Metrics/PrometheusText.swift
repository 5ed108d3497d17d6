/// The text format of Prometheus, version 0.0.4.
enum PrometheusText {
  static let type = "text/plain; version=0.0.4; charset=utf-8"

  /// A name that Prometheus takes; counters end in `_total`.
  static func name(_ label: String, of kind: MetricKind) -> String {
    let name = sound(label)
    return kind == .counter && !name.hasSuffix("_total") ? name + "_total" : name
  }

  private static func sound(_ text: String) -> String {
    var name = ""
    for scalar in text.unicodeScalars {
      let isSound =
        scalar.isASCII && (scalar.properties.isAlphabetic || scalar == "_" || scalar == ":")
        || ("0"..."9").contains(scalar) && !name.isEmpty
      name.unicodeScalars.append(isSound ? scalar : "_")
    }
    return name.isEmpty ? "_" : name
  }

  /// Labels in the order of their names, each once.
  static func labels(_ dimensions: [(String, String)]) -> [(name: String, value: String)] {
    var values: [String: String] = [:]
    for (name, value) in dimensions {
      let name = sound(name).replacing(":", with: "_")
      values[name] = String(value.prefix(200))
    }
    return values.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }

  static func text(of labels: [(name: String, value: String)]) -> String {
    labels.map { "\($0.name)=\"\(escaped($0.value))\"" }.joined(separator: ",")
  }

  private static func escaped(_ text: String) -> String {
    var escaped = ""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\\": escaped += "\\\\"
      case "\"": escaped += "\\\""
      case "\n": escaped += "\\n"
      default: escaped.unicodeScalars.append(scalar)
      }
    }
    return escaped
  }

  static func joined(_ labels: String, _ more: String) -> String {
    labels.isEmpty ? more : "\(labels),\(more)"
  }

  static func sample(_ name: String, _ labels: String, _ value: Double) -> String {
    labels.isEmpty ? "\(name) \(number(value))\n" : "\(name){\(labels)} \(number(value))\n"
  }

  static func number(_ value: Double) -> String {
    if value.isNaN { return "NaN" }
    if value.isInfinite { return value < 0 ? "-Inf" : "+Inf" }
    guard let whole = Int64(exactly: value) else { return "\(value)" }
    return "\(whole)"
  }

  /// What Carillon's own metrics mean; of others, their name.
  static func help(_ name: String) -> String {
    switch name {
    case "carillon_attempts_total": "Attempts that have ended, by queue, handler and outcome."
    case "carillon_wait_seconds": "From the time a job was due to its start."
    case "carillon_run_seconds": "From an attempt's start to its end."
    case "carillon_claims_lost_total": "Outcomes that came after the claim was lost."
    case "carillon_store_errors_total": "Calls of the store that failed."
    case "carillon_http_requests_total": "HTTP requests, by route, method and status."
    case "carillon_http_request_seconds": "From an HTTP request's head to its answer."
    case "carillon_jobs": "Stored jobs by status."
    case "carillon_queue_jobs": "Live jobs by queue and state."
    case "carillon_queue_oldest_due_seconds": "How long the oldest due job of a queue has waited."
    case "carillon_nodes": "Registered nodes by state."
    case "carillon_unresolved_jobs": "Due jobs whose handler no live node knows."
    case "carillon_event_listeners": "Clients that listen to events."
    default: name.replacing("_", with: " ")
    }
  }
}
