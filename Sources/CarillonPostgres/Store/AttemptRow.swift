import Carillon
import Foundation

/// Between a row of `attempts` and an `Attempt`.
enum AttemptRow {
  static let columns = """
    uuid, claim, number, node, started_at, ended_at, outcome, error, fingerprint, log, progress, \
    progress_note
    """

  static func read(_ row: Row) throws(PostgresError) -> Attempt {
    Attempt(
      uuid: try row.uuid(0), claim: try row.int64(1), number: try row.int(2),
      node: try row.uuid(3), startedAt: try row.instant(4), endedAt: try row.optionalInstant(5),
      outcome: try row.optionalText(6).flatMap(AttemptOutcome.init),
      error: try row.optionalText(7), fingerprint: try row.optionalText(8),
      log: log(try row.optionalText(9)), progress: try row.optionalDouble(10),
      progressNote: try row.optionalText(11))
  }

  private static func log(_ text: String?) -> [LogLine] {
    guard let text else { return [] }
    return (try? JSONDecoder().decode([LogLine].self, from: Data(text.utf8))) ?? []
  }

  static func text(of log: [LogLine]) -> String? {
    guard !log.isEmpty else { return nil }
    return JSONValue.array(
      log.map { line in
        [
          "at": .number(JSONNumber(line.at)), "level": .string(line.level),
          "message": .string(line.message),
        ]
      }
    ).json
  }
}

/// Between a row of `minute_counts` and a `MinuteCount`.
enum MinuteCountRow {
  static let columns =
    "minute, queue, handler_module, outcome, attempts, wait_buckets, run_buckets"

  /// Nil for a row of an outcome that this program doesn't know.
  static func read(_ row: Row) throws(PostgresError) -> MinuteCount? {
    guard let outcome = AttemptOutcome(rawValue: try row.text(3)) else { return nil }
    return MinuteCount(
      key: .init(
        minute: try row.int64(0), queue: try row.text(1), handlerModule: try row.text(2),
        outcome: outcome),
      count: try row.int(4), wait: buckets(try row.text(5)), runTime: buckets(try row.text(6)))
  }

  /// The sums of rows that may say the same key several times, in order of their keys.
  static func sums(_ rows: Rows...) throws(PostgresError) -> [MinuteCount] {
    var sums: [MinuteCount.Key: MinuteCount] = [:]
    for rows in rows {
      for row in rows {
        guard let count = try read(row) else { continue }
        sums[count.key, default: MinuteCount(key: count.key)].add(count)
      }
    }
    return sums.values.sorted { $0.key < $1.key }
  }

  private static func buckets(_ text: String) -> MinuteCount.Buckets {
    MinuteCount.Buckets(counts: text.split(separator: " ").map { Int($0) ?? 0 })
  }

  static func text(_ buckets: MinuteCount.Buckets) -> String {
    buckets.counts.map(String.init).joined(separator: " ")
  }
}
