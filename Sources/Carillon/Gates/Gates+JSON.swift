import Foundation

extension GateClosure {
  /// Why and until when, as JSON; the scope is where it stands.
  public var jsonValue: JSONValue {
    .object([
      "scope": .string(scope.kind.rawValue),
      "name": .string(scope.name),
      "since": JSONValue(pause?.since),
      "until": JSONValue(opensAt),
      "by": JSONValue(pause?.by),
      "reason": JSONValue(reason),
      "blackouts": .array(blackouts.map(JSONValue.string)),
    ])
  }
}

extension Pause {
  public var jsonValue: JSONValue {
    .object([
      "scope": .string(scope.kind.rawValue),
      "name": .string(scope.name),
      "since": JSONValue(since),
      "until": JSONValue(until),
      "by": JSONValue(by),
      "reason": JSONValue(reason),
    ])
  }
}

extension Blackout {
  /// The blackout as JSON, with what it does at `now`.
  public func jsonValue(at now: Instant) -> JSONValue {
    let isClosed = isClosed(at: now)
    return .object([
      "name": .string(name),
      "scope": .string(scope.kind.rawValue),
      "scope_name": .string(scope.name),
      "time_zone": .string(zone.name),
      "calendars": calendars.jsonValue,
      "since": JSONValue(since),
      "by": JSONValue(by),
      "reason": JSONValue(reason),
      "closed": .bool(isClosed),
      "opens_at": JSONValue(isClosed ? nextOpening(after: now) : nil),
    ])
  }
}

extension Gates {
  /// All of them as JSON, as of `now`.
  public func jsonValue(at now: Instant) -> JSONValue {
    .object([
      "closed": .array(closures(at: now).map(\.jsonValue)),
      "pauses": .array(pauses.map(\.jsonValue)),
      "blackouts": .array(blackouts.map { $0.jsonValue(at: now) }),
    ])
  }
}

extension CalendarRules {
  /// As JSON: `excluded` and `required`, each a list of calendars.
  public var jsonValue: JSONValue {
    .object([
      "excluded": .array(excluded.map(\.jsonValue)),
      "required": .array(required.map(\.jsonValue)),
    ])
  }
}
