/// A store doesn't do what a rule says.
public struct RuleViolation: Error, Sendable, CustomStringConvertible {
  /// The rule's sentence.
  public let rule: String
  /// What was looked at.
  public let subject: String
  public let expected: String
  public let found: String
  /// Where in the rule.
  public let line: UInt

  public var description: String {
    "\(rule)\n  \(subject) (line \(line))\n  expected: \(expected)\n  found:    \(found)"
  }
}

/// Where two values differ, in few words: only the fields that do, where they have the same type.
func difference<Value>(_ expected: Value, _ found: Value) -> (expected: String, found: String) {
  let (one, other) = (Mirror(reflecting: expected), Mirror(reflecting: found))
  guard one.displayStyle == .struct, one.children.count == other.children.count else {
    return (shortened(expected), shortened(found))
  }
  var fields: (expected: [String], found: [String]) = ([], [])
  for (left, right) in zip(one.children, other.children) {
    let (wanted, seen) = (shortened(left.value), shortened(right.value))
    guard wanted != seen else { continue }
    fields.expected.append("\(left.label ?? "") = \(wanted)")
    fields.found.append("\(right.label ?? "") = \(seen)")
  }
  guard !fields.found.isEmpty else { return (shortened(expected), shortened(found)) }
  return (fields.expected.joined(separator: ", "), fields.found.joined(separator: ", "))
}

private func shortened(_ value: Any) -> String {
  let text = String(describing: value)
  return text.count > 2_000 ? "\(text.prefix(2_000))…" : text
}
