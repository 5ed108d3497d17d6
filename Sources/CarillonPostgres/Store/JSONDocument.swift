/// JSON's text, bound as `json`, which keeps every digit and the order of keys as they are.
struct JSONDocument: PostgresElement {
  let text: String
  init(_ text: String) { self.text = text }

  static var postgresType: PostgresType { PostgresType(oid: 114, arrayOID: 199) }
  func write(to bytes: inout BinaryBytes) { bytes.append(text: text) }
}
