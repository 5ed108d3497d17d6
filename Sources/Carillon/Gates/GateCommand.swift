/// What an operator or a program may ask of gates.
public enum GateCommand: Sendable, Hashable {
  /// Starts no job of the scope until it is resumed, or until a time. Another pause of the scope is
  /// replaced.
  case pause(GateScope, until: ScheduledTime?, by: String?, reason: String?)
  case resume(GateScope)
  /// Closes a scope at the times of calendars. Another blackout of that name is replaced.
  case addBlackout(BlackoutRequest, by: String?)
  case removeBlackout(String)

  /// What it means for the rows that there are at `now`.
  package func applied(
    to rows: [GateRow], at now: Instant
  ) throws(GateRefusal) -> GateChange {
    let gates = Gates(rows)
    switch self {
    case .pause(let scope, let until, let by, let reason):
      try scope.check()
      let end = until?.instant(at: now)
      if let end, end <= now { throw .pauseIsOver(scope, end) }
      let pause = Pause(
        scope: scope, since: now, until: end, by: by.map(StoredText.reason),
        reason: reason.map(StoredText.reason))
      let replaced = gates.pauses.first { $0.scope == scope && $0.isClosed(at: now) }
      return GateChange(put: [GateRow(pause)], answer: .paused(pause, replaced: replaced))
    case .resume(let scope):
      guard let pause = gates.pauses.first(where: { $0.scope == scope && $0.isClosed(at: now) })
      else { throw .notPaused(scope, closure: gates.closure(of: scope, at: now)) }
      return GateChange(ending: GateRow(pause), at: now, answer: .resumed(pause))
    case .addBlackout(let request, let by):
      let blackout = Blackout(
        name: request.name, scope: request.scope, calendars: request.calendars,
        zone: request.zone, since: now, by: by.map(StoredText.reason),
        reason: request.reason.map(StoredText.reason))
      let old = rows.filter { $0.blackout == request.name }
      let replaced = gates.blackouts.first { $0.name == request.name }
      var change = GateChange(answer: .added(blackout, replaced: replaced))
      for row in old where row.key != GateRow(blackout).key {
        change.end(row, among: rows, at: now)
      }
      change.put.append(GateRow(blackout))
      return change
    case .removeBlackout(let name):
      guard let row = rows.first(where: { !$0.blackout.isEmpty && $0.blackout == name }) else {
        throw .noBlackout(name)
      }
      var change = GateChange(
        answer: .removed(name, gates.blackouts.first { $0.name == name }))
      change.end(row, among: rows, at: now)
      return change
    }
  }
}

/// Rows that a command writes and removes.
package struct GateChange: Sendable, Hashable {
  package var put: [GateRow] = []
  package var removed: [GateRow] = []
  package let answer: GateAnswer

  fileprivate init(put: [GateRow] = [], answer: GateAnswer) {
    self.put = put
    self.answer = answer
  }

  fileprivate init(ending row: GateRow, at now: Instant, answer: GateAnswer) {
    self.answer = answer
    end(row, among: [], at: now)
  }

  /// Opens a gate. Where it may have held jobs a pause that is over stays in its place, so that claims
  /// free them; `ClosedScopes.areOver` says when it goes.
  fileprivate mutating func end(_ row: GateRow, among rows: [GateRow], at now: Instant) {
    var ended = row
    ended.blackout = ""
    ended.until = now.microseconds
    ended.calendars = nil
    ended.timeZone = nil
    let holdsJobs = GateScope.Kind(rawValue: row.scope).map { GateScope($0, "").holdsJobs } ?? false
    let isPaused = rows.contains { $0.key == ended.key && !$0.isOver(at: now) }
    if holdsJobs, !isPaused { put.append(ended) }
    if !holdsJobs || !row.blackout.isEmpty { removed.append(row) }
  }
}

/// A blackout that is to be stored: what is asked for, checked.
public struct BlackoutRequest: Sendable, Hashable {
  public let name: String
  public let scope: GateScope
  public let calendars: CalendarRules
  public let zone: ZoneRules
  public let reason: String?

