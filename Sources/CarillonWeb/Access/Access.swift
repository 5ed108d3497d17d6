public import Carillon

/// Who may ask at all.
public enum Access: Sendable, Hashable {
  /// Only bearers of a token that the store knows.
  case tokens
  /// For an address that only this machine reaches: everybody is an admin as long as the store has
  /// no token, and then as `tokens`. Requests must name a loopback host, so that a web page can't
  /// reach it under a name of its own.
  case openOnLoopback
  /// Everybody has this role: for an application that lets people in itself.
  case trusted(Role)
}

/// Who asks.
struct Caller: Sendable, Hashable {
  /// Tells callers apart, for idempotency keys.
  let id: String
  /// For people: the token's name.
  var name: String
  /// Nil: nobody in particular, who may see what is open to all.
  let role: Role?

  static let nobody = Caller(id: "", name: "nobody", role: nil)
}
