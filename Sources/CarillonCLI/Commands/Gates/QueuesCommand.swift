import ArgumentParser
import Carillon

/// Queues, and whether anything of them starts.
struct QueuesCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "queues",
      abstract: "List queues, pause and resume them.",
      discussion: ProgramName.examples(
        "queues list", "queues pause mail --for 2h --reason 'the mail server moves'",
        "queues resume mail"),
      subcommands: [QueuesList.self, QueuesPause.self, QueuesResume.self])
  }
}

/// Shows the queues that have live jobs or are closed.
struct QueuesList: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list",
      abstract: "List the queues that have jobs or are closed.",
      discussion: ProgramName.examples("queues list", "queues list --json"))
  }

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let known = session.catalog.keys
    let statistics = try await session.withStoreToShow(common) { store in
      try await store.statistics(known: known)
    }
    if common.json {
      session.print(.array(statistics.queues.map(\.jsonValue)))
    } else if statistics.queues.isEmpty {
      session.say("No queue has pending or running jobs, and none is closed.")
    } else {
      QueuesList.table(statistics).print(on: session.out)
    }
    return .done
  }

  static func table(_ statistics: StoreStatistics) -> Table {
    let time = TimeText(now: statistics.now)
    var table = Table([
      .init(title: "QUEUE", narrowest: 10), .init(title: "PENDING", isNumber: true),
      .init(title: "RUNNING", isNumber: true), .init(title: "HELD", isNumber: true),
      .init(title: "OLDEST DUE"), .init(title: "CLOSED", narrowest: 12),
    ])
    for queue in statistics.queues {
      table.add([
        .init(queue.name), .init("\(queue.pending)"), .init("\(queue.processing)"),
        .init("\(queue.held)", queue.held > 0 ? .yellow : .plain),
        .init(queue.oldestDueAt.map(time.relative) ?? "-"),
        .init(queue.closure?.words ?? "", .yellow),
      ])
    }
    return table
  }
}

/// Starts nothing of a queue for a while.
struct QueuesPause: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "pause",
      abstract: "Start no job of a queue, on any node, until a time or until it is resumed.",
      usage: ProgramName.usage(
        "queues pause NAME [--until TIME | --for DURATION] [--reason TEXT] [options]"),
      discussion: """
        Running jobs go on. Schedules go on firing; their jobs wait. Pausing again replaces the \
        pause.

        \(ProgramName.examples("queues pause mail --for 2h --reason 'the mail server moves'"))
        """)
  }

  @Argument(help: "The queue.")
  var name: String

  @OptionGroup var pause: PauseOptions
  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    try await session.withStore(common) { store in
      try await session.pause(.queue(name), pause, json: common.json, in: store)
    }
  }
}

/// Lets a queue's jobs start again.
struct QueuesResume: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "resume",
      abstract: "End a queue's pause.",
      usage: ProgramName.usage("queues resume NAME [options]"),
      discussion: ProgramName.examples("queues resume mail"))
  }

  @Argument(help: "The queue.")
  var name: String

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    try await session.withStore(common) { store in
      try await session.resume(.queue(name), json: common.json, in: store)
    }
  }
}
