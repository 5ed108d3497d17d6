/// Options that every command understands, written before the command: `carillon --store … stats`.
enum LeadingOptions {
  private static let withValue = ["--store", "--log-level"]
  private static let flags = ["--json"]

  /// The arguments with such options behind the rest, where the parser looks for them.
  static func moved(_ arguments: [String]) -> [String] {
    // What follows `--` is no option any more.
    guard !arguments.contains("--") else { return arguments }
    var rest = arguments[...]
    var leading: [String] = []
    while let first = rest.first {
      if flags.contains(first) || withValue.contains(where: { first.hasPrefix("\($0)=") }) {
        leading.append(rest.removeFirst())
      } else if withValue.contains(first), rest.count > 1 {
        leading += [rest.removeFirst(), rest.removeFirst()]
      } else {
        break
      }
    }
    return rest.isEmpty ? arguments : rest + leading
  }
}
