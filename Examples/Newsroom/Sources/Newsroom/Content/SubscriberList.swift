import Foundation

/// The subscribers file: a CSV with the columns `name`, `address` and `uuid`, in any order.
struct SubscriberList: Sendable {
  let file: URL

  func all() throws(SubscriberError) -> [Subscriber] {
    guard let data = try? Data(contentsOf: file), let text = String(data: data, encoding: .utf8)
    else { throw .unreadable(path: file.path) }
    return try Self.parse(text)
  }

  /// The subscriber, or nil if they have left.
  func find(_ uuid: UUID) throws(SubscriberError) -> Subscriber? {
    try all().first { $0.uuid == uuid }
  }

  static func parse(_ text: String) throws(SubscriberError) -> [Subscriber] {
    let rows: [CSV.Row]
    do throws(CSV.Problem) {
      rows = try CSV.rows(text)
    } catch {
      throw .badQuotes(error)
    }
    guard let header = rows.first else { throw .noHeader }
    let titles = header.fields.map { $0.trimmingCharacters(in: .whitespaces).lowercased() }
    func column(_ title: String) throws(SubscriberError) -> Int {
      guard let index = titles.firstIndex(of: title) else { throw .missingColumn(title) }
      return index
    }
    let (name, address, uuid) = (try column("name"), try column("address"), try column("uuid"))

    var subscribers: [Subscriber] = []
    var lineOfUUID: [UUID: Int] = [:]
    for row in rows.dropFirst() {
      guard row.fields.count == titles.count else {
        throw .wrongFieldCount(line: row.line, found: row.fields.count, wanted: titles.count)
      }
      let subscriber = try subscriber(
        row, name: row.fields[name], address: row.fields[address], uuid: row.fields[uuid])
      if let earlier = lineOfUUID.updateValue(row.line, forKey: subscriber.uuid) {
        throw .sharedUUID(subscriber.uuid, lines: [earlier, row.line])
      }
      subscribers.append(subscriber)
    }
    return subscribers
  }

  private static func subscriber(
    _ row: CSV.Row, name: String, address: String, uuid: String
  ) throws(SubscriberError) -> Subscriber {
    let name = name.trimmingCharacters(in: .whitespaces)
    let address = address.trimmingCharacters(in: .whitespaces)
    let uuid = uuid.trimmingCharacters(in: .whitespaces)
    guard !name.isEmpty, !name.unicodeScalars.contains(where: { $0.properties.isControl }) else {
      throw .badName(line: row.line, text: name)
    }
    guard Subscriber.isAddress(address) else { throw .badAddress(line: row.line, text: address) }
    guard let identity = UUID(uuidString: uuid) else {
      throw .badUUID(line: row.line, text: uuid)
    }
    return Subscriber(name: name, address: address, uuid: identity)
  }
}

extension Unicode.Scalar.Properties {
  fileprivate var isControl: Bool { generalCategory == .control }
}
