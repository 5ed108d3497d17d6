extension HandlerCatalog {
  /// The keys of rows that this program can run.
  package var keys: Set<HandlerKey> { Set(published.flatMap(\.keys)) }

  /// The catalogue as a node shows it to others, with the names of the schedules that it declares.
  package func published(declaring declared: [DeclaredSchedule]) -> [PublishedHandler] {
    published.map { handler in
      var handler = handler
      handler.schedules = declared.filter { $0.handler.handlerModule == handler.handlerModule }
        .map(\.name)
      return handler
    }
  }

  /// The catalogue as a node shows it to others.
  package var published: [PublishedHandler] {
    entries.map { entry in
      PublishedHandler(
        handlerModule: entry.name, jobType: entry.jobType, resourceType: entry.resourceType,
        aliases: entry.aliases.filter { self.entry(named: $0)?.name == entry.name },
        queue: entry.type.queue, priority: entry.type.priority,
        maxAttempts: entry.type.maxAttempts,
        timeoutMilliseconds: entry.type.timeLimit.map { $0.microseconds / 1_000 })
    }
  }
}
