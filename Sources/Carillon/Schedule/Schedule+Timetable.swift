import Foundation

extension ScheduleDefinition {
  /// When it recurs, as a value that can be asked.
  ///
  /// Throws for a text that this program, or this machine's zone data, can't make sense of.
  public func timetable() throws(ScheduleError) -> Timetable {
    let zone: ZoneRules
    do {
      zone = try ZoneRules.named(timeZone)
    } catch {
      throw .timeZone(error.description)
    }
    do throws(RecurrenceError) {
      return try Timetable(
        Recurrence(recurrence), in: zone, clockChange: clockChange, start: startAt,
        end: endAt, calendars: calendars)
    } catch {
      throw .recurrence(error.description)
    }
  }

  /// Whether the next time depends on when the last job ended.
  public var isFixedDelay: Bool { (try? Recurrence(recurrence))?.followsCompletion ?? false }

  /// What is to be fired at `now` of the occurrences from `next` on.
  func due(_ timetable: Timetable, from next: Instant, at now: Instant) -> Due {
    guard timetable.recurrence.followsCompletion else {
      return timetable.due(
        after: next - .microseconds(1), now: now, policy: misfirePolicy,
        threshold: misfireThreshold)
    }
    // Its time was decided when the last job ended. Left out, it would never come again.
    let reason: OccurrenceReason = next < now - misfireThreshold ? .catchUp : .onTime
    return Due(fire: [.init(Occurrence(nominal: next), reason)], missed: 0, next: nil)
  }
}

extension Schedule {
  /// Why it can't be carried out here; nil for a sound one.
  public var problem: ScheduleError? {
    do throws(ScheduleError) {
      _ = try definition.timetable()
      return nil
    } catch {
      return error
    }
  }

  /// Whether its time passed so long ago that something must be wrong with what fires it: a minute.
  package func isOverdue(at now: Instant) -> Bool {
    nextAt.map { $0 < now - .seconds(60) } ?? false
  }

  /// The occurrences from `from` to `to`, both with, at most `limit`: what it would fire, or would
  /// have fired.
  public func preview(
    from: Instant, to: Instant, limit: Int
  ) throws(ScheduleError) -> [Occurrence] {
    let timetable = try definition.timetable()
    return Array(
      timetable.occurrences(after: from - .microseconds(1), through: to).prefix(max(limit, 0)))
  }
}
