import Carillon
import Foundation

extension ArchiveRule {
  /// Every rule.
  package static let all: [ArchiveRule] = wholeness + tokens + gates + ends + givenUp

  private static let wholeness: [ArchiveRule] = [
    ArchiveRule("moves every job in every status as it is, with its attempts, in the same order") {
      trial in
      try await trial.fill()
      let before = try await trial.contents(of: trial.source)
      let report = try await trial.run()
      try trial.to.expect(try await trial.contents(of: trial.target), before, "the jobs")
      try trial.to.expect(try await trial.contents(of: trial.source), before, "the source's jobs")
      try trial.to.expect(report.sum.jobs, before.count, "the jobs of the report")
      try trial.to.expect(report.wasComplete, false, "whether it was complete")
    },

    ArchiveRule("moves the counts per minute, and counts by status") { trial in
      try await trial.fill()
      let (first, last) = (trial.from.now - .seconds(7 * 86_400), trial.from.now)
      let counts = try await trial.source.minuteCounts(from: first, to: last)
      try trial.from.expect(!counts.isEmpty, "there are counts")
      let statistics = try await trial.source.statistics(known: [])
      try await trial.run()
      try trial.to.expect(
        try await trial.target.minuteCounts(from: first, to: last), counts, "the counts")
      let found = try await trial.target.statistics(known: [])
      try trial.to.expect(found.jobs, statistics.jobs, "the jobs by status")
      try trial.to.expect(found.queues, statistics.queues, "the queues")
    },

    ArchiveRule("moves schedules with their history, which go on where they were") { trial in
      var definition = trial.from.definition("@every 1m", overlap: .bufferAll)
      definition.clockChange = ClockChange(gap: .skip, overlap: .both)
      definition.pauseAfterFailures = 4
      try await trial.from.add("päge '\u{1F514}", definition)
      try await trial.from.add("paused", "@daily")
      try await trial.from.command(
        .pause(until: trial.from.now + .seconds(9_000), by: "ada", why: "moving"), "paused")
      for _ in 0..<4 { try await trial.from.fire(after: .seconds(60)) }
      let before = try await trial.source.schedules(ScheduleQuery())
      let history = try await trial.from.history(before[1])
      try trial.from.expect(history.count, 4, "the occurrences before")
      let report = try await trial.run()
      try trial.to.expect([report.sum.schedules, report.sum.occurrences], [2, 4], "the report")
      try trial.to.expect(
        try await trial.target.schedules(ScheduleQuery()), before, "the schedules")
      try trial.to.expect(try await trial.to.history(before[1]), history, "the history")
      try trial.to.expect(
        try await trial.contents(of: trial.target), try await trial.contents(of: trial.source),
        "the jobs")
      try trial.to.expect(try await trial.to.fire(after: .seconds(60)).count, 1, "the next jobs")
    },

    ArchiveRule("isn't filled if it holds an audit entry or an operation of its own") { trial in
      try await AuditActor(name: "ada", source: .cli).doing {
        _ = try await trial.to.begin(.retry, "status:failed")
      }
      do {
        try await trial.run()
      } catch MoveFailure.obstacle(.notEmpty(trial.target.location, 0, 0, 0, 0, 1, 1, 0, 0)) {
        return
      }
      throw trial.to.violation("a target with an operation", "an obstacle", "none")
    },

    ArchiveRule("moves operations, which go on where they were, and the audit") { trial in
      for _ in 0..<5 { try await trial.from.insert() }
      let ada = AuditActor(name: "ada é", source: .http, requestID: "r")
      let begun = try await ada.doing {
        try await trial.from.begin(.cancel(reason: "é"), "status:pending", total: 5)
      }
      let half = try await trial.from.advance(begun, limit: 2)
      let changed = try trial.from.unwrap(half.cursor, "the last job that was changed")
      let effects = try await trial.source.effects(on: changed)
      try trial.from.expect(effects.map(\.operation), [begun.uuid], "the effect before")
      let ended = try await trial.from.finish(trial.from.begin(.retry, "queue:nobody"))
      let entries = try await trial.source.audit(AuditQuery())
      try trial.from.expect(entries.count, 1, "the entries before")
      let report = try await trial.run()
      try trial.to.expect(
        [report.sum.operations, report.sum.effects, report.sum.audit], [2, 2, 1], "the report")
      try trial.to.expect(try await trial.target.effects(on: changed), effects, "the effect")
      try trial.to.expect(try await trial.target.audit(AuditQuery()), entries, "the entries")
      try trial.to.expect(try await trial.target.operation(ended.uuid), ended, "the ended one")
      let end = try await trial.to.finish(begun)
      try trial.to.expect(end.done, 5, "done in the new store")
    },

    ArchiveRule("moves pauses and blackouts, and what they hold stays held") { trial in
      let node = try await trial.from.join(lease: .seconds(5))
      let job = try await trial.from.insert()
      try await trial.from.pause(.handler(Trial.handler), reason: "päge '\u{1F514}")
      try await trial.from.pause(.queue("mail"), until: .in(.seconds(86_400)))
      try await trial.from.black("night", .resourceType("page"), "22:00-06:00", "Europe/Paris")
      _ = try await trial.from.claim(by: node)
      try await trial.source.leave(node)
      let before = try await trial.source.gates()
      let report = try await trial.run()
      try trial.to.expect(report.sum.gates, 3, "the pauses and blackouts of the report")
      try trial.to.expect(try await trial.target.gates(), before, "the gates")
      try trial.to.expect(try await trial.to.job(job.uuid).hold, .paused, "hold")
      try await trial.to.resume(.handler(Trial.handler))
      let other = try await trial.to.join()
      try trial.to.expect(
        try await trial.to.claim(by: other).map(\.uuid), [job.uuid], "the claim when resumed")
    },

    ArchiveRule("isn't filled if it holds a pause of its own") { trial in
      try await trial.from.insert()
      try await trial.to.pause(.queue("mail"))
      do {
        try await trial.run()
      } catch MoveFailure.obstacle(.notEmpty(trial.target.location, 0, 0, 0, 0, 0, 0, 1, 0)) {
        return
      }
      throw trial.to.violation("a target with a pause", "an obstacle", "none")
    },

    ArchiveRule("isn't filled if it holds a schedule of its own") { trial in
      try await trial.from.insert()
      try await trial.to.add("own", "@daily")
      do {
        try await trial.run()
      } catch MoveFailure.obstacle(.notEmpty(trial.target.location, 0, 0, 0, 1, 0, 0, 0, 0)) {
        return
      }
      throw trial.to.violation("a target with a schedule", "an obstacle", "none")
    },

    ArchiveRule("still knows a repeated insert from another of the same uuid") { trial in
      let request = try trial.from.request()
      let job = try await trial.from.insert(request)
      try await trial.run()
      try trial.to.expect(try await trial.target.insert([request]), [job], "the answer")
      let other = try trial.to.request(uuid: request.uuid, priority: 9)
      try await trial.expectRefusal(.conflict(uuid: request.uuid), "another job of that uuid") {
        _ = try await trial.target.insert([other])
      }
    },

    ArchiveRule("moves an empty store") { trial in
      let report = try await trial.run()
      try trial.to.expect(report.sum, ArchiveSum(), "the sum")
      try await trial.to.insert()
    },

    ArchiveRule("reads all rows once, however small the pages") { trial in
      try await trial.fill()
      var sums: Set<ArchiveSum> = []
      for limit in [1, 2, 5, 1_000] {
        let survey = try await StoreMove(
          from: trial.source, to: trial.target, rowsAPage: limit
        ).survey()
        try trial.from.expect(survey.damaged, [], "the damaged rows")
        sums.insert(survey.sum)
      }
      try trial.from.expect(sums.count, 1, "the number of different sums")
    },

    ArchiveRule("goes on where a move was interrupted, wherever that was") { trial in
      try await trial.fill()
      let before = try await trial.contents(of: trial.source)
      var starts = 0
      var report: StoreMove.Report?
      while report == nil, starts < 100 {
        starts += 1
        // Each start gets one write further than the one before; every second loses the answer to
        // its last write, as a process does that is killed after the commit.
        let budget = WriteBudget(2, answersLastWrite: starts.isMultiple(of: 2))
        let mover = StoreMove(
          from: InterruptedArchive(trial.source, budget),
          to: InterruptedArchive(trial.target, budget), rowsAPage: 2)
        report = try? await mover.run(as: trial.from.uuid())
      }
      try trial.to.expect(starts > 5, "there were several starts")
      try trial.to.expect(try await trial.contents(of: trial.target), before, "the jobs")
      try trial.to.expect(report?.sum.jobs, before.count, "the jobs of the report")
      try trial.to.expect(
        try await trial.tokens(of: trial.target), try await trial.tokens(of: trial.source),
        "the tokens")
      try await trial.to.insert()
      try await trial.expectClosed(
        trial.from,
        .moved(
          store: trial.source.location, to: trial.target.location))
    },
  ]

