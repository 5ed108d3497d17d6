import Foundation
import HTTPTypes

/// Which route answers a method and a path.
struct RouteTable: Sendable {
  enum Match: Sendable {
    case route(Route, [String: String])
    /// The path exists, with these methods.
    case otherMethods([HTTPRequest.Method])
    case nothing
  }

  let routes: [Route]
  private let byLength: [Int: [Route]]

  init(_ routes: [Route]) {
    self.routes = routes
    byLength = Dictionary(grouping: routes, by: \.segments.count)
  }

  /// - Parameter path: the path's parts, decoded.
  func match(_ method: HTTPRequest.Method, _ path: [String]) -> Match {
    let wanted = method == .head ? .get : method
    var found: [(route: Route, parameters: [String: String])] = []
    for route in byLength[path.count] ?? [] {
      guard let parameters = route.parameters(of: path) else { continue }
      // A path that says more itself is meant: /jobs/bulk is no job.
      if let known = found.first, known.parameters.count != parameters.count {
        if known.parameters.count < parameters.count { continue }
        found = []
      }
      found.append((route, parameters))
    }
    if let match = found.first(where: { $0.route.method == wanted }) {
      return .route(match.route, match.parameters)
    }
    let methods = found.flatMap { $0.route.method == .get ? [.get, .head] : [$0.route.method] }
    return methods.isEmpty ? .nothing : .otherMethods(methods)
  }

  /// The decoded parts of a path; nil when it isn't one that a route could have.
  static func parts(of path: some StringProtocol) -> [String]? {
    guard path.hasPrefix("/") else { return nil }
    if path == "/" { return [] }
    var parts: [String] = []
    for part in path.dropFirst().split(separator: "/", omittingEmptySubsequences: false) {
      guard let text = String(part).removingPercentEncoding, !text.isEmpty else { return nil }
      parts.append(text)
    }
    return parts
  }
}

/// The parts of a query string.
enum Query {
  /// Each name once; throws on what can't be read.
  static func parse(_ text: some StringProtocol) throws(Problem) -> [String: String] {
    var values: [String: String] = [:]
    for pair in text.split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = decoded(sides[0])
      let value = sides.count > 1 ? decoded(sides[1]) : ""
      guard let name, let value else {
        throw Problem(.invalidParameter, "The query is not percent-encoded UTF-8.")
      }
      guard values.updateValue(value, forKey: name) == nil else {
        throw .parameter(String(name.prefix(80)), "stands twice.")
      }
    }
    return values
  }

  private static func decoded(_ text: some StringProtocol) -> String? {
    String(text).replacing("+", with: " ").removingPercentEncoding
  }

  static func encoded(_ text: String) -> String {
    var allowed = CharacterSet.alphanumerics
    allowed.insert(charactersIn: "-._~")
    // Letters of other scripts are alphanumerics too, and must be encoded.
    return text.addingPercentEncoding(
      withAllowedCharacters: allowed.intersection(CharacterSet(charactersIn: "!"..."~"))) ?? ""
  }
}
