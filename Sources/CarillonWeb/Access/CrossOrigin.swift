import HTTPTypes

/// Keeps other sites' pages from acting through a visitor's browser.
enum CrossOrigin {
  /// Throws `crossOrigin` for a request that changes something and says that it comes from elsewhere.
  static func check(_ head: HTTPRequest) throws(Problem) {
    switch head.method {
    case .get, .head, .options: return
    default: break
    }
    let problem = Problem(
      .crossOrigin,
      "Pages of other sites can't change anything here. Ask from a program, or from this address.")
    if let site = head.headerFields[.secFetchSite], site != "same-origin", site != "none" {
      throw problem
    }
    guard let origin = head.headerFields[.origin] else { return }
    // `null` is what pages in sandboxes and files send.
    guard let separator = origin.firstRange(of: "://"),
      origin[separator.upperBound...].lowercased() == head.authority?.lowercased()
    else { throw problem }
  }
}

extension HTTPField.Name {
  static var secFetchSite: HTTPField.Name { known("Sec-Fetch-Site") }
  static var idempotencyKey: HTTPField.Name { known("Idempotency-Key") }
  static var requestID: HTTPField.Name { known("X-Request-ID") }
  static var traceParent: HTTPField.Name { known("traceparent") }
  static var traceState: HTTPField.Name { known("tracestate") }
  static var lastEventID: HTTPField.Name { known("Last-Event-ID") }
  static var link: HTTPField.Name { known("Link") }
  static var accelBuffering: HTTPField.Name { known("X-Accel-Buffering") }
  static var contentTypeOptions: HTTPField.Name { known("X-Content-Type-Options") }

  /// A name that is spelt right here; it falls back rather than traps.
  private static func known(_ text: String) -> HTTPField.Name {
    HTTPField.Name(text) ?? .cacheControl
  }
}
