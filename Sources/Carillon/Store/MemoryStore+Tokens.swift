import Synchronization

extension MemoryStore: TokenStore {
  public func addToken(_ token: TokenRecord) async throws(StoreError) {
    try change { state, now in
      guard !state.tokens.contains(where: { $0.id == token.id }) else { return }
      state.tokens.append(token)
      state.note(.added(token), at: now)
    }
  }

  public func tokens() async throws(StoreError) -> [TokenRecord] {
    state.withLock { state in
      state.tokens.sorted { ($0.createdAt, $0.id) < ($1.createdAt, $1.id) }
    }
  }

  public func revokeToken(
    _ id: String, at instant: Instant
  ) async throws(StoreError) -> TokenRecord? {
    try change { state, now in
      guard let index = state.tokens.firstIndex(where: { $0.id == id }) else { return nil }
      if state.tokens[index].revokedAt == nil {
        state.tokens[index].revokedAt = instant
        state.note(.revoked(state.tokens[index]), at: now)
      }
      return state.tokens[index]
    }
  }

  public func sharedSecret(orElse proposed: String) async throws(StoreError) -> String {
    state.withLock { state in
      if let kept = state.sharedSecret { return kept }
      state.sharedSecret = proposed
      return proposed
    }
  }
}
