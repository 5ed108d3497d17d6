import Carillon
import Foundation

/// Who drives an operation doesn't matter, nor how many do.
extension StoreRule {
  static let operationDriverRules: [StoreRule] = [
    StoreRule(.operations, "acts on each job once, however many drive it and where one stopped") {
      trial in
      // What it does to a job leaves it one that the filter means: only the walk keeps it from
      // doing it again.
      let ended = try await trial.jobs(12, in: .executed)
      let operation = try await trial.begin(
        .reschedule(.in(.seconds(3_600))), "status:executed,pending", total: 12)
      // One that is gone after a batch.
      _ = try await trial.advance(operation, limit: 3)
      let other = try await trial.another?() ?? trial.store
      async let one = trial.finish(operation, limit: 2)
      async let two = trial.finish(operation, limit: 1, in: other)
      async let three = trial.finish(operation, limit: 5, in: other)
      let ends = try await [one, two, three]
      let stored = try trial.unwrap(try await trial.store.operation(operation.uuid), "it")
      for end in ends + [stored] {
        try trial.expect([end.done, end.skips], [12, 0], "done and skipped")
      }
      for job in ended {
        let now = try await trial.job(job.uuid)
        try trial.expect([now.run, now.attempts], [2, 0], "run and attempts")
      }
    },

    StoreRule(.operations, "acts on no job twice that matches again behind the walk") { trial in
      _ = try await trial.pending(4)
      let operation = try await trial.begin(.cancel(reason: "x"), "status:pending", total: 4)
      let uuids = try await trial.store.jobs(JobQuery()).map(\.uuid).sorted { $0.precedes($1) }
      _ = try await trial.advance(operation, limit: 2)
      // Somebody wants the first ones after all.
      for uuid in uuids.prefix(2) { _ = try await trial.store.apply(.retry, to: uuid) }
      let end = try await trial.finish(operation)
      try trial.expect(end.done, 4, "done")
      let pending = try await trial.store.jobs(JobQuery(status: .pending)).map(\.uuid)
      try trial.expect(Set(pending), Set(uuids.prefix(2)), "the pending jobs")
    },

    StoreRule(.operations, "stops where it is when it is cancelled") { trial in
      let jobs = try await trial.pending(5)
      let operation = try await trial.begin(.cancel(reason: "x"), "status:pending", total: 5)
      _ = try await trial.advance(operation, limit: 2)
      let stopped = try trial.unwrap(
        try await trial.store.cancelOperation(operation.uuid), "the stopped operation")
      try trial.expect(stopped.state, .cancelled, "the state")
      try trial.expect(stopped.finishedAt, trial.now, "finished_at")
      trial.clock.advance(by: .seconds(1))
      try trial.expect(try await trial.advance(operation), stopped, "it, once more driven")
      try trial.expect(
        try await trial.store.cancelOperation(operation.uuid), stopped, "it, once more cancelled")
      var statuses: [JobStatus] = []
      for job in jobs { statuses.append(try await trial.job(job.uuid).status) }
      try trial.expect(statuses.filter { $0 == .cancelled }.count, 2, "the cancelled jobs")
    },

    StoreRule(.operations, "leaves one that is done as it is when it is cancelled") { trial in
      _ = try await trial.pending(1)
      let end = try await trial.finish(trial.begin(.cancel(reason: "x"), "status:pending"))
      trial.clock.advance(by: .seconds(1))
      try trial.expect(try await trial.store.cancelOperation(end.uuid), end, "the operation")
    },

    StoreRule(.operations, "answers a repeated beginning with what has become of the first") {
      trial in
      _ = try await trial.pending(3)
      let request = try trial.operationRequest(.cancel(reason: "x"), "status:pending")
      let began = try await trial.store.begin(request)
      let end = try await trial.finish(began)
      trial.clock.advance(by: .seconds(1))
      let repeated = OperationRequest(
        uuid: request.uuid, command: request.command, filterText: request.filterText,
        filter: try JobFilter("status:pending", now: trial.now), total: 3)
      try trial.expect(try await trial.store.begin(repeated), end, "the answer")
      for other in [
        try trial.operationRequest(.retry, "status:pending", uuid: request.uuid),
        try trial.operationRequest(.cancel(reason: "x"), "status:failed", uuid: request.uuid),
      ] {
        do {
          _ = try await trial.store.begin(other)
        } catch StoreError.operationExists(request.uuid) {
          continue
        }
        throw trial.violation("another operation of that uuid", "operationExists", "an answer")
      }
    },

    StoreRule(.operations, "knows nothing of an operation that there isn't") { trial in
      let uuid = trial.uuid()
      try trial.expect(try await trial.store.operation(uuid), nil, "the operation")
      try trial.expect(try await trial.store.advance(uuid, limit: 1), nil, "it, driven")
      try trial.expect(try await trial.store.cancelOperation(uuid), nil, "it, cancelled")
    },

    StoreRule(.operations, "lists operations newest first, page by page") { trial in
      var all: [JobOperation] = []
      for index in 0..<5 {
        all.append(try await trial.begin(.retry, "status:failed priority:\(index)"))
        if index != 2 { trial.clock.advance(by: .seconds(1)) }
      }
      all[1] = try await trial.finish(all[1])
      let expected = all.sorted { one, two in
        one.insertedAt == two.insertedAt
          ? two.uuid.precedes(one.uuid) : one.insertedAt > two.insertedAt
      }
      var pages: [JobOperation] = []
      while true {
        let page = try await trial.store.operations(
          OperationQuery(limit: 2, after: pages.last?.uuid))
        pages += page
        if page.count < 2 { break }
      }
      try trial.expect(pages, expected, "the pages")
      try trial.expect(
        try await trial.store.operations(OperationQuery(isUnfinished: true)),
        expected.filter { $0.uuid != all[1].uuid }, "the unfinished ones")
    },

    StoreRule(.operations, "keeps every word of it") { trial in
      let node = trial.uuid()
      let text = #"status:failed args."a b".n:"é \"x\"" -queue:mail* node:nobody after:2h"#
      let commands: [JobCommand] = [
        .cancel(reason: "é 'x'"), .requestCancel(reason: ""), .retry, .delete,
        .reschedule(.in(.milliseconds(90_500))), .reschedule(.at(trial.now)),
        .edit(try JobEdit(priority: 0, queue: "é", maxAttempts: 1)),
      ]
      for command in commands {
        let filter = try JobFilter(text, now: trial.now).naming(nodes: [("nobody", node)])
        let request = OperationRequest(
          uuid: trial.uuid(), command: command, filterText: text, filter: filter, total: 7)
        let began = try await AuditActor(name: "ada", source: .cli).doing {
          try await trial.store.begin(request)
        }
        try trial.expect(began.startedBy, "ada", "started_by")
        try trial.expect(began.filter, filter, "what the filter means")
        try trial.expect(try await trial.store.operation(began.uuid), began, "it, read again")
        try trial.expect(began.command, command, "the command")
      }
    },
  ]
}
