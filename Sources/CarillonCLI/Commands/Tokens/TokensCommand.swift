import ArgumentParser
import Carillon

/// Who may use the HTTP API.
struct TokensCommand: ParsableCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "tokens",
      abstract: "Make, list and revoke the HTTP API's tokens.",
      discussion: ProgramName.examples(
        "tokens add grafana --role viewer", "tokens list", "tokens revoke ID"),
      subcommands: [TokensAdd.self, TokensList.self, TokensRevoke.self])
  }
}

extension JobStore {
  /// The store as one that keeps tokens.
  func keepingTokens() throws -> any TokenStore {
    guard let store = self as? any TokenStore else {
      throw CommandFailure(
        status: .failed, description: "The store \(location) keeps no tokens. Use another one.")
    }
    return store
  }
}
