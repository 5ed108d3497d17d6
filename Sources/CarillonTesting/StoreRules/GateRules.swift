import Carillon
import Foundation

/// Jobs of a closed queue, handler or resource type wait, and cost others nothing.
extension StoreRule {
  static let gateRules: [StoreRule] = queueGates + heldJobs + blackouts + gateCommands

  private static let queueGates: [StoreRule] = [
    StoreRule(.gates, "claims no job of a paused queue, and leaves it as it is") { trial in
      let node = try await trial.join()
      let waiting = try await trial.insert(queue: "mail", priority: 9)
      let other = try await trial.insert()
      try await trial.pause(.queue("mail"))
      try trial.expect(try await trial.claim(by: node).map(\.uuid), [other.uuid], "the claim")
      try trial.expect(
        try await trial.exchange(free: .each(["mail": 5]), by: node).claimed, [],
        "the claim of a node that works on that queue alone")
      try trial.expect(try await trial.job(waiting.uuid), waiting, "the job that waits")
      try await trial.resume(.queue("mail"))
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [waiting.uuid], "the claim when resumed")
    },

    StoreRule(.gates, "ends a pause by itself at its time, and says so before") { trial in
      let node = try await trial.join(lease: .seconds(1_000_000))
      let job = try await trial.insert(queue: "mail")
      let later = try await trial.insert(time: .in(.seconds(100)))
      let until = trial.now + .seconds(60)
      try await trial.pause(.queue("mail"), until: .in(.seconds(60)))
      let exchange = try await trial.exchange(by: node)
      try trial.expect(exchange.claimed, [], "the claim before")
      try trial.expect(exchange.nextDue, until, "the next look")
      trial.clock.advance(by: .seconds(60) - .microseconds(1))
      try trial.expect(try await trial.claim(by: node), [], "the claim just before")
      trial.clock.advance(by: .microseconds(1))
      try trial.expect(try await trial.store.gates(), .none, "the gates then")
      try trial.expect(try await trial.claim(by: node).map(\.uuid), [job.uuid], "the claim then")
      try trial.expect(
        try await trial.exchange(by: node).nextDue, later.runAt, "the next look afterwards")
    },

    StoreRule(.gates, "doesn't look out for jobs that become due in a closed queue") { trial in
      let node = try await trial.join()
      try await trial.insert(time: .in(.seconds(5)), queue: "mail")
      try await trial.pause(.queue("mail"))
      try trial.expect(try await trial.exchange(by: node).nextDue, nil, "the next look")
      try await trial.insert(time: .in(.seconds(9)))
      try trial.expect(
        try await trial.exchange(by: node).nextDue, trial.now + .seconds(9), "the next look")
    },

