import ArgumentParser
import Carillon
import CarillonWeb

/// Makes a token, and shows it this once.
struct TokensAdd: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "add",
      abstract: "Make a token. It is shown once, and kept as a digest alone.",
      discussion: """
        A viewer sees all but secrets. An operator also schedules, cancels, retries and reschedules. \
        An admin also sees arguments as they are, and deletes.

        \(ProgramName.examples("tokens add grafana --role viewer", "tokens add ci --role operator"))
        """)
  }

  @Argument(help: "Who or what has it, for the list.")
  var name: String

  @Option(help: ArgumentHelp("viewer, operator or admin. (default: operator)", valueName: "role"))
  var role = Role.operator.rawValue

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    guard let role = Role(rawValue: role.lowercased()) else {
      let names = Role.allCases.map(\.rawValue)
      throw UsageError(
        "--role: '\(role.prefix(40))' is no role.\(DidYouMean.question(about: role, among: names))"
          + " It is one of \(names.joined(separator: ", ")).")
    }
    guard (1...200).contains(name.utf8.count), !name.utf8.contains(where: { $0 < 0x20 }) else {
      throw UsageError("A token's name has 1 to 200 bytes of printable text.")
    }
    let (token, others) = try await session.withStore(common, mayBeNew: true) { store in
      let tokens = try store.keepingTokens()
      let others = try await tokens.tokens().filter { $0.name == name && $0.revokedAt == nil }
      let token = AccessToken(name: name, role: role, at: try await store.now())
      try await tokens.addToken(token.record)
      return (token, others)
    }
    // The audit tells them apart by nothing but their name; both are wanted while one takes the
    // other's place.
    for other in others {
      session.say(
        "The token \(other.id) (\(other.role.rawValue)) has this name too. Once nobody uses it: "
          + "`\(session.name) tokens revoke \(other.id)`.")
    }
    if common.json {
      var members = token.record.jsonValue.object ?? [:]
      members["token"] = .string(token.text)
      session.print(.object(members))
    } else {
      session.out.line(token.text)
      session.say(
        "This is the only time it is shown. Send it as `Authorization: Bearer …`. From now on the "
          + "HTTP API asks for a token.")
    }
    return .done
  }
}
