import Carillon

extension Session {
  /// Prints JSON on stdout: over several lines for a person at a terminal, in one line otherwise.
  func print(_ json: JSONValue) {
    out.line(harmlessJSON(out.isTerminal ? json.prettyJSON : json.json))
  }
}
