import Carillon
import Foundation

/// Between a row of `nodes` and a `Node`.
enum NodeRow {
  static let columns =
    "uuid, name, started_at, catalogue, queues, lease_expires_at, beats, draining"

  static func read(_ rows: Rows) throws(PostgresError) -> [Node] {
    var nodes: [Node] = []
    for row in rows {
      nodes.append(
        Node(
          uuid: try row.uuid(0), name: try row.text(1), startedAt: try row.instant(2),
          catalogue: catalogue(try row.text(3)), queues: queues(try row.text(4)),
          leaseExpiresAt: try row.instant(5), beats: try row.int64(6),
          draining: try row.bool(7)))
    }
    return nodes
  }

  static func text(_ catalogue: [PublishedHandler]) throws -> String {
    String(decoding: try JSONEncoder().encode(catalogue), as: UTF8.self)
  }

  static func text(_ queues: QueueLimits) -> String {
    switch queues {
    case .all(let count): JSONValue.number(JSONNumber(count)).json
    case .each(let counts):
      JSONValue.object(counts.mapValues { .number(JSONNumber($0)) }).json
    }
  }

  private static func catalogue(_ text: String) -> [PublishedHandler] {
    (try? JSONDecoder().decode([PublishedHandler].self, from: Data(text.utf8))) ?? []
  }

  private static func queues(_ text: String) -> QueueLimits {
    let value = try? JSONValue(json: text)
    if let counts = value?.object { return .each(counts.compactMapValues(\.int)) }
    return .all(value?.int ?? 0)
  }
}

extension [Node] {
  /// What any registered node knows, also one whose lease has run out: it may renew it, and a renewal
  /// frees no held jobs.
  var registeredKeys: Set<HandlerKey> { Set(flatMap(\.catalogue).flatMap(\.keys)) }

  func liveKeys(at now: Instant) -> Set<HandlerKey> {
    Set(filter { $0.leaseExpiresAt > now }.flatMap(\.catalogue).flatMap(\.keys))
  }
}

extension HandlerKey {
  /// The key as statements compare it. Names hold no control characters, so it is unambiguous.
  var joined: String { "\(handlerModule)\n\(resourceType)" }
}
