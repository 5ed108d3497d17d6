import Carillon
import Foundation

/// What nodes are called: by their names as long as the store lists them. A node that has left takes its
/// name with it, and only its UUID is known.
struct NodeNames: Sendable {
  private let nodes: [UUID: Node]
  private let now: Instant

  init(_ nodes: [Node], at now: Instant) {
    self.nodes = Dictionary(nodes.map { ($0.uuid, $0) }, uniquingKeysWith: { $1 })
    self.now = now
  }

  /// `web-1`, or `01a20ebc… (gone)`.
  func text(_ uuid: UUID) -> String {
    let name = nodes[uuid]?.name ?? "\(uuid.text.prefix(8))…"
    return isAlive(uuid) ? name : "\(name) (gone)"
  }

  /// All that is known of it, for whoever points at it.
  func title(_ uuid: UUID) -> String {
    if isAlive(uuid) { return uuid.text }
    return nodes[uuid] == nil
      ? "\(uuid.text): this node has left, and its name isn't known any more"
      : "\(uuid.text): this node's lease has run out"
  }

  private func isAlive(_ uuid: UUID) -> Bool { nodes[uuid]?.isAlive(at: now) ?? false }
}
