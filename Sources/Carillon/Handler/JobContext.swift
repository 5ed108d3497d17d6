public import Foundation
public import Logging

/// What a running handler may know and say about its attempt: `JobContext.current`.
public struct JobContext: Sendable {
  @TaskLocal package static var bound: JobContext?

  /// The context of the attempt that this task runs.
  ///
  /// Outside an attempt, as in a test that calls `execute` itself, it is a context of no job: its
  /// job is a blank one, progress goes nowhere, and `service` and `schedule` throw.
  public static var current: JobContext { bound ?? outside }

  /// The job as it was claimed.
  public let job: Job
  /// The time until which the handler may run, by the store's clock; nil: no timeout.
  public let deadline: Instant?
  /// Logs where the program logs, with the job's metadata; the lines are also kept with the attempt.
  public let logger: Logger
  package let notes: AttemptNotes
  package let services: Services
  package let scheduling: any JobScheduling
  package let shutdown: ShutdownFlag

  package init(
    job: Job, deadline: Instant?, logger: Logger, notes: AttemptNotes, services: Services,
    scheduling: any JobScheduling, shutdown: ShutdownFlag
  ) {
    self.job = job
    self.deadline = deadline
    self.logger = logger
    self.notes = notes
    self.services = services
    self.scheduling = scheduling
    self.shutdown = shutdown
  }

  /// The attempt's number, from 1.
  public var attempt: Int { job.attempts }

  /// When the job was meant to run.
  public var nominalTime: Instant { job.scheduledAt }

  /// How long after its nominal time this attempt was started; never negative.
  public var lateness: Duration { max((job.claimedAt ?? job.scheduledAt) - job.scheduledAt, .zero) }

  /// Why its schedule has made the job: on time, to catch up, as a backfill or by hand; nil for a job
  /// that belongs to no schedule.
  public var occurrenceReason: OccurrenceReason? { job.occurrenceReason }

  /// Whether the process is about to stop: a handler that works through a list should end soon,
  /// with `.snooze` for the rest, or be cancelled when the grace time is over.
  public var isShuttingDown: Bool { shutdown.isRaised }

  /// The same for every attempt of a run, another after a deliberate rerun: give it to services that
  /// must not act twice.
  public var idempotencyKey: String { job.idempotencyKey }

  /// Says how far the work is, 0…1; shown with the job within about a second.
  public func progress(_ fraction: Double, _ note: String? = nil) {
    notes.progress(fraction, note)
  }

  /// A dependency that the program handed to its `Scheduler(services:)`.
  public func service<Service>(_ type: Service.Type) throws(MissingService) -> Service {
    try services.find(type)
  }
}

extension JobContext: JobScheduling {
  public func schedule(_ requests: [JobRequest]) async throws -> [Job] {
    try await scheduling.schedule(requests)
  }

  public func makeUUID() -> UUID { scheduling.makeUUID() }
}

extension JobContext {
  private static let outside: JobContext = {
    let nil16 = UUID(high: 0, low: 0)
    let start = Instant(microseconds: 0)
    return JobContext(
      job: Job(
        uuid: nil16, jobType: "", handlerModule: "", resourceType: "", resourceUUID: nil16,
        args: [:], argsVersion: 1, queue: "default", priority: 0, maxAttempts: 1,
        createdByUUID: nil, insertedAt: start, traceContext: [:], run: 1, scheduledAt: start,
        runAt: start, hold: nil, heldAt: nil, status: .processing, attempts: 1, failures: 0,
        snoozes: 0, crashes: 0, executedAt: nil, finishedAt: nil, reason: nil, lastError: nil,
        result: nil, cancelRequestedAt: nil, updatedAt: start, claim: 1, node: nil16,
        claimedAt: start),
      deadline: nil, logger: Logger(label: "carillon.outside"), notes: AttemptNotes(),
      services: Services(), scheduling: NoScheduling(), shutdown: ShutdownFlag())
  }()
}

/// Scheduling from outside an attempt.
private struct NoScheduling: JobScheduling {
  struct OutsideAnAttempt: Error, CustomStringConvertible {
    let description =
      "JobContext.current was used outside a running job; schedule through a Scheduler instead."
  }

  func schedule(_ requests: [JobRequest]) async throws -> [Job] { throw OutsideAnAttempt() }
  func makeUUID() -> UUID { UUID() }
}
