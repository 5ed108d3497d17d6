public import Carillon
public import Foundation
import GRDB

extension SQLiteStore {
  // MARK: Nodes

  public func join(_ node: Node, lease: Duration) async throws(StoreError) {
    try await write("register node \(node.uuid.text)") { ledger in
      try NodeRow.write(node, leaseExpiresAt: ledger.now + lease, to: ledger.database)
      for key in Set(node.catalogue.flatMap(\.keys)).sorted() {
        try SQL(
          ledger.database,
          """
          UPDATE carillon_jobs SET hold = NULL, held_at = NULL, updated_at = ?
          WHERE hold = ? AND handler_module = ? AND resource_type = ?
          """,
          ledger.now, Hold.unresolved.rawValue, key.handlerModule, key.resourceType
        ).run()
      }
    }
    signals.signal()
  }

  public func heartbeat(
    _ node: UUID, lease: Duration, draining: Bool
  ) async throws(StoreError) -> HeartbeatAnswer {
    do {
      try checkFile()
      return try await (control ?? writer).write { [clock] database in
        let changed = try SQL(
          database,
          """
          UPDATE carillon_nodes SET lease_expires_at = ?, beats = beats + 1, draining = ?
          WHERE uuid = ?
          """,
          clock.now() + lease, draining ? 1 : 0, node
        ).run()
        return changed == 0 ? .gone : .renewed
      }
    } catch {
      throw StoreError(error, operation: "renew the lease", location: location)
    }
  }

  public func leave(_ node: UUID) async throws(StoreError) {
    try await write("sign off node \(node.text)") { ledger in
      let held = try ledger.held(by: node)
      _ = try ledger.each(held) { try $0.end($1, by: .release) }
      try SQL(ledger.database, "DELETE FROM carillon_nodes WHERE uuid = ?", node).run()
    }
    signals.signal()
  }

  public func nodes() async throws(StoreError) -> [Node] {
    try await read("list nodes") { database, _ in try NodeRow.all(in: database) }
  }

  public func rescue(_ node: UUID, at beats: Int64) async throws(StoreError) -> [Job]? {
    let rescued = try await write("rescue the jobs of node \(node.text)") { ledger -> [Job]? in
      let gone = try SQL(
        ledger.database,
        "DELETE FROM carillon_nodes WHERE uuid = ? AND beats = ? AND lease_expires_at <= ?",
        node, beats, ledger.now
      ).run()
      guard gone > 0 else { return nil }
      let held = try ledger.held(by: node)
      return try ledger.each(held) { try $0.end($1, by: Judgement.rescue(of: $1.job)) }
    }
    signals.signal()
    return rescued
  }
}

/// Between a row of `carillon_nodes` and a `Node`.
enum NodeRow {
  static func all(in database: Database) throws -> [Node] {
    let rows = try SQL(
      database,
      """
      SELECT uuid, name, started_at, catalogue, queues, lease_expires_at, beats, draining
      FROM carillon_nodes ORDER BY started_at, uuid
      """)
    var nodes: [Node] = []
    while try rows.step() {
      guard let uuid = rows.uuid(0) else { continue }
      nodes.append(
        Node(
          uuid: uuid, name: rows.text(1), startedAt: rows.instant(2),
          catalogue: catalogue(rows.text(3)), queues: queues(rows.text(4)),
          leaseExpiresAt: rows.instant(5), beats: rows.int64(6), draining: rows.int(7) != 0))
    }
    return nodes
  }

  static func write(
    _ node: Node, leaseExpiresAt lease: Instant, to database: Database
  ) throws {
    try SQL(
      database,
      """
      INSERT OR REPLACE INTO carillon_nodes (
        uuid, name, started_at, catalogue, queues, lease_expires_at, beats, draining
      ) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
      """,
      node.uuid, node.name, node.startedAt, text(node.catalogue), text(node.queues), lease,
      node.beats, node.draining ? 1 : 0
    ).run()
  }

  /// What any registered node knows, also one whose lease has run out: it may renew it, and a renewal
  /// frees no held jobs.
  static func registeredKeys(in database: Database) throws -> Set<HandlerKey> {
    Set(try all(in: database).flatMap(\.catalogue).flatMap(\.keys))
  }

  static func liveKeys(in database: Database, at now: Instant) throws -> Set<HandlerKey> {
    Set(
      try all(in: database).filter { $0.leaseExpiresAt > now }.flatMap(\.catalogue)
        .flatMap(\.keys))
  }

  private static func text(_ catalogue: [PublishedHandler]) throws -> String {
    String(decoding: try JSONEncoder().encode(catalogue), as: UTF8.self)
  }

  private static func text(_ queues: QueueLimits) -> String {
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
