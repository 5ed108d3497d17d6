/// A handler as its own program describes it: what nodes publish, and what is for people to read.
public struct HandlerDescription: Sendable, Hashable {
  public let handler: PublishedHandler
  /// What it does, in a line; empty when it doesn't say.
  public let summary: String
  /// What its args look like, as JSON Schema; null when it doesn't say.
  public let argsSchema: JSONValue

  /// The handler as JSON, with `summary` and `args_schema`, which may be null.
  public var jsonValue: JSONValue {
    var members = handler.jsonValue.object ?? [:]
    members["summary"] = summary.isEmpty ? .null : .string(summary)
    members["args_schema"] = argsSchema
    return .object(members)
  }

  /// The args that the schema names, in a line, those that are required first:
  /// `width: integer, format?: jpeg | png`; nil when it names none.
  package var argsWords: String? {
    guard let properties = argsSchema["properties"]?.object, !properties.isEmpty else { return nil }
    let required = Set(argsSchema["required"]?.array?.compactMap(\.string) ?? [])
    let names = properties.keys.sorted {
      (required.contains($0) ? 0 : 1, $0) < (required.contains($1) ? 0 : 1, $1)
    }
    return names.map { name in
      let words = HandlerDescription.words(of: properties[name] ?? .null)
      return "\(name)\(required.contains(name) ? "" : "?")\(words.map { ": \($0)" } ?? "")"
    }.joined(separator: ", ")
  }

  private static func words(of schema: JSONValue) -> String? {
    if let values = schema["enum"]?.array {
      return values.map { $0.string ?? $0.json }.joined(separator: " | ")
    }
    if let types = schema["type"]?.array {
      return types.compactMap(\.string).joined(separator: " | ")
    }
    guard let type = schema["type"]?.string else { return nil }
    guard type == "array", let items = schema["items"], let each = words(of: items) else {
      return type
    }
    return "[\(each)]"
  }
}

extension HandlerCatalog {
  /// The handlers, as this program describes them.
  public var descriptions: [HandlerDescription] {
    zip(published, entries).map { handler, entry in
      HandlerDescription(
        handler: handler, summary: entry.type.summary,
        argsSchema: entry.type.argsSchema)
    }
  }
}
