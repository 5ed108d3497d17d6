import Foundation

/// What a job's handler is given besides the resource: a JSON object.
///
///     args["notify"]?.bool
///
/// A handler may name a type of its own instead, `struct Args: Codable, Sendable`.
public struct JobArguments: Sendable, Hashable {
  /// The largest size of the JSON text, in bytes: 1 MiB.
  public static let largestSize = 1_048_576

  /// The members of the object.
  public let values: [String: JSONValue]

  public init(_ values: [String: JSONValue] = [:]) {
    self.values = values
  }

  /// Reads the JSON text of an object of at most 1 MiB.
  public init(json: String) throws(JobArgumentsError) {
    if json == "{}" {
      values = [:]
      return
    }
    guard json.utf8.count <= JobArguments.largestSize else {
      throw .tooLarge(bytes: json.utf8.count)
    }
    let value: JSONValue
    do {
      value = try JSONValue(json: json)
    } catch {
      throw .malformed(error)
    }
    guard let object = value.object else { throw .notAnObject }
    values = object
  }

  /// Encodes `value`, which must come out as a JSON object.
  public init(encoding value: some Encodable) throws(JobArgumentsError) {
    if let value = value as? JobArguments {
      self = value
      return
    }
    let data: Data
    do {
      data = try JSONEncoder().encode(value)
    } catch {
      throw .notEncodable(type: String(reflecting: type(of: value)), why: "\(error)")
    }
    try self.init(json: String(decoding: data, as: UTF8.self))
  }

  /// The object as compact JSON with keys in order.
  public var json: String { values.isEmpty ? "{}" : JSONValue.object(values).json }

  public subscript(key: String) -> JSONValue? { values[key] }

  /// Decodes the object as `type`, straight from its text, so that no number loses a digit.
  public func decode<T: Decodable>(as type: T.Type) throws -> T {
    if let same = self as? T { return same }
    return try JSONDecoder().decode(type, from: Data(json.utf8))
  }

  /// The same arguments, if they fit the size limit and hold nothing that a database refuses.
  package func checked() throws(JobArgumentsError) -> JobArguments {
    try JobArguments(json: json)
  }
}

extension JobArguments: ExpressibleByDictionaryLiteral {
  public init(dictionaryLiteral elements: (String, JSONValue)...) {
    values = Dictionary(elements, uniquingKeysWith: { _, last in last })
  }
}

extension JobArguments: Codable {
  public init(from decoder: any Decoder) throws {
    values = try decoder.singleValueContainer().decode([String: JSONValue].self)
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(values)
  }
}

/// Why something can't be a job's arguments.
public enum JobArgumentsError: Error, Sendable, Hashable, CustomStringConvertible {
  case notAnObject
  case malformed(JSONError)
  case tooLarge(bytes: Int)
  case notEncodable(type: String, why: String)

  public var description: String {
    switch self {
    case .notAnObject:
      "args must be a JSON object, such as {\"notify\":true}."
    case .malformed(let error):
      "args is not JSON: \(error). Give an object, such as {\"notify\":true}."
    case .tooLarge(let bytes):
      "args has \(bytes) bytes; the limit is \(JobArguments.largestSize). Store the data elsewhere "
        + "and give its identity."
    case .notEncodable(let type, let why):
      "\(type) can't be encoded as args: \(why)"
    }
  }
}
