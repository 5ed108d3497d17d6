/// The handlers of this program and of the registered nodes, for whoever names one.
package struct KnownHandlers: Sendable {
  private let published: [PublishedHandler]

  package init(catalog: HandlerCatalog, nodes: [Node]) {
    published = catalog.published + nodes.flatMap(\.catalogue)
  }

  /// The name that a gate of this handler goes by: for a job type or an older name that of the handler
  /// that has it. Nil for what nobody knows.
  package func name(of text: String) -> String? {
    let found =
      published.first { $0.handlerModule == text } ?? published.first { $0.aliases.contains(text) }
      ?? published.first { $0.jobType == text }
    return found?.handlerModule
  }

  package var names: [String] { Set(published.map(\.handlerModule)).sorted() }
}
