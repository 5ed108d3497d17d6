import Carillon
import Foundation

/// One job for a person: where it is and why, what it was given, what its attempts came to.
struct JobPage {
  let job: Job
  let attempts: [Attempt]
  /// `host:pid` of nodes that are still registered.
  let nodeNames: [UUID: String]
  /// What may keep it from starting.
  var gates = Gates.none
  let now: Instant

  func print(on screen: Screen) {
    for line in lines(on: screen) { screen.line(line) }
  }

  func lines(on screen: Screen) -> [String] {
    let title = "\(screen.styled(job.jobType.harmless, .bold))  \(job.uuid.text)"
    var lines = [title, ""]
    for (label, text, style) in facts(symbols: screen.hasSymbols) {
      lines += Fact(label, text, style).lines(on: screen)
    }
    lines += Fact.block("Args", JSONValue.object(job.args.values), on: screen)
    if job.result != nil { lines += Fact.block("Result", job.resultValue, on: screen) }
    if !attempts.isEmpty { lines += ["", screen.styled("Attempts", .bold)] }
    for attempt in attempts { lines += self.lines(of: attempt, on: screen) }
    return lines
  }

  // MARK: The record

  private func facts(symbols: Bool) -> [(label: String, text: String, style: Style)] {
    let time = TimeText(now: now)
    var facts: [(String, String, Style)] = []
    func add(_ label: String, _ text: String?, _ style: Style = .plain) {
      if let text { facts.append((label, text, style)) }
    }
    add("status", statusText(time, symbols: symbols), job.status.style)
    for closure in gates.closures(keeping: job, at: now) {
      add("waits", "\(closure.scope) is \(closure.words)", .yellow)
    }
    add("reason", job.reason)
    add("last error", job.lastError, .red)
    add("handler", job.handlerModule)
    add("resource", "\(job.resource)")
    add("queue", job.priority == 0 ? job.queue : "\(job.queue), priority \(job.priority)")
    add("attempts", attemptsText)
    add("scheduled", time.both(job.scheduledAt))
    if job.runAt != job.scheduledAt, !job.status.isFinal { add("next start", time.both(job.runAt)) }
    add("started", job.claimedAt.map(time.both))
    add("on node", job.node.map(nodeText))
    add("cancel asked", job.cancelRequestedAt.map(time.both), .yellow)
    if job.executedAt == nil { add("finished", job.finishedAt.map(time.both)) }
    add("executed", job.executedAt.map(time.both))
    add("stored", time.both(job.insertedAt))
    add("stored by", job.createdByUUID?.text)
    if job.run > 1 { add("run", "\(job.run)") }
    return facts
  }

  private func statusText(_ time: TimeText, symbols: Bool) -> String {
    let status = job.status.text(symbols: symbols)
    switch job.status {
    case .pending: return "\(status), \(job.whenText(time))"
    case .processing: return "\(status) \(job.whenText(time))"
    case .executed, .failed, .cancelled: return status
    }
  }

  private var attemptsText: String {
    let others = [
      (job.failures, "failed"), (job.crashes, "lost with a node"), (job.snoozes, "snoozed"),
    ].filter { $0.0 > 0 }.map { "\($0.0) \($0.1)" }
    let spent = "\(job.attempts) of \(job.maxAttempts) spent"
    return others.isEmpty ? spent : "\(spent); \(others.joined(separator: ", "))"
  }

  private func nodeText(_ node: UUID) -> String {
    nodeNames[node].map { "\($0) (\(node.text))" } ?? node.text
  }

  // MARK: Attempts

  private func lines(of attempt: Attempt, on screen: Screen) -> [String] {
    let outcome = attempt.outcome?.text ?? "runs"
    let length =
      attempt.endedAt.map { "took \(max($0 - attempt.startedAt, .zero).text)" }
      ?? "for \(TimeText.coarse(max(now - attempt.startedAt, .zero)))"
    let start = TimeText.exact(attempt.startedAt, milliseconds: true)
    let node = "on \(nodeNames[attempt.node] ?? attempt.node.text)".harmless
    let style = attempt.outcome?.style ?? .cyan
    let head = "  \(attempt.number)  \(screen.styled(outcome, style))  \(start)  \(length)"
    let width = "  \(attempt.number)  \(outcome)  \(start)  \(length)  \(node)".displayWidth
    let shownNode = screen.styled(node, .dim)
    var lines =
      width <= screen.width ?? .max ? ["\(head)  \(shownNode)"] : [head, "     \(shownNode)"]
    if let progress = attempt.progress {
      let note = attempt.progressNote.map { ": \($0)" } ?? ""
      // A row may hold any number, also an infinite one.
      let percent = progress.isNaN ? 0 : Int((min(max(progress, 0), 1) * 100).rounded())
      lines.append("     at \(percent)%\(note.harmless)")
    }
    if let error = attempt.error {
      lines += error.harmlessLines.split(separator: "\n").map {
        "     \(screen.styled(String($0), .red))"
      }
    }
    lines += attempt.log.map { line in
      let at = TimeText.exact(Instant(microseconds: line.at), milliseconds: true).dropFirst(11)
      return "     \(screen.styled("\(at) \(line.level.harmless)", .dim)) \(line.message.harmless)"
    }
    return lines
  }
}
