/// An exchange that is on its way to the store.
///
/// Two may be under way: while the store commits one batch, the attempts that end meanwhile go as the
/// next, so that neither side waits for the other.
struct Flight: Sendable {
  let settlements: [Ended]
  let request: ClaimRequest?
  /// The uptime at which it left.
  let departedAt: Duration

  static let most = 2

  /// How many ended attempts are worth an exchange of their own while this one is under way: with
  /// fewer, two small transactions would cost more than one.
  var enoughBeside: Int { max(16, settlements.count / 2) }

  /// How many jobs it carries or may bring.
  var size: Int { max(settlements.count, request?.free.total ?? 0) }
}

/// An exchange that has come back.
struct Landing: Sendable {
  let flight: Int
  let result: Result<Exchange, StoreError>
}
