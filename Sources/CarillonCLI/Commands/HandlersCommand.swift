import ArgumentParser
import Carillon

/// What this program can run, and whether any of it starts.
struct HandlersCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "handlers",
      abstract: "List this program's handlers; pause and resume handlers.",
      discussion: ProgramName.examples(
        "handlers", "handlers --json", "handlers pause publish_post --for 30m",
        "handlers resume publish_post"),
      subcommands: [HandlersList.self, HandlersPause.self, HandlersResume.self],
      defaultSubcommand: HandlersList.self)
  }
}

/// Shows what this program can run.
struct HandlersList: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list",
      abstract: "List this program's handlers, and what is wrong with any of them.",
      discussion: ProgramName.examples("handlers", "handlers --json"))
  }

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let handlers = session.catalog.descriptions
    if common.json {
      session.print(.array(handlers.map(\.jsonValue)))
    } else if handlers.isEmpty {
      session.say(
        "\(session.name) has no handlers. Declare one, `final class …: JobHandler`, in a program "
          + "of your own (see CarillonApp); nothing is registered.")
    } else {
      table(of: handlers).print(on: session.out)
    }
    for problem in session.catalog.problems {
      session.warn("\(problem)")
    }
    return .done
  }

  private func table(of handlers: [HandlerDescription]) -> Table {
    var table = Table([
      .init(title: "JOB TYPE", narrowest: 10), .init(title: "HANDLER", narrowest: 16),
      .init(title: "RESOURCE", narrowest: 6), .init(title: "QUEUE", narrowest: 7),
      .init(title: "PRIO", isNumber: true, leftOut: 2), .init(title: "TRIES", isNumber: true),
      .init(title: "TIMEOUT", isNumber: true),
      .init(title: "DOES", narrowest: 20, leftOut: 1),
      .init(title: "OLDER NAMES", narrowest: 12, leftOut: 3),
    ])
    for description in handlers {
      let handler = description.handler
      table.add([
        .init(handler.jobType), .init(handler.handlerModule), .init(handler.resourceType),
        .init(handler.queue), .init("\(handler.priority)"), .init("\(handler.maxAttempts)"),
        .init(handler.timeoutMilliseconds.map { Duration.milliseconds($0).text } ?? "-"),
        .init(description.summary), .init(handler.aliases.joined(separator: ", "), .dim),
      ])
    }
    return table
  }
}
