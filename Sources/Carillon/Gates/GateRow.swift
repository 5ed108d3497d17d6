/// A pause or a blackout as a store keeps it.
package struct GateRow: Sendable, Hashable, Codable {
  /// `queue`, `handler` or `resource_type`.
  package var scope: String
  /// That of the queue, the handler or the resource type.
  package var name: String
  /// The blackout's name; empty for a pause, of which a scope has one at most.
  package var blackout = ""
  /// In microseconds.
  package var since: Int64
  /// Of a pause: when it ends by itself.
  package var until: Int64?
  package var by: String?
  package var reason: String?
  /// Of a blackout: its calendars as JSON.
  package var calendars: String?
  /// Of a blackout.
  package var timeZone: String?

  package enum CodingKeys: String, CodingKey, CaseIterable {
    case scope, name, blackout, since, until, by, reason, calendars
    case timeZone = "time_zone"
  }

  package init(
    scope: String, name: String, blackout: String, since: Int64, until: Int64?, by: String?,
    reason: String?, calendars: String?, timeZone: String?
  ) {
    self.scope = scope
    self.name = name
    self.blackout = blackout
    self.since = since
    self.until = until
    self.by = by
    self.reason = reason
    self.calendars = calendars
    self.timeZone = timeZone
  }

  /// What tells it from others.
  package var key: [String] { [scope, name, blackout] }

  /// Whether it is a pause that closes nothing any more at `now`.
  package func isOver(at now: Instant) -> Bool {
    blackout.isEmpty && until.map { $0 <= now.microseconds } ?? false
  }
}

extension GateRow {
  package init(_ pause: Pause) {
    self.init(
      scope: pause.scope.kind.rawValue, name: pause.scope.name, blackout: "",
      since: pause.since.microseconds, until: pause.until?.microseconds, by: pause.by,
      reason: pause.reason, calendars: nil, timeZone: nil)
  }

  package init(_ blackout: Blackout) {
    self.init(
      scope: blackout.scope.kind.rawValue, name: blackout.scope.name, blackout: blackout.name,
      since: blackout.since.microseconds, until: nil, by: blackout.by, reason: blackout.reason,
      calendars: blackout.calendars.text, timeZone: blackout.zone.name)
  }
}

extension Gates {
  package init(_ rows: [GateRow]) {
    self.init()
    for row in rows.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) { add(row) }
  }

  private mutating func add(_ row: GateRow) {
    guard let kind = GateScope.Kind(rawValue: row.scope) else {
      let why = "its scope is '\(row.scope.prefix(40))'"
      unreadable.append(Unreadable(scope: nil, name: row.name, why: why))
      return
    }
    let scope = GateScope(kind, row.name)
    let since = Instant(microseconds: row.since)
    guard !row.blackout.isEmpty else {
      pauses.append(
        Pause(
          scope: scope, since: since, until: row.until.map(Instant.init(microseconds:)),
          by: row.by, reason: row.reason))
      return
    }
    guard let calendars = CalendarRules(text: row.calendars ?? "") else {
      let why = "its calendars are none"
      unreadable.append(Unreadable(scope: scope, name: row.blackout, why: why))
      return
    }
    do {
      blackouts.append(
        Blackout(
          name: row.blackout, scope: scope, calendars: calendars,
          zone: try ZoneRules.named(row.timeZone ?? "UTC"), since: since, by: row.by,
          reason: row.reason))
    } catch {
      unreadable.append(
        Unreadable(scope: scope, name: row.blackout, why: StoredText.reason("\(error)")))
    }
  }
}
