import Logging
import ServiceContextModule
import Tracing

/// One attempt, from a claimed job to its settlement: resolve → execute → outcome → transition.
struct AttemptRunner: Sendable {
  let catalog: HandlerCatalog
  let services: Services
  let scheduling: any JobScheduling
  let environment: SchedulerEnvironment
  let shutdown: ShutdownFlag
  let logger: Logger

  /// What an attempt needs to know before it starts.
  struct Plan: Sendable {
    let handler: Result<any JobHandler.Type, HandlerCatalog.Unresolved>
    let timeout: Duration?

    var policy: RetryPolicy {
      switch handler {
      case .success(let type): type.retryPolicy
      case .failure: .standard
      }
    }
  }

  func plan(for job: Job) -> Plan {
    let handler = catalog.resolve(
      handlerModule: job.handlerModule, resourceType: job.resourceType)
    switch handler {
    case .success(let type): return Plan(handler: handler, timeout: type.timeLimit)
    case .failure: return Plan(handler: handler, timeout: nil)
    }
  }

  /// Runs the attempt in the current task and judges how it ended.
  ///
  /// - Parameter cause: why the task was cancelled, asked when the handler has thrown.
  func run(
    _ job: Job, _ plan: Plan, notes: AttemptNotes, cause: @Sendable () -> CancelCause?
  ) async -> Transition {
    let ending: Ending
    switch plan.handler {
    case .failure(let why):
      // Claims ask only for handlers that this program has, so this is a catalogue that changed.
      // The attempt is given back for a node that knows the name.
      logger.error("A claimed job has no handler here: \(why)")
      ending = .interrupted
    case .success(let type):
      ending = await end(of: job, type, plan, notes, cause)
    }
    return Judgement(
      policy: plan.policy, random: { [environment] in environment.chance.fraction() }
    )
    .transition(for: job, after: ending)
  }

  private func end(
    of job: Job, _ type: any JobHandler.Type, _ plan: Plan, _ notes: AttemptNotes,
    _ cause: @Sendable () -> CancelCause?
  ) async -> Ending {
    do {
      let outcome = try await execute(job, type, plan, notes)
      if case .error = outcome.kind, cause() == .timeout, let timeout = plan.timeout {
        return .threw("timed out after \(timeout.text)")
      }
      return .outcome(outcome.kind)
    } catch {
      switch cause() {
      case nil: return .threw("\(error)")
      case .timeout: return .threw("timed out after \((plan.timeout ?? .zero).text): \(error)")
      case .requested: return .cancelled
      case .shutdown, .leaseLost: return .interrupted
      }
    }
  }

  private func execute(
    _ job: Job, _ type: any JobHandler.Type, _ plan: Plan, _ notes: AttemptNotes
  ) async throws -> Outcome {
    let context = JobContext(
      job: job, deadline: plan.timeout.flatMap { timeout in job.claimedAt.map { $0 + timeout } },
      logger: attemptLogger(for: job, notes), notes: notes, services: services,
      scheduling: scheduling, shutdown: shutdown)
    return try await JobContext.$bound.withValue(context) {
      try await withSpan(job.jobType, context: .topLevel, ofKind: .consumer) { span in
        if !job.traceContext.isEmpty {
          span.addLink(
            SpanLink(context: TraceCarrier.context(from: job.traceContext), attributes: [:]))
        }
        if span.isRecording {
          span.attributes["carillon.job"] = job.uuid.text
          span.attributes["carillon.attempt"] = Int64(job.attempts)
        }
        return try await type.run(job)
      }
    }
  }

  private func attemptLogger(for job: Job, _ notes: AttemptNotes) -> Logger {
    Logger(label: logger.label) { [logger, environment] _ in
      AttemptLogHandler(
        base: logger.handler, job: job, notes: notes, clock: environment.clock)
    }
  }
}
