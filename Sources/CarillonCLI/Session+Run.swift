import ArgumentParser
import Carillon

extension Session {
  /// Reads the arguments, does what they say, and answers with the process's status.
  func run(_ arguments: [String]) async -> ExitStatus {
    let arguments = LeadingOptions.moved(arguments)
    return await ProgramName.$current.withValue(name) {
      if arguments.first == "help", let misspelt = MisspeltCommand(in: arguments.dropFirst()) {
        complain(misspelt.message(program: name))
        return .usage
      }
      do {
        var parsed = try Root.parseAsRoot(arguments)
        if let command = parsed as? any SessionCommand { return await perform(command) }
        // Help and the like, which say so by throwing.
        try parsed.run()
        return .done
      } catch {
        return explain(error, arguments)
      }
    }
  }

  private func perform(_ command: some SessionCommand) async -> ExitStatus {
    do {
      startLogging(try command.logLevel(in: self))
      let status = try await command.run(in: self)
      guard status == .done, out.sink.hasFailed else { return status }
      complain("Not all of the output could be written.")
      return .failed
    } catch {
      complain("\(error)")
      return ExitStatus(of: error)
    }
  }

  /// What the parser has to say: help for stdout, or what is wrong for stderr.
  private func explain(_ error: any Error, _ arguments: [String]) -> ExitStatus {
    let isHelp = Root.exitCode(for: error).isSuccess
    if !isHelp, let misspelt = MisspeltCommand(in: arguments) {
      complain(misspelt.message(program: name))
      return .usage
    }
    let screen = isHelp ? out : err
    screen.line(Root.fullMessage(for: error, columns: screen.width ?? 80).harmlessLines)
    return isHelp ? .done : .usage
  }
}

/// A word where a command should stand.
struct MisspeltCommand {
  let word: String
  /// The commands before it.
  let path: [String]
  let candidates: [String]

  /// Nil where every such word is a command.
  init?(in arguments: some Sequence<String>) {
    var command: any ParsableCommand.Type = Root.self
    var path: [String] = []
    for argument in arguments {
      let subcommands = command.configuration.subcommands
      guard !subcommands.isEmpty, !argument.hasPrefix("-") else { return nil }
      if path.isEmpty, argument == "help" { return nil }
      let names = subcommands.map { $0.configuration.commandName ?? "" }
      guard let index = names.firstIndex(of: argument) else {
        word = argument
        self.path = path
        candidates = names
        return
      }
      command = subcommands[index]
      path.append(argument)
    }
    return nil
  }

  func message(program: String) -> String {
    let parent = ([program] + path).joined(separator: " ")
    return "'\(word.prefix(80))' is no command of \(parent)."
      + DidYouMean.question(about: word, among: candidates)
      + " There are: \(candidates.joined(separator: ", "))."
  }
}
