extension HandlerCatalog {
  /// Why a job's row leads to no handler of this program.
  ///
  /// That is no failure of the job: another program may have the handler, or the next version.
  public enum Unresolved: Error, Hashable, Sendable {
    /// No handler has this name or alias.
    case unknownName(name: String)
    /// The handler works on another type of resource than the job is about.
    case resourceTypeMismatch(name: String, expected: String, found: String)
    /// The handler exists, but is private and so has no stable name.
    case privateType(name: String)
    /// The handler exists, but is generic and so has no single type to load.
    case genericType(name: String)
    /// The handler exists, but can't be loaded by its name for some other reason.
    case unsupportedType(name: String, reason: String)
    /// Several handlers have this alias.
    case ambiguousAlias(name: String, handlers: [String])

    /// The name that didn't resolve.
    public var name: String {
      switch self {
      case .unknownName(let name), .resourceTypeMismatch(let name, _, _), .privateType(let name),
        .genericType(let name), .unsupportedType(let name, _), .ambiguousAlias(let name, _):
        name
      }
    }
  }
}

extension HandlerCatalog.Unresolved: CustomStringConvertible {
  public var description: String {
    switch self {
    case .unknownName(let name):
      """
      No handler here is called "\(shown(name))". Check the spelling against the list of handlers, \
      or start a program that has it.
      """
    case .resourceTypeMismatch(let name, let expected, let found):
      """
      \(name) works on resources of type "\(shown(expected))", but the job is about \
      "\(shown(found))". Correct the job's resource type or its handler.
      """
    case .privateType(let name): HandlerProblem.privateType(name: name).description
    case .genericType(let name): HandlerProblem.genericType(name: name).description
    case .unsupportedType(let name, let reason):
      HandlerProblem.unsupportedType(name: name, reason: reason).description
    case .ambiguousAlias(let name, let handlers):
      HandlerProblem.sharedAlias(alias: shown(name), names: handlers).description
    }
  }
}

/// Text from a row for a person to read: bounded, and without characters that act on a terminal or
/// turn the text around them.
private func shown(_ text: String) -> String {
  let limit = 120
  var shown = ""
  for (count, scalar) in text.unicodeScalars.enumerated() {
    if count == limit { return "\(shown)…" }
    switch scalar.properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .privateUse, .unassigned:
      shown += "\\u{\(String(scalar.value, radix: 16))}"
    default: shown.unicodeScalars.append(scalar)
    }
  }
  return shown
}
