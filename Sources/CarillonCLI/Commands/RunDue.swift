import ArgumentParser
import Carillon
import Logging
import ServiceLifecycle
import Synchronization

/// Executes once what is due now.
struct RunDue: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "run-due",
      abstract: "Execute what is due now, print the counts, and exit.",
      usage: ProgramName.usage("run-due [--concurrency N | --queues a=10,b=5] [options]"),
      discussion: """
        For cron, or wherever no service may run. Jobs that come due meanwhile, retries among \
        them, wait for the next sweep. It exits 0 also when jobs have failed.

        \(ProgramName.examples("run-due", "run-due --concurrency 50 --json"))
        """)
  }

  @OptionGroup var work: WorkOptions
  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let limits = try work.limits()
    let level = try logLevel(in: session)
    return try await session.withStore(common) { store in
      let (scheduler, _) = try await session.scheduler(store: store, logLevel: level) {
        if let limits { $0.queues = limits }
      }
      for problem in session.catalog.problems { session.warn("\(problem)") }
      let sweep = Sweep(scheduler)
      let signals = try await Supervision(
        service: sweep,
        onFirstSignal: { session.say("Finishing what runs. A second signal stops at once.") },
        onSecondSignal: { session.say("Stopping at once; running jobs are handed back.") }
      ).run()
      let tally = sweep.tally
      if common.json {
        session.print(
          .object(["executed": JSONValue(tally.executed), "failed": JSONValue(tally.failed)]))
      } else {
        session.out.line("executed: \(tally.executed), failed: \(tally.failed)")
      }
      guard signals == 0 else {
        session.say("Interrupted: what is still due waits for the next sweep.")
        return .failed
      }
      return .done
    }
  }
}

/// One sweep, as a service that ends by itself.
private final class Sweep: Service {
  private let scheduler: Scheduler
  private let result = Mutex(Tally())

  init(_ scheduler: Scheduler) { self.scheduler = scheduler }

  var tally: Tally { result.withLock { $0 } }

  func run() async throws {
    let tally = try await scheduler.processDueJobs()
    result.withLock { $0 = tally }
  }
}