  private static let gates: [ArchiveRule] = [
    ArchiveRule("takes no change once its jobs move elsewhere") { trial in
      let job = try await trial.from.insert()
      let node = try await trial.from.join()
      trial.from.clock.advance(by: Trial.lease)
      let refusal = StoreError.moved(store: trial.source.location, to: trial.target.location)
      try trial.from.expect(
        try await trial.source.close(
          for: MoveMark(move: trial.move, role: .source, peer: trial.target.location)), nil,
        "what stands against the move")
      for part in ["while it moves", "when it has moved"] {
        try await trial.expectClosed(trial.from, refusal)
        try await trial.expectRefusal(refusal, "a command, \(part)") {
          _ = try await trial.source.apply(.cancel(reason: "late"), to: job.uuid)
        }
        try await trial.expectRefusal(refusal, "a heartbeat, \(part)") {
          _ = try await trial.source.heartbeat(node, lease: Trial.lease, draining: false)
        }
        try trial.from.expect(try await trial.from.job(job.uuid), job, "the job, \(part)")
        if part == "while it moves" { try await trial.run() }
      }
    },

    ArchiveRule("takes no change while it is filled, and every change after that") { trial in
      try await trial.from.insert()
      let mark = MoveMark(move: trial.move, role: .target, peer: trial.source.location)
      try trial.to.expect(
        try await trial.target.close(for: mark), nil, "what stands against the move")
      try await trial.expectClosed(
        trial.to, .filling(store: trial.target.location, from: trial.source.location))
      try await trial.run()
      try await trial.to.join()
      try trial.to.expect(try await trial.target.jobs(JobQuery()).count, 1, "the number of jobs")
      try await trial.to.insert()
    },

    ArchiveRule("isn't moved while a node is alive on it, nor filled") { trial in
      for (trial, node) in [(trial, trial.from), (trial, trial.to)] {
        let uuid = try await node.join()
        try await trial.expectObstacle {
          $0 == .liveNodes(store: node.store.location, names: ["host:1"])
        }
        try await node.store.leave(uuid)
        try await trial.from.insert()
      }
      try await trial.run()
    },

    ArchiveRule("isn't filled if it holds jobs of its own") { trial in
      try await trial.from.insert()
      let own = try await trial.to.insert()
      try await trial.expectObstacle { obstacle in
        if case .notEmpty(trial.target.location, 1, 0, 0, 0, 0, 0, 0, 0) = obstacle {
          true
        } else {
          false
        }
      }
      try trial.to.expect(
        try await trial.target.jobs(JobQuery()).map(\.uuid), [own.uuid], "its jobs")
      try await trial.from.insert()
    },

    ArchiveRule("isn't filled from a second store") { trial in
      let mark = MoveMark(move: trial.from.uuid(), role: .target, peer: "elsewhere")
      _ = try await trial.target.close(for: mark)
      try await trial.expectObstacle {
        $0 == .otherMove(store: trial.target.location, mark: mark)
      }
      try await trial.from.insert()
    },

    ArchiveRule("isn't moved to a second store") { trial in
      try await trial.from.insert()
      let mark = MoveMark(move: trial.from.uuid(), role: .source, peer: "elsewhere")
      _ = try await trial.source.close(for: mark)
      try await trial.expectObstacle {
        $0 == .otherMove(store: trial.source.location, mark: mark)
      }
      try await trial.to.insert()
    },

    ArchiveRule("takes a page for the mark that it has, and for no other") { trial in
      let mark = MoveMark(move: trial.move, role: .target, peer: trial.source.location)
      _ = try await trial.target.close(for: mark)
      var page = ArchivePage()
      let job = try trial.from.request().job(at: trial.from.now)
      page.jobs = [ArchivedJob(job: job, content: 7)]
      let next = mark.advanced(by: page)
      try await trial.target.keep(page, replacing: mark, by: next)
      do {
        try await trial.target.keep(page, replacing: mark, by: next)
      } catch {
        try trial.to.expect(
          try await trial.target.jobs(JobQuery()).map(\.uuid), [job.uuid], "its jobs")
        return try trial.to.expect(try await trial.target.moveMark(), next, "its mark")
      }
      throw trial.to.violation("a page for an old mark", "an error", "none")
    },
  ]