  /// - Parameter calendars: what they exclude is closed.
  public init(
    _ name: String, _ scope: GateScope, calendars: CalendarRules, in zone: ZoneRules = .utc,
    reason: String? = nil
  ) throws(GateRefusal) {
    try scope.check()
    guard name.isStorable(atMost: Blackout.longestName) else {
      throw .wrongName("a blackout", name, most: Blackout.longestName)
    }
    guard !calendars.excluded.isEmpty || !calendars.required.isEmpty else {
      throw .noWindows(name)
    }
    guard calendars.text.utf8.count <= 1 << 20 else { throw .tooManyWindows(name) }
    self.name = name
    self.scope = scope
    self.calendars = calendars
    self.zone = zone
    self.reason = reason
  }

  /// - Parameter windows: times of the week at which it is closed: `MON-FRI 22:00-06:00`, `SAT,SUN`.
  public init(
    _ name: String, _ scope: GateScope, windows: [String], in timeZone: String = "UTC",
    reason: String? = nil
  ) throws {
    guard !windows.isEmpty else { throw GateRefusal.noWindows(name) }
    try self.init(
      name, scope,
      calendars: CalendarRules(excluding: [try ScheduleCalendar(name, windows: windows)]),
      in: try ZoneRules.named(timeZone), reason: reason)
  }
}

/// What became of a command.
public enum GateAnswer: Sendable, Hashable {
  case paused(Pause, replaced: Pause?)
  /// The pause that has ended.
  case resumed(Pause)
  case added(Blackout, replaced: Blackout?)
  /// With the blackout, if it could be read.
  case removed(String, Blackout?)
  case refused(GateRefusal)
}

/// Why a gate can't be closed or opened as asked for.
public enum GateRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  case notPaused(GateScope, closure: GateClosure?)
  case pauseIsOver(GateScope, Instant)
  case noBlackout(String)
  /// Of what, which name, and how many bytes there may be.
  case wrongName(String, String, most: Int)
  case noWindows(String)
  case tooManyWindows(String)

  /// The case's name, for programs.
  public var code: String {
    switch self {
    case .notPaused: "notPaused"
    case .pauseIsOver: "pauseIsOver"
    case .noBlackout: "notFound"
    case .wrongName: "wrongName"
    case .noWindows: "noWindows"
    case .tooManyWindows: "tooManyWindows"
    }
  }

  public var description: String {
    switch self {
    case .notPaused(let scope, let closure):
      guard let closure else { return "The \(scope) isn't paused." }
      return "The \(scope) isn't paused, but \(closure.words). `blackouts rm` removes one."
    case .pauseIsOver(let scope, let until):
      return "The \(scope) can't be paused until \(until.wholeText): that time has passed."
    case .noBlackout(let name):
      return "There is no blackout '\(name)'. `blackouts list` shows all."
    case .wrongName(let what, let name, let most):
      let shown = String(
        name.unicodeScalars.prefix(60).map {
          $0.value < 0x20 || $0.value == 0x7F ? "�" : Character($0)
        })
      return
        "'\(shown)' is no name for \(what): write 1 to \(most) bytes without control characters."
    case .noWindows(let name):
      return "The blackout '\(name)' has no windows; write one such as MON-FRI 22:00-06:00."
    case .tooManyWindows(let name):
      return "The calendars of blackout '\(name)' have more than 1 MiB; write ranges of dates."
    }
  }
}

extension GateScope {
  fileprivate func check() throws(GateRefusal) {
    let most = 512
    guard name.isStorable(atMost: most) else {
      throw .wrongName("a \(kind.words)", name, most: most)
    }
  }
}

extension GateScope.Kind {
  /// As people say it.
  public var words: String {
    switch self {
    case .queue: "queue"
    case .handler: "handler"
    case .resourceType: "resource type"
    }
  }
}

extension String {
  fileprivate func isStorable(atMost bytes: Int) -> Bool {
    !isEmpty && utf8.count <= bytes
      && !unicodeScalars.contains { $0.value < 0x20 || $0.value == 0x7F }
  }
}
