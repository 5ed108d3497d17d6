import ArgumentParser
import Carillon

/// Makes a token useless.
struct TokensRevoke: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "revoke",
      abstract: "Revoke a token; programs that run heed it within 2 seconds.",
      discussion: ProgramName.examples("tokens revoke 3f9a1c0b77de"))
  }

  @Argument(help: "The token's id, as `tokens list` shows it.")
  var id: String

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let token = try await session.withStore(common) { store in
      try await store.keepingTokens().revokeToken(id, at: try await store.now())
    }
    guard let token else {
      // Not with the text: somebody may have given the whole token.
      session.complain("There is no token of this id. `\(session.name) tokens list` shows them.")
      return .notFound
    }
    if common.json {
      session.print(token.jsonValue)
    } else {
      session.out.line("\(token.id) revoked: \(token.name.harmless)")
    }
    return .done
  }
}
