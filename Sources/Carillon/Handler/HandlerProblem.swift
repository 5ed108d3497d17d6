/// Why a handler can't be loaded by its name, or why it is in doubt which handler is meant.
///
/// The description is one or two sentences: what is wrong with which type, and what to do.
public enum HandlerProblem: Error, Hashable, Sendable {
  /// A private, fileprivate or function-local type: its name isn't stable.
  case privateType(name: String)
  /// A generic type, or one nested in a generic type: its name doesn't say which type to load.
  case genericType(name: String)
  /// A type that can't be loaded by name for some other reason.
  case unsupportedType(name: String, reason: String)
  /// Several handlers with one job type. Each still resolves by its own name.
  case duplicateJobType(jobType: String, names: [String])
  /// An alias that several handlers claim. It resolves to none of them.
  case sharedAlias(alias: String, names: [String])
  /// An alias that is the name of another handler. It resolves to that handler.
  case aliasOfAnotherHandler(alias: String, name: String)
  case emptyJobType(name: String)
  case emptyResourceType(name: String)
  case emptyAlias(name: String)
}

extension HandlerProblem: CustomStringConvertible {
  public var description: String {
    switch self {
    case .privateType(let name):
      """
      \(name) is private, so its name isn't stable and no job can load it. Remove `private` or \
      `fileprivate`; move a type that stands in a function out of it.
      """
    case .genericType(let name):
      """
      \(name) is generic or stands in a generic type, so its name doesn't say which type to load. \
      Write a final class that isn't generic, outside of generic types, and share code through it.
      """
    case .unsupportedType(let name, let reason):
      """
      \(name) can't be loaded by its name: \(reason). Declare the handler as a final class or an \
      actor at the top level of a module.
      """
    case .duplicateJobType(let jobType, let names):
      """
      The job type "\(jobType)" belongs to \(names.count) handlers: \(listed(names)). Give each a \
      job type of its own; until then jobs can name these handlers only by their type names.
      """
    case .sharedAlias(let alias, let names):
      """
      The alias "\(alias)" belongs to \(names.count) handlers: \(listed(names)). Remove it from \
      all but one; until then it resolves to none of them.
      """
    case .aliasOfAnotherHandler(let alias, let name):
      """
      \(name) has the alias "\(alias)", which is the name of another handler and resolves to that \
      one. Remove the alias, or rename the other handler.
      """
    case .emptyJobType(let name):
      """
      \(name) has an empty jobType. Give it a name that no other handler has, such as \
      "publish_post".
      """
    case .emptyResourceType(let name):
      """
      \(name) has an empty resourceType. Say what it works on, such as "post".
      """
    case .emptyAlias(let name):
      """
      \(name) has an empty alias, which resolves to nothing. Remove it.
      """
    }
  }

  /// What a job that names such a type is told; nil where the names of types are not in doubt.
  var unresolved: HandlerCatalog.Unresolved? {
    switch self {
    case .privateType(let name): .privateType(name: name)
    case .genericType(let name): .genericType(name: name)
    case .unsupportedType(let name, let reason): .unsupportedType(name: name, reason: reason)
    case .duplicateJobType, .sharedAlias, .aliasOfAnotherHandler, .emptyJobType,
      .emptyResourceType, .emptyAlias:
      nil
    }
  }
}

/// The names as a list in a sentence: `A, B and C`.
private func listed(_ names: [String]) -> String {
  guard names.count > 1, let last = names.last else { return names.first ?? "" }
  return "\(names.dropLast().joined(separator: ", ")) and \(last)"
}