    StoreRule(.gates, "lets running jobs go on, and keeps what is to be tried again") { trial in
      let node = try await trial.join(lease: .seconds(1_000_000))
      for _ in 0..<2 { try await trial.insert(queue: "mail") }
      let running = try await trial.claim(by: node)
      try await trial.pause(.queue("mail"))
      let done = try await trial.apply(.succeed(result: nil), to: running[0])
      try trial.expect(done.status, .executed, "the status of the one that succeeds")
      let failed = try await trial.apply(.retry(after: .zero, error: "busy"), to: running[1])
      try trial.expect(failed.status, .pending, "the status of the one that is tried again")
      try trial.expect(try await trial.claim(by: node), [], "the claim")
      try await trial.resume(.queue("mail"))
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [failed.uuid], "the claim when resumed")
    },

    StoreRule(.gates, "isn't held up by a job in a closed queue that must run alone") { trial in
      let uuid = try await trial.insert(queue: "mail", priority: 9, maxAttempts: 1).uuid
      _ = try await trial.crash(uuid, times: 1)
      trial.clock.advance(by: .seconds(86_400))
      try await trial.pause(.queue("mail"))
      let node = try await trial.join()
      let others = [try await trial.insert().uuid, try await trial.insert().uuid]
      try trial.expect(try await trial.claim(by: node).map(\.uuid), others, "the claim")
    },

    StoreRule(.gates, "shows a closed queue in statistics, also without jobs") { trial in
      try await trial.pause(.queue("mail"), until: .in(.seconds(60)), reason: "upgrade")
      try await trial.pause(.handler("A"))
      let statistics = try await trial.store.statistics(known: [])
      try trial.expect(statistics.queues.map(\.name), ["mail"], "the queues")
      let closure = try trial.unwrap(statistics.queues.first?.closure, "the queue's closure")
      try trial.expect(closure.opensAt, trial.now + .seconds(60), "when it opens")
      try trial.expect(closure.reason, "upgrade", "the reason")
      try trial.expect(statistics.closed.map(\.scope), [.handler("A")], "what else is closed")
    },
  ]

  private static let heldJobs: [StoreRule] = [
    StoreRule(.gates, "holds due jobs of a paused handler, and spends nothing") { trial in
      let node = try await trial.join()
      let paused = try await trial.insert(priority: 9)
      let other = try await trial.insert("Other")
      let later = try await trial.insert(time: .in(.seconds(60)))
      try await trial.pause(.handler(Trial.handler))
      try trial.expect(
        try await trial.claimBoth(by: node).map(\.uuid), [other.uuid], "the claim")
      let held = try await trial.job(paused.uuid)
      try trial.expect(held.hold, .paused, "hold")
      try trial.expect(held.heldAt, trial.now, "held_at")
      try trial.expect([held.attempts, Int(held.claim)], [0, 0], "attempts, claim")
      try trial.expect(held.runAt, paused.runAt, "run_at")
      try trial.expect(try await trial.job(later.uuid), later, "the job that isn't due")
    },

    StoreRule(.gates, "frees what a handler's pause has held when it is resumed") { trial in
      let node = try await trial.join()
      let jobs = [
        try await trial.insert(priority: 5), try await trial.insert(priority: 9),
        try await trial.insert(queue: "mail", priority: 7),
      ]
      try await trial.pause(.handler(Trial.handler))
      try trial.expect(try await trial.claim(by: node), [], "the claim before")
      try await trial.resume(.handler(Trial.handler))
      let claimed = try await trial.claim(by: node)
      try trial.expect(
        claimed.map(\.uuid), [jobs[1].uuid, jobs[2].uuid, jobs[0].uuid], "the claim")
      try trial.expect(claimed.map(\.attempts), [1, 1, 1], "their attempts")
      try trial.expect(try await trial.exchange(by: node).nextDue, nil, "the next look")
    },

    StoreRule(.gates, "frees what a handler's pause has held when its time is over") { trial in
      let node = try await trial.join(lease: .seconds(1_000_000))
      let job = try await trial.insert()
      let until = trial.now + .seconds(60)
      try await trial.pause(.handler(Trial.handler), until: .at(until))
      _ = try await trial.claim(by: node)
      try trial.expect(try await trial.job(job.uuid).hold, .paused, "hold")
      try trial.expect(try await trial.exchange(by: node).nextDue, until, "the next look")
      trial.clock.advance(by: .seconds(60))
      try trial.expect(try await trial.claim(by: node).map(\.uuid), [job.uuid], "the claim then")
      // What is over for long is forgotten; what it held was freed.
      trial.clock.advance(by: .seconds(86_400))
      try trial.expect(try await trial.claim(by: node), [], "the claim a day later")
    },

    StoreRule(.gates, "frees what a pause held also when nobody asks for a day") { trial in
      let node = try await trial.join(lease: .seconds(1_000_000))
      let job = try await trial.insert()
      try await trial.pause(.handler(Trial.handler), until: .in(.seconds(60)))
      _ = try await trial.claim(by: node)
      trial.clock.advance(by: .seconds(86_400))
      try trial.expect(try await trial.claim(by: node).map(\.uuid), [job.uuid], "the claim")
    },

    StoreRule(.gates, "holds the jobs of a paused resource type, whatever their handler") { trial in
      let node = try await trial.join()
      let held = try await trial.insert(resource: Resource("page", trial.uuid()))
      let other = try await trial.insert()
      try await trial.pause(.resourceType("page"))
      let keys = [Trial.key, HandlerKey(handlerModule: Trial.handler, resourceType: "page")]
      try trial.expect(
        try await trial.exchange(knowing: Set(keys), by: node).claimed.map(\.uuid), [other.uuid],
        "the claim")
      try trial.expect(try await trial.job(held.uuid).hold, .paused, "hold")
      try await trial.resume(.resourceType("page"))
      try trial.expect(
        try await trial.exchange(knowing: Set(keys), by: node).claimed.map(\.uuid), [held.uuid],
        "the claim when resumed")
    },

    StoreRule(.gates, "keeps a job held while another of its gates is closed") { trial in
      let node = try await trial.join()
      let job = try await trial.insert()
      try await trial.pause(.handler(Trial.handler))
      _ = try await trial.claim(by: node)
      try await trial.pause(.resourceType("post"))
      try await trial.resume(.handler(Trial.handler))
      try trial.expect(try await trial.claim(by: node), [], "the claim with one still closed")
      try trial.expect(try await trial.job(job.uuid).hold, .paused, "hold")
      try await trial.resume(.resourceType("post"))
      try trial.expect(try await trial.claim(by: node).map(\.uuid), [job.uuid], "the claim")
    },

    StoreRule(.gates, "closes a handler by its older names too") { trial in
      let node = try await trial.join(knowing: [Trial.handler, "Old.Name"])
      let job = try await trial.insert("Old.Name")
      try await trial.pause(.handler(Trial.handler))
      let old = HandlerKey(handlerModule: "Old.Name", resourceType: "post")
      let request = ClaimRequest(
        keys: [Trial.key, old], free: .all(5), idle: true,
        aliases: ["Old.Name": Trial.handler])
      try trial.expect(
        try await trial.store.exchange([], claim: request, by: node).claimed, [], "the claim")
      try trial.expect(try await trial.job(job.uuid).hold, .paused, "hold")
      try trial.expect(
        try await trial.store.exchange([], claim: request, by: node).claimed, [],
        "the claim once more")
      try trial.expect(try await trial.job(job.uuid).hold, .paused, "hold once more")
    },

    StoreRule(.gates, "leaves held what a node doesn't know while a handler is closed") { trial in
      let node = try await trial.join(knowing: [Trial.handler, "Old.Name"])
      let other = try await trial.join(knowing: ["Another"])
      let job = try await trial.insert("Old.Name")
      try await trial.pause(.handler(Trial.handler))
      let old = HandlerKey(handlerModule: "Old.Name", resourceType: "post")
      let request = ClaimRequest(
        keys: [Trial.key, old], free: .all(5), idle: true,
        aliases: ["Old.Name": Trial.handler])
      _ = try await trial.store.exchange([], claim: request, by: node)
      let held = try await trial.job(job.uuid)
      try trial.expect(held.hold, .paused, "hold")
      let stranger = HandlerKey(handlerModule: "Another", resourceType: "post")
      _ = try await trial.exchange(knowing: [stranger], by: other)
      try trial.expect(try await trial.job(job.uuid), held, "the job then")
      try await trial.resume(.handler(Trial.handler))
      _ = try await trial.exchange(knowing: [stranger], by: other)
      try trial.expect(try await trial.job(job.uuid).hold, nil, "hold when resumed")
    },

    StoreRule(.gates, "isn't slowed by a flood of held jobs, and frees all of them") { trial in
      let node = try await trial.join(lease: .seconds(1_000_000))
      let count = ClosedScopes.batch * 2 + 100
      let flood = try (0..<count).map { _ in try trial.request() }
      _ = try await trial.store.insert(flood)
      let behind = try await trial.insert("Other", time: .in(.seconds(1)))
      trial.clock.advance(by: .seconds(1))
      try await trial.pause(.handler(Trial.handler))
      var claimed: [UUID] = []
      var isMore = true
      for _ in 0..<50 where isMore {
        let exchange = try await trial.exchange(knowing: trial.both, by: node)
        claimed += exchange.claimed.map(\.uuid)
        isMore = !exchange.claimed.isEmpty || exchange.nextDue == trial.now
      }
      try trial.expect(isMore, false, "whether more looks follow")
      try trial.expect(claimed, [behind.uuid], "what is claimed behind the flood")
      let held = try await trial.store.statistics(known: []).queues.first?.held
      try trial.expect(held, count, "the number of held jobs")
      try await trial.resume(.handler(Trial.handler))
      var freed: Set<UUID> = []
      for _ in 0..<50 where freed.count < count {
        for job in try await trial.claim(1_000, by: node) { freed.insert(job.uuid) }
      }
      try trial.expect(freed.count, count, "the number of jobs that were claimed then")
    },

    StoreRule(.gates, "cancels and reschedules a held job like any pending one") { trial in
      let node = try await trial.join()
      let (one, two) = (try await trial.insert(), try await trial.insert())
      try await trial.pause(.handler(Trial.handler))
      _ = try await trial.claim(by: node)
      _ = try await trial.store.apply(.cancel(reason: "by hand"), to: one.uuid)
      let cancelled = try await trial.job(one.uuid)
      try trial.expect(cancelled.status, .cancelled, "status")
      try trial.expect(cancelled.hold, nil, "hold of the cancelled one")
      _ = try await trial.store.apply(.reschedule(.now), to: two.uuid)
      try trial.expect(try await trial.job(two.uuid).hold, nil, "hold of the rescheduled one")
      try trial.expect(try await trial.claim(by: node), [], "the claim")
      try trial.expect(try await trial.job(two.uuid).hold, .paused, "hold when it is met again")
      _ = try await trial.store.apply(.retry, to: one.uuid)
      try trial.expect(try await trial.claim(by: node), [], "the claim after a retry by hand")
      try await trial.resume(.handler(Trial.handler))
      try trial.expect(
        Set(try await trial.claim(by: node).map(\.uuid)), [one.uuid, two.uuid],
        "the claim when resumed")
    },

    StoreRule(.gates, "finds held jobs by their hold") { trial in
      let node = try await trial.join()
      let job = try await trial.insert()
      try await trial.insert("Other")
      try await trial.pause(.handler(Trial.handler))
      _ = try await trial.claimBoth(by: node)
      var query = JobQuery()
      query.filter = try JobFilter("hold:paused", now: trial.now)
      try trial.expect(try await trial.store.jobs(query).map(\.uuid), [job.uuid], "the jobs")
    },
  ]

  // The clock begins on Monday 1 March 2027 at 09:00 UTC.
  private static let blackouts: [StoreRule] = [
    StoreRule(.gates, "closes at a blackout's times, in its zone, again and again") { trial in
      let node = try await trial.join(lease: .seconds(1_000_000))
      // 11:00 to 13:00 UTC.
      try await trial.black("noon", .queue("mail"), "MON-FRI 12:00-14:00", "Europe/Paris")
      let job = try await trial.insert(queue: "mail")
      try trial.expect(try await trial.claim(by: node).map(\.uuid), [job.uuid], "at 09:00")
      for day in 1...2 {
        let waiting = try await trial.insert(queue: "mail")
        let open = try await trial.claimOne(by: node)
        try trial.expect(open.uuid, waiting.uuid, "before the blackout of day \(day)")
        trial.clock.advance(by: .seconds(3 * 3_600))
        let held = try await trial.insert(queue: "mail")
        let exchange = try await trial.exchange(by: node)
        try trial.expect(exchange.claimed, [], "in the blackout of day \(day)")
        try trial.expect(
          exchange.nextDue, trial.now + .seconds(3_600), "the next look on day \(day)")
        trial.clock.advance(by: .seconds(3_600))
        try trial.expect(
          try await trial.claim(by: node).map(\.uuid), [held.uuid], "after it on day \(day)")
        trial.clock.advance(by: .seconds(20 * 3_600))
      }
    },

    StoreRule(.gates, "holds and frees jobs by a handler's blackout, also when it is removed") {
      trial in
      let node = try await trial.join(lease: .seconds(1_000_000))
      try await trial.black("night", .handler(Trial.handler), "00:00-10:00")
      let first = try await trial.insert()
      try trial.expect(try await trial.claim(by: node), [], "at 09:00")
      try trial.expect(try await trial.job(first.uuid).hold, .paused, "hold")
      trial.clock.advance(by: .seconds(3_600))
      try trial.expect(try await trial.claim(by: node).map(\.uuid), [first.uuid], "at 10:00")
      trial.clock.advance(by: .seconds(20 * 3_600))
      let second = try await trial.insert()
      try trial.expect(try await trial.claim(by: node), [], "at 06:00")
      guard case .removed = try await trial.store.apply(.removeBlackout("night")) else {
        throw trial.violation("the answer", "removed", "something else")
      }
      try trial.expect(try await trial.store.gates(), .none, "the gates")
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [second.uuid], "when it is removed")
    },

    StoreRule(.gates, "keeps a pause and blackouts of one queue apart") { trial in
      let node = try await trial.join(lease: .seconds(1_000_000))
      let queue = GateScope.queue("mail")
      try await trial.black("a", queue, "09:00-10:00")
      try await trial.black("b", queue, "10:00-11:00")
      try await trial.pause(queue, until: .in(.seconds(5_400)))
      let closure = try trial.unwrap(
        try await trial.store.gates().closure(of: queue, at: trial.now), "the closure")
      try trial.expect(closure.opensAt, trial.now + .seconds(7_200), "when it opens")
      try trial.expect(closure.blackouts, ["a"], "the blackouts that close it")
      let job = try await trial.insert(queue: "mail")
      try await trial.resume(queue)
      try trial.expect(try await trial.claim(by: node), [], "with a blackout")
      trial.clock.advance(by: .seconds(7_200))
      try trial.expect(try await trial.claim(by: node).map(\.uuid), [job.uuid], "afterwards")
    },

    StoreRule(.gates, "keeps a blackout with all that it says") { trial in
      let calendars = CalendarRules(
        excluding: [
          try ScheduleCalendar(
            "päge '\u{1F514}", dates: ["*-12-25", "2027-12-24/2027-12-31"],
            windows: ["SAT,SUN", "FRI 22:00-06:00"])
        ], requiring: [try ScheduleCalendar("open", windows: ["08:00-18:00"])])
      let request = try BlackoutRequest(
        "näme '\u{1F514}", .resourceType("päge"), calendars: calendars,
        in: try ZoneRules.named("America/New_York"), reason: "because \"of\" it")
      let answer = try await trial.store.apply(.addBlackout(request, by: "ada@host"))
      guard case .added(let blackout, nil) = answer else {
        throw trial.violation("the answer", "added", "\(answer)")
      }
      let found = try await trial.store.gates().blackouts
      try trial.expect(found, [blackout], "the blackouts")
      try trial.expect(found.first?.calendars, calendars, "the calendars")
      try trial.expect(found.first?.reason, request.reason, "the reason")
      try trial.expect(found.first?.by, "ada@host", "by")
    },
  ]

  private static let gateCommands: [StoreRule] = [
    StoreRule(.gates, "replaces a pause by another of its scope, and says so") { trial in
      let queue = GateScope.queue("mail")
      let first = try await trial.pause(queue, reason: "one")
      trial.clock.advance(by: .seconds(1))
      let answer = try await trial.store.apply(
        .pause(queue, until: .in(.seconds(9)), by: "ada", reason: "two"))
      let second = Pause(
        scope: queue, since: trial.now, until: trial.now + .seconds(9), by: "ada", reason: "two")
      try trial.expect(answer, .paused(second, replaced: first), "the answer")
      try trial.expect(try await trial.store.gates().pauses, [second], "the pauses")
      try trial.expect(
        try await trial.store.apply(.resume(queue)), .resumed(second), "the answer to resume")
    },

    StoreRule(.gates, "refuses what makes no sense, and changes nothing") { trial in
      let queue = GateScope.queue("mail")
      let now = trial.now
      let refusals: [(GateCommand, GateRefusal)] = [
        (.resume(queue), .notPaused(queue, closure: nil)),
        (.pause(queue, until: .at(now), by: nil, reason: nil), .pauseIsOver(queue, now)),
        (.removeBlackout("night"), .noBlackout("night")),
        (
          .pause(.queue("a\nb"), until: nil, by: nil, reason: nil),
          .wrongName("a queue", "a\nb", most: 512)
        ),
      ]
      for (command, refusal) in refusals {
        try trial.expect(
          try await trial.store.apply(command), .refused(refusal), "the answer to \(command)")
      }
      try trial.expect(try await trial.store.gates(), .none, "the gates")
    },

    StoreRule(.gates, "obeys a pause that another process has asked for") { trial in
      guard let other = try await trial.another?() else { return }
      let node = try await trial.join()
      let job = try await trial.insert(queue: "mail")
      let pause = GateCommand.pause(.queue("mail"), until: nil, by: nil, reason: nil)
      guard case .paused = try await other.apply(pause) else {
        throw trial.violation("the answer", "paused", "something else")
      }
      try trial.expect(try await trial.claim(by: node), [], "the claim")
      _ = try await other.apply(.resume(.queue("mail")))
      try trial.expect(try await trial.claim(by: node).map(\.uuid), [job.uuid], "when resumed")
    },
  ]
}

