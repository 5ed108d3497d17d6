import Carillon

extension Redaction {
  /// A job's record as this role may see it.
  func record(_ value: JSONValue, for role: Role?) -> JSONValue {
    guard role != .admin, var members = value.object else { return value }
    for name in ["args", "result"] {
      if let part = members[name] { members[name] = self(part) }
    }
    return .object(members)
  }
}
