import Carillon
import Foundation

extension StoreRule {
  static let wakeUpRules: [StoreRule] = [
    StoreRule(.wakeUps, "wakes after an insert") { trial in
      try await trial.expectWakeUp { try await trial.insert(time: .in(.seconds(60))) }
    },

    StoreRule(.wakeUps, "wakes after a request to cancel a running job") { trial in
      let (job, _) = try await trial.running()
      try await trial.expectWakeUp {
        _ = try await trial.store.apply(.requestCancel(reason: "by hand"), to: job.uuid)
      }
    },

    StoreRule(.wakeUps, "wakes after a reschedule and after a retry by hand") { trial in
      let job = try await trial.job(in: .failed)
      try await trial.expectWakeUp { _ = try await trial.store.apply(.retry, to: job.uuid) }
      try await trial.expectWakeUp {
        _ = try await trial.store.apply(.reschedule(.in(.seconds(1))), to: job.uuid)
      }
    },

    StoreRule(.wakeUps, "wakes after an outcome that makes a job pending again") { trial in
      let (job, _) = try await trial.running()
      try await trial.expectWakeUp {
        try await trial.apply(.retry(after: .seconds(1), error: "busy"), to: job)
      }
    },

    StoreRule(.wakeUps, "wakes after a node has joined, left or been rescued") { trial in
      try await trial.expectWakeUp { try await trial.join() }
      let (_, leaving) = try await trial.running()
      try await trial.expectWakeUp { try await trial.store.leave(leaving) }
      let (_, dead) = try await trial.running()
      trial.clock.advance(by: Trial.lease)
      try await trial.expectWakeUp { _ = try await trial.store.rescue(dead, at: 0) }
    },

    StoreRule(.wakeUps, "wakes after a gate was closed or opened") { trial in
      let mail = GateScope.queue("mail")
      try await trial.expectWakeUp {
        _ = try await trial.store.apply(.pause(mail, until: nil, by: nil, reason: nil))
      }
      try await trial.expectWakeUp { _ = try await trial.store.apply(.resume(mail)) }
    },

    StoreRule(.wakeUps, "wakes everyone who listens, and doesn't mind who stopped") { trial in
      let streams = (0..<3).map { _ in trial.store.wakeUps() }
      let stopped = Task { for await _ in trial.store.wakeUps() {} }
      stopped.cancel()
      await stopped.value
      try await trial.insert()
      for stream in streams { try await trial.expectElement(of: stream) }
    },

    StoreRule(.wakeUps, "keeps a wake-up for a listener who is busy, and merges the rest") {
      trial in
      let stream = trial.store.wakeUps()
      for _ in 0..<100 { try await trial.insert() }
      try await trial.expectElement(of: stream)
    },
  ]
}

extension Trial {
  /// Expects that a listener who listens now hears of `change`.
  func expectWakeUp(
    line: UInt = #line, after change: () async throws -> Void
  ) async throws {
    let stream = store.wakeUps()
    try await change()
    try await expectElement(of: stream, line: line)
  }

  /// Waits for an element; a store that never wakes is told so after ten seconds of real time.
  func expectElement(of stream: AsyncStream<Void>, line: UInt = #line) async throws {
    let isWoken = try await withThrowingTaskGroup(of: Bool.self) { group in
      group.addTask {
        for await _ in stream { return true }
        return false
      }
      group.addTask {
        try await Task.sleep(for: .seconds(10))
        return false
      }
      let first = try await group.next() ?? false
      group.cancelAll()
      return first
    }
    try expect(isWoken, "a wake-up arrives", line: line)
  }
}