extension Trial {
  var both: Set<HandlerKey> {
    [Trial.key, HandlerKey(handlerModule: "Other", resourceType: "post")]
  }

  fileprivate func claimBoth(by node: UUID) async throws -> [Job] {
    try await exchange(knowing: both, by: node).claimed
  }

  @discardableResult
  func pause(
    _ scope: GateScope, until: ScheduledTime? = nil, reason: String? = nil
  ) async throws -> Pause {
    let answer = try await store.apply(.pause(scope, until: until, by: "rule", reason: reason))
    guard case .paused(let pause, _) = answer else {
      throw violation("the answer to a pause", "paused", "\(answer)")
    }
    return pause
  }

  func resume(_ scope: GateScope) async throws {
    let answer = try await store.apply(.resume(scope))
    guard case .resumed = answer else {
      throw violation("the answer to a resume", "resumed", "\(answer)")
    }
  }

  func black(
    _ name: String, _ scope: GateScope, _ windows: String, _ zone: String = "UTC"
  ) async throws {
    let request = try BlackoutRequest(name, scope, windows: [windows], in: zone)
    let answer = try await store.apply(.addBlackout(request, by: "rule"))
    guard case .added = answer else {
      throw violation("the answer to a blackout", "added", "\(answer)")
    }
  }
}
