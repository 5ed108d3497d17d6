import Carillon

import Foundation
import HTTPTypes

@testable import CarillonWeb

/// Holds answers against an OpenAPI document: a small validator of the JSON Schema that it uses.
struct Contract {
  private let document: JSONValue

  init(_ document: JSONValue) { self.document = document }

  /// What of an answer the document doesn't say.
  func flaws(of status: Int, _ type: String?, _ text: String, from route: Route) -> [String] {
    let operation = document["paths"]?[route.path]?[route.method.rawValue.lowercased()]
    guard let response = operation?["responses"]?["\(status)"] else {
      return ["status \(status) isn't documented"]
    }
    guard let content = response["content"]?.object else {
      return text.isEmpty ? [] : ["has a body, but none is documented"]
    }
    let type = (type ?? "").prefix { $0 != ";" }
    guard let schema = content[String(type)]?["schema"] else {
      return ["'\(type)' isn't documented for \(status)"]
    }
    guard type.hasSuffix("json") else { return [] }
    guard let value = try? JSONValue(json: text) else { return ["is no JSON: \(text.prefix(80))"] }
    return flaws(of: value, schema, at: "")
  }

  func flaws(of value: JSONValue, _ schema: JSONValue, at path: String) -> [String] {
    var flaws: [String] = []
    if let reference = schema["$ref"]?.string {
      let name = reference.split(separator: "/").last.map(String.init) ?? ""
      guard let target = document["components"]?["schemas"]?[name] else {
        return ["\(path): \(reference) leads nowhere"]
      }
      return self.flaws(of: value, target, at: path)
    }
    if let choices = schema["anyOf"]?.array {
      if !choices.contains(where: { self.flaws(of: value, $0, at: path).isEmpty }) {
        flaws.append("\(path): \(value.json.prefix(60)) is none of the choices")
      }
    }
    if let values = schema["enum"]?.array, !values.contains(value) {
      flaws.append("\(path): \(value.json) is not in the enum")
    }
    if let type = schema["type"]?.string, !Contract.isOf(type, value) {
      return flaws + ["\(path): \(value.json.prefix(60)) is no \(type)"]
    }
    if let format = schema["format"]?.string, let text = value.string {
      if format == "uuid", UUID(uuidString: text) == nil { flaws.append("\(path): no uuid") }
      if format == "date-time", (try? Instant(rfc3339: text)) == nil {
        flaws.append("\(path): no time")
      }
    }
    if let members = value.object {
      let properties = schema["properties"]?.object ?? [:]
      for name in schema["required"]?.array ?? [] where members[name.string ?? ""] == nil {
        flaws.append("\(path): \(name.json) is missing")
      }
      for (name, member) in members {
        if let schema = properties[name] ?? Contract.schema(schema["additionalProperties"]) {
          flaws += self.flaws(of: member, schema, at: "\(path)/\(name)")
        } else if schema["additionalProperties"] == .bool(false) {
          flaws.append("\(path): \(name) isn't documented")
        }
      }
    }
    if let items = schema["items"], let values = value.array {
      for (index, item) in values.enumerated() {
        flaws += self.flaws(of: item, items, at: "\(path)/\(index)")
      }
    }
    return flaws
  }

  private static func schema(_ value: JSONValue?) -> JSONValue? {
    value?.object == nil ? nil : value
  }

  private static func isOf(_ type: String, _ value: JSONValue) -> Bool {
    switch type {
    case "object": value.object != nil
    case "array": value.array != nil
    case "string": value.string != nil
    case "boolean": value.bool != nil
    case "integer": value.int != nil
    case "number": value.double != nil
    case "null": value.isNull
    default: false
    }
  }
}
