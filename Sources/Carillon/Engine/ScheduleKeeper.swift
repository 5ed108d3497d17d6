import Foundation
import Logging
import Synchronization

/// Fires schedules when their time comes, beside the main loop.
///
/// Every node does so, and none is special: a firing is written on condition that the schedule is as
/// it was read, so who comes second changes nothing. It sleeps until the next schedule is due, or
/// until something may have become due before.
final class ScheduleKeeper: Sendable {
  /// Schedules that are fired with one transaction.
  private static let batch = 250
  /// What wakes it is mostly about jobs: it doesn't look more often than so.
  private static let shortestPause = Duration.milliseconds(50)
  /// How long others may be at the same schedules before it looks again.
  private static let whenLost = Duration.milliseconds(20)

  private let store: any JobStore
  private let declared: [DeclaredSchedule]
  private let configuration: SchedulerConfiguration
  private let environment: SchedulerEnvironment
  private let instruments: Instruments
  private let logger: Logger
  private let inbox: Inbox
  /// Why schedules can't be carried out here, as it was logged.
  private let told = Mutex<[String: String]>([:])

  init(
    store: any JobStore, declared: [DeclaredSchedule], configuration: SchedulerConfiguration,
    environment: SchedulerEnvironment, instruments: Instruments, logger: Logger
  ) {
    self.store = store
    self.declared = declared
    self.configuration = configuration
    self.environment = environment
    self.instruments = instruments
    self.logger = logger
    inbox = Inbox(clock: environment.clock, executor: environment.scheduleExecutor)
  }

  /// Something may have become due.
  func wake() { inbox.wake() }

  /// Works until cancelled.
  func run() async {
    let clock = environment.clock
    var isReconciled = false
    var alignment = ScheduleAlignment()
    var outage: Duration?
    while !Task.isCancelled {
      let asked = clock.uptime()
      var next = asked + configuration.recheckInterval
      do throws(StoreError) {
        if !isReconciled { try await reconcile() }
        isReconciled = true
        next = min(next, try await fireDue() ?? next)
        if !alignment.isDone {
          tell(moved: try await alignment.step(store))
          next = asked
        }
        outage = nil
      } catch {
        guard !Task.isCancelled else { return }
        // Once per outage, not once per try.
        if outage == nil { logger.warning("Schedules can't be fired; it is tried again: \(error)") }
        let pause = outage.map { min($0 * 2, .seconds(5)) } ?? .milliseconds(100)
        outage = pause
        next = asked + pause
      }
      await wait(until: next, atLeastUntil: asked + (outage ?? ScheduleKeeper.shortestPause))
    }
    inbox.close()
  }

  private func wait(until next: Duration, atLeastUntil earliest: Duration) async {
    await withTaskCancellationHandler {
      _ = await inbox.next(until: next, enough: .max)
    } onCancel: {
      inbox.wake()
    }
    // The schedule that it waited for is never kept waiting.
    let pause = min(next, earliest)
    if environment.clock.uptime() < pause { try? await environment.clock.sleep(until: pause) }
  }

  // MARK: Firing

  /// Fires everything that is due; answers with the uptime at which the next one is.
  @discardableResult
  func fireDue() async throws(StoreError) -> Duration? {
    let clock = environment.clock
    // Those that can't be carried out here. They are tried again next time.
    var aside: [String: String] = [:]
    defer { tell(aside) }
    while true {
      let asked = clock.uptime()
      let due = try await store.dueSchedules(
        limit: ScheduleKeeper.batch, except: Set(aside.keys))
      let known = aside.count
      let firings = decide(due, &aside)
      var next = due.nextAt
      var hasLost = false
      if !firings.isEmpty {
        for (firing, answer) in zip(firings, try await store.fire(firings)) {
          switch answer {
          case .fired(let jobs):
            instruments.fired(firing, jobs: jobs.count)
            if let advanced = firing.advanced.nextAt { next = min(next ?? advanced, advanced) }
          case .lost: hasLost = true
          case .refused(let why): aside[firing.schedule.name] = why
          }
        }
      }
      if hasLost {
        try? await clock.sleep(until: clock.uptime() + ScheduleKeeper.whenLost)
        if Task.isCancelled { return nil }
        continue
      }
      // What was set aside hides what comes after it.
      if aside.count > known { continue }
      guard let next else { return nil }
      if next > due.now { return asked + (next - due.now) }
      if Task.isCancelled { return nil }
    }
  }

  /// What the due schedules do.
  private func decide(
    _ due: DueSchedules, _ aside: inout [String: String]
  ) -> [ScheduleFiring] {
    var firings: [ScheduleFiring] = []
    for row in due.unreadable { aside[row.name] = row.why }
    for use in due.schedules {
      do throws(ScheduleError) {
        if let firing = try ScheduleFiring.due(use, at: due.now) { firings.append(firing) }
      } catch {
        aside[use.schedule.name] = error.description
      }
    }
    return firings
  }

  /// Says of each schedule once why it can't be carried out.
  private func tell(_ aside: [String: String]) {
    let new = told.withLock { told in
      defer { told = aside }
      return aside.filter { told[$0.key] != $0.value }
    }
    for (name, why) in new.sorted(by: { $0.key < $1.key }) {
      logger.error("Schedule '\(name)' can't be carried out, and others go on: \(why)")
    }
  }

  private func tell(moved: [Schedule]) {
    for schedule in moved {
      let next = schedule.nextAt.map { "fires next at \($0.rfc3339)" } ?? "doesn't fire any more"
      logger.notice(
        "Schedule '\(schedule.name)' \(next): the rules of \(schedule.definition.timeZone) have changed."
      )
    }
  }

  // MARK: Declared schedules

  /// Stores what the program declares, where it isn't stored already.
  func reconcile() async throws(StoreError) {
    for declared in declared {
      if case .failure(let error) = try await reconcile(request(for: declared)) {
        logger.error("The declared schedule '\(declared.name)' can't be stored: \(error)")
      }
    }
  }

  private func request(
    for declared: DeclaredSchedule
  ) -> Result<ScheduleRequest, ScheduleError> {
    Result { () throws(ScheduleError) in try declared.request(uuid: environment.uuid()) }
  }

  private func reconcile(
    _ declared: Result<ScheduleRequest, ScheduleError>
  ) async throws(StoreError) -> Result<Void, ScheduleError> {
    let request: ScheduleRequest
    switch declared {
    case .success(let declared): request = declared
    case .failure(let error): return .failure(error)
    }
    for _ in 0..<3 {
      if let known = try await store.schedule(request.name) {
        guard known.differs(from: request.definition) else { return .success(()) }
        if known.origin == .added {
          logger.warning(
            "Schedule '\(request.name)' was made by hand; the program's declaration is left aside.")
          return .success(())
        }
        switch try await store.apply(.declare(request.definition), toSchedule: request.name) {
        case .done: return .success(())
        case .refused(.wrong(let error)): return .failure(error)
        case .refused: continue
        }
      }
      do throws(StoreError) {
        _ = try await store.addSchedules([request])
        return .success(())
      } catch {
        switch error {
        // Another node was first.
        case .scheduleExists: continue
        case .schedule(_, let error): return .failure(error)
        default: throw error
        }
      }
    }
    return .success(())
  }
}
