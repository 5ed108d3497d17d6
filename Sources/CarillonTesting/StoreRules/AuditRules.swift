import Carillon
import Foundation

extension StoreRule {
  private static let ada = AuditActor(name: "ada@host", source: .cli, requestID: "r-1")

  static let auditRules: [StoreRule] = [
    StoreRule(.audit, "notes what somebody does to a job, with what was before and after") {
      trial in
      let job = try await trial.job(in: .failed)
      trial.clock.advance(by: .seconds(1))
      try await ada.doing { _ = try await trial.store.apply(.retry, to: job.uuid) }
      let entry = try trial.unwrap(try await trial.audit().first, "an entry")
      try trial.expect(entry.at, trial.now, "at")
      try trial.expect(entry.actor, ada, "the actor")
      try trial.expect(
        "\(entry.note.action) \(entry.note.targetKind) \(entry.note.target)",
        "retry job \(job.uuid.text)", "what was done")
      try trial.expect(entry.note.detail["before"]?["status"], "failed", "the status before")
      try trial.expect(entry.note.detail["after"]?["status"], "pending", "the status after")
      try trial.expect(
        entry.note.detail["after"]?["queue"], nil, "a column that was not changed")
    },

    StoreRule(.audit, "notes nothing where nobody asks, and nothing that was refused") { trial in
      let job = try await trial.insert()
      _ = try await trial.store.apply(.cancel(reason: "x"), to: job.uuid)
      _ = try await trial.store.cancelJobs(for: job.resource, reason: "x")
      try await ada.doing {
        _ = try await trial.store.apply(.cancel(reason: "x"), to: job.uuid)
        _ = try await trial.store.apply(.retry, to: trial.uuid())
      }
      try trial.expect(try await trial.audit(), [], "the entries")
    },

    StoreRule(.audit, "keeps no secret") { trial in
      let job = try await trial.insert(args: [
        "to": "ada", "smtp": ["Password": "hunter2", "port": 25], "api_token": "hunter2",
      ])
      try await ada.doing {
        _ = try await trial.store.apply(.delete, to: job.uuid)
        _ = try await trial.store.begin(
          trial.operationRequest(.retry, "status:failed args.api_token:hunter2"))
        _ = try await trial.store.insert([trial.request(args: ["secret": "hunter2"])])
        _ = try await trial.store.addSchedules([
          trial.scheduleRequest("s", trial.definition("@daily", args: ["secret": "hunter2"]))
        ])
      }
      let texts = try await trial.audit().map(\.jsonValue.json)
      try trial.expect(texts.count, 4, "the number of entries")
      for text in texts {
        try trial.expect(!text.contains("hunter2"), "there is no secret in \(text)")
      }
      try trial.expect(texts.contains { $0.contains("ada") }, "the rest is there")
    },

    StoreRule(.audit, "notes what is stored by hand, a request at a time") { trial in
      var own = try trial.request()
      own.askedBy = AuditActor(name: "bob", source: .http, requestID: "r-2")
      let many = try (0..<3).map { _ in try trial.request() }
      try await ada.doing {
        let jobs = try await trial.store.insert(many)
        try trial.expect(jobs.count, 3, "the stored jobs")
        // It is there already.
        _ = try await trial.store.insert([many[0]])
      }
      _ = try await trial.store.insert([own, try trial.request()])
      let entries = try await trial.audit()
      try trial.expect(
        entries.map { "\($0.note.action) \($0.note.targetKind) by \($0.actor.name)" }.sorted(),
        ["schedule job by bob", "schedule jobs by ada@host"], "the entries")
      let bulk = entries.first { $0.note.targetKind == .jobs }
      try trial.expect(bulk?.note.detail["count"], 3, "how many")
      try trial.expect(
        entries.first { $0.note.targetKind == .job }?.note.target, own.uuid.text, "the single job")
    },

    StoreRule(.audit, "notes a cancelled resource, and schedules from their beginning to their end")
    {
      trial in
      let job = try await trial.insert()
      let request = try trial.scheduleRequest("digest", trial.definition("@daily"))
      try await ada.doing {
        _ = try await trial.store.cancelJobs(for: job.resource, reason: "obsolete")
        _ = try await trial.store.addSchedules([request])
        _ = try await trial.store.addSchedules([request])
        for command in [
          ScheduleCommand.pause(until: nil, by: "ada", why: "x"), .resume,
          .declare(
            trial.definition("@hourly")),
        ] {
          _ = try await trial.store.apply(command, toSchedule: "digest")
        }
        let use = try trial.unwrap(try await trial.store.scheduleInUse("digest"), "it")
        _ = try await trial.store.fire([ScheduleFiring.manual(use.use, at: use.now)])
        _ = try await trial.store.apply(.remove, toSchedule: "digest")
      }
      let entries = try await trial.audit().sorted { $0.uuid.precedes($1.uuid) }
      try trial.expect(
        entries.map { "\($0.note.action) \($0.note.targetKind)" },
        [
          "cancel resource", "add schedule", "pause schedule", "resume schedule", "run schedule",
          "remove schedule",
        ], "the entries")
      try trial.expect(entries[0].note.target, "\(job.resource)", "the resource")
      try trial.expect(entries[0].note.detail["cancelled"], 1, "how many were cancelled")
      try trial.expect(entries[2].note.detail["after"]?["paused_by"], "ada", "who has paused it")
    },

    StoreRule(.audit, "notes the beginning of an operation, and that it was stopped") { trial in
      _ = try await trial.pending(1)
      let stopped = try await ada.doing {
        let operation = try await trial.begin(.cancel(reason: "x"), "status:pending", total: 1)
        _ = try await trial.store.cancelOperation(operation.uuid)
        return operation
      }
      try await ada.doing { _ = try await trial.store.cancelOperation(stopped.uuid) }
      let notes = try await trial.audit().sorted { $0.uuid.precedes($1.uuid) }.map(\.note)
      try trial.expect(notes.map(\.action), ["begin", "cancel"], "the entries")
      try trial.expect(notes[0].detail["filter"], "status:pending", "the filter")
      try trial.expect(notes[0].target, stopped.uuid.text, "the operation")
    },

    StoreRule(.audit, "notes tokens that are made and revoked, where it keeps them") { trial in
      guard let store = trial.store as? any TokenStore else { return }
      let token = TokenRecord(
        id: "3f9a1c0b77de", name: "grafana", role: .viewer,
        digest: String(repeating: "0", count: 64), createdAt: trial.now)
      try await ada.doing {
        try await store.addToken(token)
        try await store.addToken(token)
        for _ in 0..<2 { _ = try await store.revokeToken(token.id, at: trial.now) }
      }
      let notes = try await trial.audit().sorted { $0.uuid.precedes($1.uuid) }.map(\.note)
      try trial.expect(notes.map(\.action), ["add", "revoke"], "the entries")
      try trial.expect(Set(notes.map(\.target)), [token.id], "the token")
    },

    StoreRule(.audit, "notes pauses and blackouts, and nothing that was refused") { trial in
      let closed = try BlackoutRequest("night", .resourceType("page"), windows: ["22:00-06:00"])
      let commands: [GateCommand] = [
        .pause(.queue("mail"), until: nil, by: "ada", reason: "first"),
        .pause(.queue("mail"), until: .in(.seconds(60)), by: nil, reason: "then"),
        .resume(.queue("mail")), .resume(.queue("mail")),
        .pause(.handler(Trial.handler), until: nil, by: nil, reason: nil),
        .pause(.resourceType("page"), until: nil, by: nil, reason: nil),
        .addBlackout(closed, by: nil), .removeBlackout("night"), .removeBlackout("night"),
      ]
      try await ada.doing {
        for command in commands { _ = try await trial.store.apply(command) }
      }
      _ = try await trial.store.apply(.resume(.handler(Trial.handler)))
      let notes = try await trial.audit().sorted { $0.uuid.precedes($1.uuid) }.map(\.note)
      try trial.expect(
        notes.map { "\($0.action) \($0.targetKind.rawValue) \($0.target)" },
        [
          "pause queue mail", "pause queue mail", "resume queue mail",
          "pause handler \(Trial.handler)", "pause resource_type page", "add blackout night",
          "remove blackout night",
        ], "the entries")
      try trial.expect(notes[0].detail["before"], .null, "before the first pause")
      try trial.expect(notes[1].detail["before"]?["reason"], "first", "before the second")
      try trial.expect(notes[1].detail["after"]?["reason"], "then", "after the second")
      try trial.expect(notes[2].detail["before"]?["reason"], "then", "what was resumed")
      try trial.expect(
        notes[5].detail["after"]?["windows"], ["22:00-06:00"], "the blackout's windows")
    },

    StoreRule(.audit, "lists entries newest first, by time, actor and target, page by page") {
      trial in
      let jobs = try await trial.pending(3)
      let bob = AuditActor(name: "bob", source: .http)
      for (index, job) in jobs.enumerated() {
        for (actor, priority) in [(ada, 1), (bob, 2)] {
          try await actor.doing {
            _ = try await trial.store.apply(
              .edit(try JobEdit(priority: priority + index)), to: job.uuid)
          }
        }
        trial.clock.advance(by: .seconds(10))
      }
      let all = try await trial.audit()
      try trial.expect(all.count, 6, "the number of entries")
      var pages: [AuditEntry] = []
      while true {
        let page = try await trial.audit(AuditQuery(limit: 4, after: pages.last?.uuid))
        pages += page
        if page.count < 4 { break }
      }
      try trial.expect(pages, all, "the pages")
      let since = trial.now - .seconds(10)
      for (query, meant) in [
        (AuditQuery(actor: "bob"), { (entry: AuditEntry) in entry.actor == bob }),
        (AuditQuery(since: since), { $0.at >= since }),
        (AuditQuery(until: since), { $0.at < since }),
        (AuditQuery(since: since, until: since + .seconds(1)), { $0.at == since }),
        (AuditQuery(target: jobs[1].uuid.text), { $0.note.target == jobs[1].uuid.text }),
      ] {
        try trial.expect(
          try await trial.audit(query), all.filter(meant), "the entries of \(query)")
      }
      try trial.expect(
        all.map(\.at), all.map(\.at).sorted(by: >), "the order of the entries' times")
    },

    StoreRule(.audit, "finds by a job also the operations that have changed it") { trial in
      let jobs = try await trial.pending(2)
      try await ada.doing {
        _ = try await trial.store.apply(
          .edit(try JobEdit(priority: 3)), to: jobs[0].uuid)
        _ = try await trial.finish(
          trial.begin(.edit(try JobEdit(priority: 5)), "priority:3"))
      }
      let all = try await trial.audit()
      try trial.expect(all.count, 2, "the number of entries")
      try trial.expect(
        try await trial.audit(AuditQuery(target: jobs[0].uuid.text)), all, "those of the one")
      try trial.expect(
        try await trial.audit(AuditQuery(target: jobs[0].uuid.uuidString)), all,
        "those of the one in capitals")
      try trial.expect(
        try await trial.audit(AuditQuery(target: jobs[0].uuid.text, limit: 1)), [all[0]],
        "the newest")
      try trial.expect(
        try await trial.audit(AuditQuery(target: jobs[1].uuid.text)), [], "those of the other")
    },

    StoreRule(.audit, "prunes entries and ended operations that are older, no more than asked") {
      trial in
      let jobs = try await trial.pending(2)
      try await ada.doing {
        for priority in 1...3 {
          _ = try await trial.store.apply(
            .edit(try JobEdit(priority: priority)), to: jobs[0].uuid)
        }
        _ = try await trial.finish(
          trial.begin(.edit(try JobEdit(priority: 7)), "status:pending"))
      }
      let open = try await trial.begin(.retry, "status:failed")
      trial.clock.advance(by: .seconds(60))
      try await ada.doing {
        _ = try await trial.store.apply(.cancel(reason: "x"), to: jobs[1].uuid)
      }
      func prune() async throws -> Int {
        try await trial.store.pruneAudit(olderThan: .seconds(30), limit: 3)
      }
      // Four entries, and an operation on two jobs.
      var answers: [Int] = []
      for _ in 0..<3 { answers.append(try await prune()) }
      try trial.expect(answers, [6, 1, 0], "the answers")
      try trial.expect(
        try await trial.store.effects(on: jobs[0].uuid), [], "the effects that are left")
      try trial.expect(try await trial.audit().map(\.note.action), ["cancel"], "what is left")
      try trial.expect(
        try await trial.store.operations(OperationQuery()).map(\.uuid), [open.uuid],
        "the operations that are left")
    },
  ]
}

extension Trial {
  func audit(_ query: AuditQuery = AuditQuery()) async throws -> [AuditEntry] {
    try await store.audit(query)
  }
}
