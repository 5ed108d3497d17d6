import Carillon
import Foundation

/// One schedule for a person: where it is and why, what it says, what is to come, what has been.
struct SchedulePage {
  let view: ScheduleView
  /// Newest first.
  let history: [OccurrenceRecord]
  /// Of the history's jobs; those that were pruned have none.
  let statuses: [UUID: JobStatus]

  private var schedule: Carillon.Schedule { view.schedule }
  private var definition: ScheduleDefinition { view.schedule.definition }

  private var report: ScheduleReport {
    ScheduleReport(schedule: schedule, now: view.now, history: history, statuses: statuses)
  }

  private var coming: OccurrenceTable? { report.coming() }

  var jsonValue: JSONValue { report.jsonValue }

  func print(on screen: Screen) {
    let meaning = view.timetable.map { "\($0.explanation)." } ?? ""
    screen.line("\(screen.styled(schedule.name.harmless, .bold))  \(schedule.uuid.text)")
    if !meaning.isEmpty { screen.paragraph(meaning) }
    screen.line()
    for line in facts.flatMap({ $0.lines(on: screen) }) { screen.line(line) }
    for line in Fact.block("Args", .object(definition.args.values), on: screen) {
      screen.line(line)
    }
    if let coming, !coming.isEmpty {
      title("Next", on: screen)
      coming.print(on: screen, indent: "  ")
    }
    guard !history.isEmpty else { return }
    title("History", on: screen)
    for line in historyTable(symbols: screen.hasSymbols).lines(on: screen) {
      screen.line("  \(line)")
    }
  }

  private func title(_ text: String, on screen: Screen) {
    screen.line()
    screen.line(screen.styled(text, .bold))
  }

  private var facts: [Fact] {
    let time = TimeText(now: view.now)
    var facts = [Fact("state", view.stateText, view.stateStyle)]
    func add(_ label: String, _ text: String?, _ style: Style = .plain) {
      if let text { facts.append(Fact(label, text, style)) }
    }
    add("problem", schedule.problem?.description, .red)
    if view.state == .paused { add("paused", view.pauseText, .yellow) }
    add(
      "next", schedule.nextAt.map { "\(view.nextText) (\(TimeText.exact($0)))" } ?? view.nextText)
    add("last", schedule.lastAt.map(time.both))
    add("recurrence", definition.recurrence)
    add("zone", definition.timeZone)
    add(
      "clocks",
      definition.clockChange.map { "gap \($0.gap.rawValue), overlap \($0.overlap.rawValue)" })
    add("start", definition.startAt.map(time.both))
    add("end", definition.endAt.map(time.both))
    add("runs", definition.maxRuns.map { "\(schedule.runs) of \($0)" } ?? "\(schedule.runs)")
    add("handler", definition.handlerModule)
    add("resource", "\(definition.resource)")
    add(
      "queue",
      definition.priority == 0
        ? definition.queue : "\(definition.queue), priority \(definition.priority)")
    add("attempts", "\(definition.maxAttempts) a job")
    add("misfire", "\(definition.misfirePolicy), after \(definition.misfireThreshold.text)")
    add("overlap", definition.overlapPolicy.rawValue)
    if definition.jitter > .zero { add("jitter", "up to \(definition.jitter.text)") }
    add("failures", failuresText, schedule.failuresInARow > 0 ? .red : .plain)
    add("origin", originText(time))
    add("stored", time.both(schedule.insertedAt))
    return facts
  }

  private var failuresText: String? {
    let limit = definition.pauseAfterFailures.map { "; pauses itself after \($0)" } ?? ""
    guard schedule.failuresInARow > 0 || !limit.isEmpty else { return nil }
    return "\(schedule.failuresInARow) in a row\(limit)"
  }

  private func originText(_ time: TimeText) -> String {
    let edited = schedule.editedAt.map { ", edited \(time.both($0))" } ?? ""
    switch schedule.origin {
    case .declared: return "declared by a program\(edited)"
    case .added: return "added\(edited)"
    }
  }

  private func historyTable(symbols: Bool) -> Table {
    var table = Table([
      .init(title: "NOMINAL"), .init(title: "OUTCOME"), .init(title: "REASON", narrowest: 8),
      .init(title: "JOB STATUS"), .init(title: "JOB", leftOut: 1),
      .init(title: "WHY", narrowest: 16),
    ])
    for record in history {
      let status = record.jobUUID.flatMap { statuses[$0] }
      let outcome = record.count == 1 ? "" : " \(record.count)"
      table.add([
        .init(TimeText.exact(record.nominalAt)),
        .init("\(record.outcome.rawValue)\(outcome)", record.outcome.style),
        .init(record.occurrenceReason?.rawValue ?? ""),
        .init(
          status?.text(symbols: symbols) ?? (record.jobUUID == nil ? "" : "pruned"),
          status?.style ?? .dim),
        .init(record.jobUUID?.text ?? "", .dim), .init(record.why ?? ""),
      ])
    }
    return table
  }
}

extension OccurrenceRecord.Outcome {
  var style: Style {
    switch self {
    case .fired: .green
    case .skipped, .missed: .yellow
    }
  }
}
