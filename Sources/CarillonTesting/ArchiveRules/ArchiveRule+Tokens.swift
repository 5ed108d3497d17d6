import Carillon

extension ArchiveRule {
  /// Who may ask moves along: a store without tokens is open to everybody on its machine.
  static let tokens: [ArchiveRule] = [
    ArchiveRule("moves tokens with every column, revoked ones too") { trial in
      try await trial.addTokens()
      let before = try await trial.tokens(of: trial.source)
      let report = try await trial.run()
      try trial.to.expect(report.sum.tokens, before.count, "the tokens of the report")
      try trial.to.expect(try await trial.tokens(of: trial.target), before, "the tokens")
      try trial.to.expect(
        try await trial.target.audit(AuditQuery()), [], "entries of tokens that only moved")
    },

    ArchiveRule("counts a token's revocation in the checksum") { trial in
      guard let store = trial.source as? any TokenStore else { return }
      try await trial.addTokens()
      let before = try await trial.mover().survey().sum
      _ = try await store.revokeToken(MoveTrial.goodToken, at: trial.from.now)
      let after = try await trial.mover().survey().sum
      try trial.from.expect(before != after, "the sums differ")
    },

    ArchiveRule("isn't filled if it holds a token of its own") { trial in
      guard let store = trial.target as? any TokenStore else { return }
      try await trial.from.insert()
      try await store.addToken(trial.token("0a0a0a0a0a0a"))
      try trial.to.expect(
        try await StoreMove.obstacles(from: trial.source, to: trial.target).count, 1,
        "what a trial finds against it")
      do {
        try await trial.run()
      } catch MoveFailure.obstacle(.notEmpty(trial.target.location, 0, 0, 0, 0, 0, 0, 0, 1)) {
        return
      }
      throw trial.to.violation("a target with a token", "an obstacle", "none")
    },

    // A revocation that the other store never hears of would leave a bearer in.
    ArchiveRule("takes no token once closed, and revokes none, but shares its secret") { trial in
      try await trial.addTokens()
      try await trial.run()
      guard let store = trial.source as? any TokenStore else { return }
      let refusal = StoreError.moved(store: trial.source.location, to: trial.target.location)
      let before = try await store.tokens()
      try await trial.expectRefusal(refusal, "a token") {
        try await store.addToken(trial.token("0a0a0a0a0a0a"))
      }
      try await trial.expectRefusal(refusal, "a revocation") {
        _ = try await store.revokeToken(MoveTrial.goodToken, at: trial.from.now)
      }
      try trial.from.expect(try await store.tokens(), before, "the tokens")
      // Pages of a closed store can still be looked at.
      try trial.from.expect(try await store.sharedSecret(orElse: "key"), "key", "the secret")
    },
  ]
}

extension MoveTrial {
  /// One that isn't revoked.
  static let goodToken = "3f9a1c0b77de"

  func token(_ id: String, name: String = "ci", revokedAt: Instant? = nil) -> TokenRecord {
    TokenRecord(
      id: id, name: name, role: id == MoveTrial.goodToken ? .viewer : .operator,
      digest: String(repeating: "07af", count: 16), createdAt: from.now, revokedAt: revokedAt)
  }

  /// A good token, and a revoked one; none where the source keeps none.
  func addTokens() async throws {
    guard let store = source as? any TokenStore else { return }
    try await store.addToken(token(MoveTrial.goodToken, name: "grafana's \"é\" \u{1F514}"))
    try await store.addToken(token("77de3f9a1c0b"))
    _ = try await store.revokeToken("77de3f9a1c0b", at: from.now + .microseconds(1_500_017))
  }

  /// All tokens of a store, oldest first.
  func tokens(of store: any StoreArchive) async throws -> [TokenRecord] {
    try await (store as? any TokenStore)?.tokens() ?? []
  }
}
