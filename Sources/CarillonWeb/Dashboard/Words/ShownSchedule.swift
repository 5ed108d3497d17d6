import Carillon
import Foundation

/// A schedule's page in values.
struct ShownSchedule: Sendable {
  let report: ScheduleReport
  let base: String

  private var schedule: Schedule { report.schedule }
  private var definition: ScheduleDefinition { report.schedule.definition }
  private var moment: Moment { Moment(now: report.now) }

  private var state: Schedule.State { schedule.state(at: report.now) }
  var isPaused: Bool { state == .paused }
  var isActive: Bool { state == .active }

  /// What a list shows of it.
  var summary: View {
    [
      // Names may hold anything, and identities of elements no spaces.
      "id": .text(schedule.uuid.text),
      "name": .text(schedule.name),
      "mark": .markup(StatusMark.of(state, isBroken: schedule.problem != nil)),
      "words": .text(words), "isOverdue": .flag(schedule.isOverdue(at: report.now)),
      "next": .markup(next), "last": .markup(moment.relative(schedule.lastAt)),
      "history": .markup(graph), "pausedText": .optional(pausedText),
    ]
  }

  var view: View {
    var view = summary
    let coming = report.coming(10)
    view["problem"] = .optional(schedule.problem?.description)
    view["isPaused"] = .flag(isPaused)
    view["zone"] = .text(definition.timeZone)
    view["hasNotes"] = .flag(coming?.lines.contains { $0.note != nil } ?? false)
    view["hasComing"] = .flag(!(coming?.isEmpty ?? true))
    view["coming"] = .list(
      (coming?.lines ?? []).map { line in
        [
          "local": .text(line.local.replacing("T", with: " ")),
          "utc": .text(line.nominal.shortText.replacing("T", with: " ")),
          "relative": .markup(moment.relative(line.nominal)), "note": .optional(line.note),
        ]
      })
    view["comingNone"] = .text(comingNone)
    view["historyGraph"] = .markup(graph)
    view["hasHistory"] = .flag(!report.history.isEmpty)
    view["history"] = .list(report.history.map(entry))
    view["facts"] = .list(facts)
    return view
  }

  private var words: String {
    (try? definition.timetable())?.explanation ?? definition.recurrence
  }

  private var next: Markup {
    guard let nextAt = schedule.nextAt else {
      return Markup(
        trusted: schedule.waitsForItsJob
          ? "when its job ends" : "<span class=\"none\">–</span>")
    }
    return moment.relative(nextAt)
  }

  private var pausedText: String? {
    guard isPaused, let pause = schedule.pause else { return nil }
    var text =
      pause.until.map { "Until \(Moment.exact($0)) (\(moment.text($0)))" }
      ?? "Until it is resumed"
    if let by = pause.by { text += ", by \(by)" }
    text += ", since \(moment.since(pause.at))"
    if let why = pause.why { text += ": \(why)" }
    return text + "."
  }

  private var comingNone: String {
    if schedule.problem != nil { return "None as long as it is broken." }
    if schedule.waitsForItsJob { return "It fires when its job has ended." }
    return isPaused ? "None until it is resumed." : "It doesn't fire any more."
  }

  // MARK: History

  private func kind(_ record: OccurrenceRecord) -> (kind: String, word: String) {
    switch record.outcome {
    case .skipped: return ("held", "skipped")
    case .missed: return ("held", "missed")
    case .fired: break
    }
    guard let status = record.jobUUID.flatMap({ report.statuses[$0] }) else {
      return ("executed", "fired")
    }
    return (status.rawValue, status.rawValue)
  }

  private func entry(_ record: OccurrenceRecord) -> View {
    let (kind, word) = kind(record)
    let isPruned = record.jobUUID.map { report.statuses[$0] == nil } ?? false
    var view: View = [
      "at": .markup(moment.exact(record.nominalAt)),
      "mark": .markup(StatusMark.mark(kind, word: word)),
      "many": .optional(record.count > 1 ? "\(record.count.grouped) occurrences" : nil),
      "why": .text(record.why ?? record.occurrenceReason?.words ?? ""),
      "jobWord": .text(record.jobUUID.map { String($0.text.prefix(8)) } ?? "–"),
    ]
    if isPruned { view["jobWord"] = "deleted since" }
    if let uuid = record.jobUUID, !isPruned {
      view["jobHref"] = .text("\(base)/jobs/\(uuid.text)")
    }
    return view
  }

  private var graph: Markup {
    let marks = report.history.reversed().map { record -> (kind: String, title: String) in
      let (kind, word) = kind(record)
      let shape =
        switch kind {
        case "executed": "ok"
        case "failed": "bad"
        default: "other"
        }
      return (shape, "\(Moment.exact(record.nominalAt)): \(word)")
    }
    let failed = marks.count { $0.kind == "bad" }
    return TrafficChart.history(
      marks, label: "Its last \(counted(marks.count, "occurrence")), \(failed) of them failed")
  }

  // MARK: Facts

  private var facts: [View] {
    var facts: [View] = []
    func add(_ label: String, _ value: ViewValue) {
      facts.append(["label": .text(label), "value": value])
    }
    func time(_ label: String, _ instant: Instant?) {
      if let instant { add(label, .markup(moment.exact(instant))) }
    }
    add("Recurrence", .text(definition.recurrence))
    add("Zone", .text(definition.timeZone))
    if let change = definition.clockChange {
      add("Clocks", .text("gap \(change.gap.rawValue), overlap \(change.overlap.rawValue)"))
    }
    time("Next", schedule.nextAt)
    time("Last", schedule.lastAt)
    time("Not before", definition.startAt)
    time("Not after", definition.endAt)
    add(
      "Runs",
      .text(definition.maxRuns.map { "\(schedule.runs) of \($0)" } ?? "\(schedule.runs)"))
    add("Handler", .text(definition.handlerModule))
    add("Resource", .text("\(definition.resource)"))
    add("Queue", .text(definition.queue))
    add("Priority", .text("\(definition.priority)"))
    add("Attempts of a job", .text("\(definition.maxAttempts)"))
    add(
      "When missed",
      .text("\(definition.misfirePolicy), after \(definition.misfireThreshold.text)"))
    add("When one still runs", .text(definition.overlapPolicy.rawValue))
    if definition.jitter > .zero { add("Jitter", .text("up to \(definition.jitter.text)")) }
    if schedule.failuresInARow > 0 || definition.pauseAfterFailures != nil {
      let limit = definition.pauseAfterFailures.map { "; pauses itself after \($0)" } ?? ""
      add("Failures in a row", .text("\(schedule.failuresInARow)\(limit)"))
    }
    add("Origin", .text(schedule.origin == .declared ? "declared by a program" : "added"))
    time("Edited", schedule.editedAt)
    time("Stored", schedule.insertedAt)
    return facts
  }
}
