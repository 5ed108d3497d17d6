import Carillon
import Foundation

extension JobRow {
  /// What `read` would pass over without a word; nil when it takes the row as it is.
  static func loss(_ row: Row) throws(PostgresError) -> String? {
    if let text = try row.optionalText(36), OccurrenceReason(rawValue: text) == nil {
      return "occurrence_reason is '\(text.prefix(40))'"
    }
    guard let text = try row.optionalText(32) else { return nil }
    guard let object = try? JSONValue(json: text).object,
      object.values.allSatisfy({ $0.string != nil })
    else { return "trace_context is no JSON object of strings" }
    return nil
  }
}

extension AttemptRow {
  /// What `read` would pass over without a word; nil when it takes the row as it is.
  static func loss(_ row: Row) throws(PostgresError) -> String? {
    if let outcome = try row.optionalText(6), AttemptOutcome(rawValue: outcome) == nil {
      return "outcome is '\(outcome.prefix(40))'"
    }
    if let text = try row.optionalText(9),
      (try? JSONDecoder().decode([LogLine].self, from: Data(text.utf8))) == nil
    {
      return "log is no JSON array of lines"
    }
    return nil
  }
}

extension MinuteCountRow {
  /// What `read` would pass over without a word; nil when it takes the row as it is.
  static func loss(_ row: Row) throws(PostgresError) -> String? {
    let outcome = try row.text(3)
    guard AttemptOutcome(rawValue: outcome) != nil else {
      return "outcome is '\(outcome.prefix(40))'"
    }
    for (column, name) in [(5, "wait_buckets"), (6, "run_buckets")] {
      let numbers = try row.text(column).split(separator: " ", omittingEmptySubsequences: false)
      guard numbers.count <= MinuteCount.Buckets.bounds.count + 1,
        numbers.allSatisfy({ Int($0) != nil })
      else { return "\(name) is no list of counts" }
    }
    return nil
  }
}
