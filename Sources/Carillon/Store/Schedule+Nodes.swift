extension Schedule {
  /// Whether nodes have its handler, and none of them declares it.
  package func isUndeclared(by nodes: [Node]) -> Bool {
    let handlers = nodes.flatMap(\.catalogue).filter { $0.keys.contains(handlerKey) }
    return !handlers.isEmpty
      && handlers.allSatisfy { $0.schedules.map { !$0.contains(name) } ?? false }
  }
}
