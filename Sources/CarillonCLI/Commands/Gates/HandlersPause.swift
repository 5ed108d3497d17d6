import ArgumentParser
import Carillon

/// Starts nothing of a handler for a while.
struct HandlersPause: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "pause",
      abstract: "Start no job of a handler, on any node, until a time or until it is resumed.",
      usage: ProgramName.usage(
        "handlers pause NAME [--until TIME | --for DURATION] [--reason TEXT] [options]"),
      discussion: """
        NAME is a handler's name or its job type. Running jobs go on; due ones are held as paused.

        \(ProgramName.examples("handlers pause publish_post --for 30m --reason 'the API says 429'"))
        """)
  }

  @Argument(help: "The handler.")
  var name: String

  @OptionGroup var pause: PauseOptions
  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    try await session.withStore(common) { store in
      let scope = try await session.handlerScope(name, in: store)
      return try await session.pause(scope, pause, json: common.json, in: store)
    }
  }
}

/// Lets a handler's jobs start again.
struct HandlersResume: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "resume",
      abstract: "End a handler's pause.",
      usage: ProgramName.usage("handlers resume NAME [options]"),
      discussion: ProgramName.examples("handlers resume publish_post"))
  }

  @Argument(help: "The handler.")
  var name: String

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    try await session.withStore(common) { store in
      let given = GateScope.handler(name)
      let isItself = try await store.gates().pauses.contains { $0.scope == given }
      let scope = isItself ? given : try await session.handlerScope(name, in: store)
      return try await session.resume(scope, json: common.json, in: store)
    }
  }
}

extension Session {
  /// The handler of that name, older name or job type, in this program or on a node. One that nobody
  /// has may still be meant, and is said to be unknown.
  func handlerScope(_ name: String, in store: any JobStore) async throws -> GateScope {
    let known = KnownHandlers(catalog: catalog, nodes: try await store.nodes())
    if let handler = known.name(of: name) { return .handler(handler) }
    let question = DidYouMean.question(about: name, among: known.names)
    say("No program that is known here has a handler '\(name)'.\(question)")
    return .handler(name)
  }
}
