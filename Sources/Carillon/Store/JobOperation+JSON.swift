package import Foundation

extension JobOperation {
  /// The record as JSON: what the command line and the API show. Its cursor is the store's own.
  public var jsonValue: JSONValue {
    [
      "uuid": .string(uuid.text),
      "action": .string(command.action),
      "parameters": .object(command.parameters),
      "filter": .string(filterText),
      "state": .string(state.rawValue),
      "total": JSONValue(total),
      "done": JSONValue(done),
      "skipped": .object(skipped.mapValues { JSONValue($0) }),
      "started_by": JSONValue(startedBy),
      "inserted_at": JSONValue(insertedAt),
      "updated_at": JSONValue(updatedAt),
      "finished_at": JSONValue(finishedAt),
    ]
  }

  /// What it has come to, in words: `487 retried, 13 skipped: 12 were running, 1 was gone`.
  public var summary: String {
    var text = "\(done) \(command.participle)"
    guard skips > 0 else { return text }
    let reasons = skipped.filter { $0.value > 0 }
      .sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      .map { "\($0.value) \($0.value == 1 ? "was" : "were") \($0.key)" }
    text += ", \(skips) skipped: \(reasons.joined(separator: ", "))"
    return text
  }
}

extension JobOperation {
  /// The filter's text; what it asks of args that are hidden is left out.
  package func shownFilter(_ redaction: Redaction) -> String {
    let hides = { (condition: JobFilter.Condition) in
      if case .args(let path, _) = condition { redaction.hides(path: path) } else { false }
    }
    guard filter.terms.contains(where: { $0.anyOf.contains(where: hides) }) else {
      return filterText
    }
    let shown = JobFilter(terms: filter.terms.filter { !$0.anyOf.contains(where: hides) })
    return shown.isAll ? "[redacted]" : "\(shown) [redacted]"
  }

  /// The command as a store's columns hold it: its parameters as JSON text.
  package var parametersText: String { JSONValue.object(command.parameters).json }
  package var skippedText: String {
    JSONValue.object(skipped.mapValues { JSONValue($0) }).json
  }

  /// The operation of a row's texts; nil when this program can't read them, as those of a later
  /// version: it then leaves the operation to others.
  package init?(
    uuid: UUID, action: String, parameters: String, filterText: String, meaning: String,
    startedBy: String?, state: String, total: Int, done: Int, skipped: String, cursor: UUID?,
    insertedAt: Instant, updatedAt: Instant, finishedAt: Instant?
  ) {
    guard let state = State(rawValue: state),
      let parameters = try? JSONValue(json: parameters).object,
      let command = try? JobCommand(action: action, parameters: parameters),
      let filter = try? JobFilter(meaning, now: insertedAt),
      let skipped = try? JSONValue(json: skipped).object
    else { return nil }
    self.init(
      uuid: uuid, command: command, filterText: filterText, filter: filter, startedBy: startedBy,
      state: state, total: total, done: done, skipped: skipped.compactMapValues(\.int),
      cursor: cursor, insertedAt: insertedAt, updatedAt: updatedAt, finishedAt: finishedAt)
  }
}
