/// Says why due jobs find no handler, from what this program and the live nodes have.
package struct UnresolvedReason: Sendable {
  let catalog: HandlerCatalog
  let nodes: [Node]
  let now: Instant

  package init(catalog: HandlerCatalog, nodes: [Node], now: Instant) {
    self.catalog = catalog
    self.nodes = nodes
    self.now = now
  }

  package func text(_ key: HandlerKey) -> String {
    switch catalog.resolve(handlerModule: key.handlerModule, resourceType: key.resourceType) {
    case .success:
      return "This program has the handler, but no live node does. Start `serve`."
    case .failure(.unknownName): break
    case .failure(let why): return why.description
    }
    let alive = nodes.filter { $0.isAlive(at: now) }
    let others = alive.flatMap(\.catalogue).flatMap(\.keys)
      .filter { $0.handlerModule == key.handlerModule }
    if let other = others.first {
      return "\(key.handlerModule) works on '\(other.resourceType)', but the job is about "
        + "'\(key.resourceType)'. Correct the job's resource type or its handler."
    }
    guard !alive.isEmpty else {
      return "No node is alive, and this program has no handler of that name."
    }
    let names = alive.flatMap(\.catalogue).map(\.handlerModule)
    let nobody =
      alive.count == 1
      ? "The one live node has no handler" : "None of the \(alive.count) live nodes has a handler"
    return "\(nobody) of that name."
      + DidYouMean.question(about: key.handlerModule, among: names)
  }
}