  private static let ends: [ArchiveRule] = [
    ArchiveRule("answers the same when a complete move is run again, and changes nothing") {
      trial in
      try await trial.fill()
      let first = try await trial.run()
      let later = try await trial.to.insert()
      let again = try await trial.mover().run(as: trial.from.uuid())
      try trial.to.expect(again.move, first.move, "the move")
      try trial.to.expect(again.sum, first.sum, "the sum")
      try trial.to.expect(again.wasComplete, true, "whether it was complete")
      try trial.to.expect(try await trial.to.job(later.uuid), later, "a later job")
    },

    ArchiveRule("rescues the jobs that dead nodes ran, in the store that they moved to") { trial in
      let (job, node) = try await trial.from.running()
      trial.from.clock.advance(by: Trial.lease)
      try await trial.run()
      let dead = try trial.to.unwrap(try await trial.target.nodes().first, "the dead node")
      try trial.to.expect(dead.uuid, node, "the dead node")
      let rescued = try await trial.target.rescue(node, at: dead.beats)
      try trial.to.expect(rescued?.map(\.uuid), [job.uuid], "the rescued jobs")
      try trial.to.expect(rescued?.first?.crashes, 1, "its crashes")
    },

    ArchiveRule("leaves no running job without a node that can be rescued") { trial in
      let mark = MoveMark(move: trial.move, role: .target, peer: trial.source.location)
      _ = try await trial.target.close(for: mark)
      let job = try trial.from.request().job(at: trial.from.now)
      let running = try job.applying(.claim(node: trial.from.uuid()), at: trial.from.now)
      var page = ArchivePage()
      page.jobs = [ArchivedJob(job: running, content: 7)]
      let next = mark.advanced(by: page)
      try await trial.target.keep(page, replacing: mark, by: next)
      try await trial.target.finish(next.completed())
      let nodes = try await trial.target.nodes()
      try trial.to.expect(nodes.map(\.uuid), [running.node], "the nodes")
      let rescued = try await trial.target.rescue(nodes[0].uuid, at: nodes[0].beats)
      try trial.to.expect(rescued?.map(\.uuid), [running.uuid], "the rescued jobs")
    },

    ArchiveRule("opens again when a move is undone, and keeps nothing in the other store") {
      trial in
      try await trial.fill()
      let before = try await trial.contents(of: trial.source)
      let budget = WriteBudget(5)
      _ = try? await StoreMove(
        from: InterruptedArchive(trial.source, budget),
        to: InterruptedArchive(trial.target, budget), rowsAPage: 2
      ).run(as: trial.move)
      try trial.to.expect(
        try await trial.target.jobs(JobQuery()).isEmpty == false, "jobs have moved")
      try trial.from.expect(
        try await StoreMove.undo(from: trial.source, to: trial.target), true, "it is undone")
      try trial.from.expect(try await trial.contents(of: trial.source), before, "the jobs")
      try trial.to.expect(try await trial.contents(of: trial.target), [], "the target's jobs")
      try trial.to.expect(try await trial.tokens(of: trial.target), [], "the target's tokens")
      try await trial.from.insert()
      _ = try await trial.from.join()
      try await trial.to.insert()
      try trial.from.expect(
        try await StoreMove.undo(from: trial.source, to: trial.target), false,
        "there is nothing left to undo")
    },

    ArchiveRule("doesn't open again once the move is complete") { trial in
      try await trial.from.insert()
      try await trial.run()
      do {
        _ = try await StoreMove.undo(from: trial.source, to: trial.target)
      } catch {
        try trial.to.expect(try await trial.target.jobs(JobQuery()).count, 1, "the jobs")
        return
      }
      throw trial.from.violation("undoing a complete move", "an error", "none")
    },

    ArchiveRule("can be filled, and then move on to a third store") { trial in
      try await trial.from.insert()
      try await trial.run()
      try trial.to.expect(
        try await trial.target.close(
          for: MoveMark(move: trial.from.uuid(), role: .source, peer: "third")), nil,
        "what stands against the next move")
      try await trial.expectClosed(
        trial.to, .moved(store: trial.target.location, to: "third"))
    },
  ]
}

extension MoveTrial {
  /// Expects that neither jobs nor nodes are taken.
  fileprivate func expectClosed(_ trial: Trial, _ refusal: StoreError) async throws {
    try await expectRefusal(refusal, "an insert") { try await trial.insert() }
    try await expectRefusal(refusal, "a node") { _ = try await trial.join() }
  }

  /// Expects that the move is refused.
  fileprivate func expectObstacle(_ isExpected: (MoveObstacle) -> Bool) async throws {
    do {
      _ = try await run()
    } catch MoveFailure.obstacle(let obstacle) where isExpected(obstacle) {
      return
    } catch {
      throw from.violation("what stands against the move", "another", "\(error)")
    }
    throw from.violation("what stands against the move", "something", "nothing")
  }
}
