import ArgumentParser
import Carillon

/// Shows who has tokens.
struct TokensList: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list",
      abstract: "List tokens, revoked ones too.",
      discussion: ProgramName.examples("tokens list", "tokens list --json"))
  }

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let tokens = try await session.withStore(common) { store in
      try await store.keepingTokens().tokens()
    }
    if common.json {
      session.print(.array(tokens.map(\.jsonValue)))
    } else if tokens.isEmpty {
      session.say(
        "There are no tokens: the HTTP API answers on this machine alone. `\(session.name) tokens "
          + "add NAME` makes one.")
    } else {
      var table = Table([
        .init(title: "ID", narrowest: 12), .init(title: "NAME", narrowest: 10),
        .init(title: "ROLE", narrowest: 8), .init(title: "MADE", narrowest: 20),
        .init(title: "REVOKED", narrowest: 20),
      ])
      for token in tokens {
        table.add([
          .init(token.id), .init(token.name), .init(token.role.rawValue),
          .init(token.createdAt.rfc3339), .init(token.revokedAt?.rfc3339 ?? "-"),
        ])
      }
      table.print(on: session.out)
    }
    return .done
  }
}
