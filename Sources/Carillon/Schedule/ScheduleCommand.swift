/// What an operator or a program may ask of a stored schedule.
public enum ScheduleCommand: Sendable, Hashable {
  /// Fires nothing until it is resumed, or until a time. What its occurrences would have been
  /// meanwhile isn't caught up.
  case pause(until: Instant?, by: String?, why: String?)
  /// Ends a pause; it goes on with the next occurrence after now.
  case resume
  /// Says something else from now on, if it still has that revision.
  case edit(ScheduleDefinition, revision: Int64)
  /// What the program's declaration says, if that isn't what the schedule was last made from.
  case declare(ScheduleDefinition)
  /// No program declares it any more.
  case undeclare
  /// Works out its next occurrence anew, if that still lies ahead: the rules of its time zone may have
  /// changed since it was.
  case align
  /// Removes it with its history. Jobs that wait for their turn are cancelled, others go on.
  case remove

  /// The schedule after this command at `now`: nil when it is to be removed.
  package func applied(
    to schedule: Schedule, unfinished: [UnfinishedJob], at now: Instant
  ) throws(ScheduleRefusal) -> Schedule? {
    var changed = schedule.written(at: now)
    switch self {
    case .pause(let until, let by, let why):
      if let until, until <= now { throw .pauseIsOver(schedule.name, until) }
      changed.pause = Schedule.Pause(
        at: now, until: until, by: by.map(StoredText.reason), why: why.map(StoredText.reason))
      try changed.setNext(unfinished, at: now)
    case .resume:
      guard schedule.pause != nil else { throw .notPaused(schedule.name) }
      changed.pause = nil
      changed.failuresInARow = 0
      try changed.setNext(unfinished, at: now)
    case .edit(let definition, let revision):
      guard revision == schedule.revision else { throw .changedMeanwhile(schedule.name) }
      guard definition != schedule.definition else { return schedule }
      try changed.say(definition, unfinished, at: now)
      changed.editedAt = now
    case .declare(let definition):
      // Somebody has made it by hand: that stands.
      guard schedule.origin == .declared else { return schedule }
      let digest = definition.contentDigest
      let isBack = schedule.pause?.by == Schedule.Pause.byDeclaration
      guard schedule.declaration != digest || isBack else { return schedule }
      if isBack {
        changed.pause = nil
        // Nobody has asked for the pause: what was missed in it is a misfire.
        changed.nextAt = schedule.nextAfterUndeclared
      }
      guard schedule.declaration != digest else { return changed }
      let next = changed.nextAt
      try changed.say(definition, unfinished, at: now)
      if isBack, let next { changed.nextAt = next }
      changed.declaration = digest
      changed.editedAt = nil
    case .undeclare:
      guard schedule.origin == .declared, schedule.pause == nil else { return schedule }
      changed.pause = Schedule.Pause(
        at: now, by: Schedule.Pause.byDeclaration, why: "no program declares it any more")
      changed.nextAt = nil
    case .align:
      guard schedule.followsItsZone, let next = schedule.nextAt, next > now else { return schedule }
      try changed.setNext(unfinished, at: schedule.settledUntil(now))
      guard changed.nextAt != next else { return schedule }
    case .remove: return nil
    }
    return changed
  }
}

extension Schedule {
  /// Whether its next occurrence is what its recurrence and zone say, at any time before.
  fileprivate var followsItsZone: Bool { nextAt != nil && !definition.isFixedDelay }

  /// When its past ends: later than `now` where a clock has been set back, for what has fired already
  /// must not come again.
  fileprivate func settledUntil(_ now: Instant) -> Instant { max(now, updatedAt, lastAt ?? now) }

  /// Whether `align` would move its next occurrence. One that can't be carried out is left as it is.
  package func isAligned(at now: Instant) -> Bool {
    guard followsItsZone, let next = nextAt, next > now else { return true }
    var other = self
    do throws(ScheduleRefusal) {
      try other.setNext([], at: settledUntil(now))
      return other.nextAt == next
    } catch {
      return true
    }
  }

  /// Whether a program's declaration has to be told to the store.
  package func differs(from declared: ScheduleDefinition) -> Bool {
    declaration != declared.contentDigest || pause?.by == Pause.byDeclaration
  }

  fileprivate mutating func say(
    _ definition: ScheduleDefinition, _ unfinished: [UnfinishedJob], at now: Instant
  ) throws(ScheduleRefusal) {
    let recurs =
      definition.recurrence != self.definition.recurrence
      || definition.timeZone != self.definition.timeZone
      || definition.clockChange != self.definition.clockChange
      || definition.startAt != self.definition.startAt
      || definition.endAt != self.definition.endAt
      || definition.calendars != self.definition.calendars
      || definition.maxRuns != self.definition.maxRuns
    do {
      self.definition = try definition.checked(name: name)
    } catch {
      throw .wrong(error)
    }
    revision = revision < .max ? revision + 1 : .max
    // What hasn't to do with time leaves an occurrence that is due already where it is.
    if recurs { try setNext(unfinished, at: now) }
  }

  /// Puts `nextAt` right for what the row now says.
  fileprivate mutating func setNext(
    _ unfinished: [UnfinishedJob], at now: Instant
  ) throws(ScheduleRefusal) {
    nextAt = nil
    guard !hasUsedItsRuns else { return }
    let after: Instant
    if let pause {
      guard let until = pause.until else { return }
      after = until - .microseconds(1)
    } else {
      after = now
    }
    if definition.isFixedDelay, !unfinished.isEmpty { return }
    do throws(ScheduleError) {
      nextAt = try definition.timetable().next(after: after)?.nominal
    } catch {
      throw .wrong(error)
    }
  }

  /// The occurrence at which it stopped when no program declared it any more.
  fileprivate var nextAfterUndeclared: Instant? {
    guard !hasUsedItsRuns, let pause else { return nil }
    let last = max(lastAt ?? insertedAt, insertedAt)
    return (try? definition.timetable())?.next(after: definition.isFixedDelay ? pause.at : last)?
      .nominal
  }
}

/// Why a schedule can't be changed as asked for.
public enum ScheduleRefusal: Error, Sendable, Hashable, CustomStringConvertible {
  case notFound(String)
  case notPaused(String)
  case changedMeanwhile(String)
  case pauseIsOver(String, Instant)
  case wrong(ScheduleError)

  /// The case's name, for programs.
  public var code: String {
    switch self {
    case .notFound: "notFound"
    case .notPaused: "notPaused"
    case .changedMeanwhile: "changedMeanwhile"
    case .pauseIsOver: "pauseIsOver"
    case .wrong: "wrong"
    }
  }

  public var description: String {
    switch self {
    case .notFound(let name): "There is no schedule '\(name)'. `schedules list` shows all."
    case .notPaused(let name): "Schedule '\(name)' isn't paused."
    case .changedMeanwhile(let name):
      "Schedule '\(name)' has been changed by somebody else meanwhile. Look at it, and edit again."
    case .pauseIsOver(let name, let until):
      "Schedule '\(name)' can't be paused until \(until.rfc3339): that time has passed."
    case .wrong(let error): error.description
    }
  }
}

/// What became of a command.
public enum ScheduleAnswer: Sendable, Hashable {
  case done(Schedule)
  case refused(ScheduleRefusal)
}
