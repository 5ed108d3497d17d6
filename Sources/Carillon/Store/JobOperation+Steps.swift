package import Foundation

/// Every decision about an operation; stores only perform it.
extension JobOperation {
  /// Why a job was skipped, beside its status.
  package enum Skip {
    /// The filter doesn't mean it any more.
    package static let changed = "changed"
    /// It has been deleted meanwhile.
    package static let gone = "gone"
    /// Its row can't be read or written.
    package static let damaged = "damaged"
  }

  /// What is to become of one job.
  package enum Verdict: Sendable, Hashable {
    case change(Job)
    case remove
    case skip(String)
  }

  /// What is to become of a job that the operation has come to, as it now is.
  package func verdict(on job: Job?, at now: Instant) -> Verdict {
    guard let job else { return .skip(Skip.gone) }
    guard filter.matches(job), job.insertedAt <= insertedAt else { return .skip(Skip.changed) }
    do throws(JobRefusal) {
      return try timedCommand.applied(to: job, at: now).map(Verdict.change) ?? .remove
    } catch {
      return .skip(job.status == .processing ? "running" : job.status.rawValue)
    }
  }

  /// The command with a time that is the same for all jobs.
  private var timedCommand: JobCommand {
    guard case .reschedule(let time) = command else { return command }
    return .reschedule(.at(time.instant(at: insertedAt)))
  }

  /// Whether nobody has taken it further since it was like `seen`.
  package func isWhere(_ seen: JobOperation) -> Bool {
    state == seen.state && cursor == seen.cursor
  }

  /// Jobs that one look finds at most, where a batch of `limit` jobs is asked for: counting is light.
  package func mostFound(_ limit: Int) -> Int {
    state == .counting ? JobOperation.counted : max(limit, 1)
  }

  private static let counted = 10_000

  /// The operation when these jobs have been counted.
  package func counted(_ survey: JobSurvey, at now: Instant) -> JobOperation {
    var operation = written(at: now)
    operation.total = total.addingSaturated(survey.uuids.count)
    operation.cursor = survey.next
    guard survey.next == nil else { return operation }
    if operation.total == 0 {
      operation.end(as: .done, at: now)
    } else {
      operation.state = .running
    }
    return operation
  }

  /// The operation when a batch has been carried out.
  ///
  /// - Parameter cursor: the last job that was looked at; nil when there is none beyond.
  package func advanced(
    done: Int, skipped: [String: Int], cursor: UUID?, at now: Instant
  ) -> JobOperation {
    var operation = written(at: now)
    operation.done = self.done.addingSaturated(done)
    operation.skipped.merge(skipped) { $0.addingSaturated($1) }
    operation.cursor = cursor
    if cursor == nil { operation.end(as: .done, at: now) }
    return operation
  }

  /// The operation when somebody has stopped it; one that has ended stays as it is.
  package func stopped(at now: Instant) -> JobOperation {
    guard !state.isFinal else { return self }
    var operation = written(at: now)
    operation.end(as: .cancelled, at: now)
    return operation
  }

  private func written(at now: Instant) -> JobOperation {
    var operation = self
    operation.updatedAt = now
    return operation
  }

  private mutating func end(as state: State, at now: Instant) {
    self.state = state
    finishedAt = now
  }
}

/// A batch of an operation while it is carried out.
package struct OperationBatch: Sendable {
  private let operation: JobOperation
  private let survey: JobSurvey
  /// Jobs on which the command was carried out.
  private var changed: [UUID] = []
  private var skipped: [String: Int] = [:]
  /// How many of the survey's jobs it has come to.
  private var count = 0

  package init(_ operation: JobOperation, _ survey: JobSurvey) {
    self.operation = operation
    self.survey = survey
  }

  package mutating func noteDone() {
    changed.append(survey.uuids[count])
    count += 1
  }

  package mutating func noteSkip(_ why: String) {
    skipped[why, default: 0] += 1
    count += 1
  }

  /// What it has done, to be written with it.
  package func effects(at now: Instant) -> [OperationEffect] {
    changed.map { OperationEffect(operation: operation.uuid, job: $0, at: now) }
  }

  /// The operation after it: up to the last job that it has come to.
  package func result(at now: Instant) -> JobOperation {
    guard count > 0 || survey.uuids.isEmpty else { return operation }
    let cursor =
      count < survey.uuids.count ? survey.uuids[count - 1] : survey.next
    return operation.advanced(done: changed.count, skipped: skipped, cursor: cursor, at: now)
  }
}
