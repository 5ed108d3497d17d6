import HTTPTypes

/// The trace that a request belongs to, by the W3C's Trace Context: kept with the jobs that it stores,
/// so that their attempts are linked to it.
enum TraceHeaders {
  private static let longestState = 512

  /// What a job keeps; empty where there is none, or none of the right form.
  static func read(_ headers: HTTPFields) -> [String: String] {
    guard let parent = headers[.traceParent], isParent(parent) else { return [:] }
    var context = ["traceparent": parent]
    if let state = headers[.traceState], state.utf8.count <= longestState,
      state.utf8.allSatisfy({ (0x20...0x7E).contains($0) }), !state.isEmpty
    {
      context["tracestate"] = state
    }
    return context
  }

  /// `00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`.
  private static func isParent(_ text: String) -> Bool {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    let isHex = text.utf8.allSatisfy {
      (0x30...0x39).contains($0) || (0x61...0x66).contains($0) || $0 == 0x2D
    }
    return isHex && parts.map(\.utf8.count) == [2, 32, 16, 2] && parts[0] == "00"
      && parts[1].contains { $0 != "0" } && parts[2].contains { $0 != "0" }
  }
}
