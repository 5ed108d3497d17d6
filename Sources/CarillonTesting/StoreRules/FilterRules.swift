import Carillon
import Foundation

extension StoreRule {
  static let filterRules: [StoreRule] = [
    StoreRule(.read, "finds just the jobs that a filter means, whatever it asks") { trial in
      let node = try await FilterTrial.populate(trial)
      let all = try await trial.store.jobs(JobQuery(limit: 10_000))
      try trial.expect(all.count > 20, true, "there are jobs to choose from")
      var found = 0
      for text in FilterTrial.texts(node: node) {
        let filter = try JobFilter(text, now: trial.now)
        let meant = filter.naming(nodes: [("rule-node", node)])
        let expected = all.filter(meant.matches).map(\.uuid)
        try trial.expect(
          try await trial.store.jobs(JobQuery(filter, limit: 10_000)).map(\.uuid), expected,
          "the jobs of \(text)")
        found += expected.isEmpty ? 0 : 1
      }
      try trial.expect(found > 30, true, "most of the filters mean some job")
    },

    StoreRule(.read, "lists what a filter means page by page") { trial in
      _ = try await FilterTrial.populate(trial)
      for text in ["args.n:3", "-args.n:3", "queue:mail*", "-status:failed"] {
        let filter = try JobFilter(text, now: trial.now)
        let whole = try await trial.store.jobs(JobQuery(filter, limit: 10_000)).map(\.uuid)
        var pages: [UUID] = []
        while true {
          let page = try await trial.store.jobs(
            JobQuery(filter, limit: 2, after: pages.last.map { .job($0) }))
          pages += page.map(\.uuid)
          if page.count < 2 { break }
        }
        try trial.expect(pages, whole, "the pages of \(text)")
      }
    },

    StoreRule(.read, "finds all that a filter means in several looks, each of bounded breadth") {
      trial in
      let node = try await FilterTrial.populate(trial)
      var looks = 0
      for text in FilterTrial.texts(node: node) {
        let filter = try JobFilter(text, now: trial.now)
        let whole = try await trial.store.jobs(JobQuery(filter, limit: 10_000)).map(\.uuid)
        var query = JobQuery(filter, limit: 3)
        query.breadth = 4
        var found: [UUID] = []
        repeat {
          let list = try await trial.store.list(query)
          try trial.expect(list.jobs.count <= 3, true, "no more than the limit of \(text)")
          found += list.jobs.map(\.uuid)
          query.after = list.next?.position
          looks += 1
        } while query.after != nil && looks < 10_000
        try trial.expect(found, whole, "the jobs of \(text)")
      }
      try trial.expect(looks > 500, true, "it took several looks")
    },

    StoreRule(.read, "tells that a list ends with the last job, not with an empty page behind it") {
      trial in
      for _ in 0..<4 { try await trial.insert() }
      for text in ["", "status:pending", "queue:default", "args.n:1 -status:failed"] {
        let filter = try JobFilter(text, now: trial.now)
        let all = try await trial.store.list(JobQuery(filter, limit: 4))
        try trial.expect(all.next, nil, "what follows all jobs of \(text)")
        let three = try await trial.store.list(JobQuery(filter, limit: 3))
        try trial.expect(three.next == nil, three.jobs.isEmpty, "the end after three of \(text)")
      }
    },

    StoreRule(
      .read, "ends a look when it has read as many bytes of args as it may, and goes on behind"
    ) {
      trial in
      let large = JSONValue.string(String(repeating: "x", count: 900))
      for _ in 0..<12 { try await trial.insert(args: ["large": large, "n": 1]) }
      for text in ["", "args.n:1", "args.n:2", "status:pending"] {
        var query = JobQuery(try JobFilter(text, now: trial.now), limit: 100)
        query.mostBytes = 4_000
        var found = 0
        var looks = 0
        repeat {
          let list = try await trial.store.list(query)
          try trial.expect(list.jobs.count < 7, true, "few jobs of \(text) at once")
          found += list.jobs.count
          query.after = list.next?.position
          looks += 1
        } while query.after != nil && looks < 20
        try trial.expect(found, text == "args.n:2" ? 0 : 12, "the jobs of \(text)")
      }
    },

    StoreRule(.read, "goes on behind a place whose job has been deleted meanwhile") { trial in
      var jobs: [Job] = []
      for _ in 0..<5 { jobs.append(try await trial.insert()) }
      let first = try await trial.store.list(JobQuery(limit: 2))
      let next = try trial.unwrap(first.next, "a second page")
      try trial.expect(next.lookedBackTo, jobs[3].insertedAt, "how far it has looked")
      _ = try await trial.store.apply(.cancel(reason: "rule"), to: jobs[3].uuid)
      _ = try await trial.store.apply(.delete, to: jobs[3].uuid)
      let second = try await trial.store.list(JobQuery(limit: 2, after: next.position))
      try trial.expect(second.jobs.map(\.uuid), [jobs[2].uuid, jobs[1].uuid], "the second page")
    },
  ]
}

/// Jobs of every kind, and filters that tell them apart.
private enum FilterTrial {
  /// Answers with the node, named `rule-node`, that runs one of them.
  static func populate(_ trial: Trial) async throws -> UUID {
    for status in JobStatus.allCases { _ = try await trial.job(in: status) }
    for queue in ["mail", "mail-slow", "Mail", "é", "e\u{301}", "a'b", "100%", "a_b", "*"] {
      try await trial.insert(queue: queue, priority: queue.utf8.count)
    }
    let args: [JobArguments] = [
      ["n": 3], ["n": "3"], ["n": 3.0], ["n": nil], ["n": true],
      ["to": ["plan": "pro", "n": [1, 2]]],
      ["a b": ["x.y": "é \"quoted\" 'text'"]], ["n": 9_007_199_254_740_993],
      // Equal texts with different bytes: the kelvin sign, and an accent of its own.
      ["k": "K"], ["k": "\u{212A}"], ["\u{212A}": 1], ["e": "é"], ["e": "e\u{301}"],
    ]
    for args in args { try await trial.insert(args: args, time: .in(.seconds(3_600))) }
    let worker = trial.node(knowing: [Trial.handler], resourceType: "post", name: "rule-node")
    try await trial.store.join(worker, lease: Trial.lease)
    for error in ["Timed OUT", "100% of 'it' broke", "ÉCHEC", "a_c"] {
      try await trial.insert(queue: "errors", maxAttempts: 1)
      let job = try trial.unwrap(
        try await trial.exchange(free: .each(["errors": 1]), by: worker.uuid).claimed.first, "a job"
      )
      try await trial.settle(job, .fail(error: error))
    }
    try await trial.insert(queue: "running")
    _ = try await trial.exchange(free: .each(["running": 1]), by: worker.uuid)
    try await trial.insert("Unknown")
    _ = try await trial.store.holdUnresolved(limit: 10)
    return worker.uuid
  }

  static func texts(node: UUID) -> [String] {
    let plain = [
      "", "status:failed", "status:failed,cancelled", "hold:unresolved", "hold:\"nothing\"",
      "queue:mail", "queue:mail*", "queue:M*", "queue:é", "queue:e\u{301}", "queue:a'b",
      "queue:100%", "queue:1*", "queue:a_b", "queue:a*", "queue:\"*\"", "queue:*", "queue:x'--",
      "handler:\(Trial.handler)", "handler:\(Trial.handler.prefix(2))*", "handler:Unknown",
      "type:rule*", "resource:post", "resource:page", "resource:post/\(UUID().text)",
      UUID().text, "error:timed", "error:\"timed out\"", "error:100%", "error:'it'", "error:échec",
      "error:ÉCHEC", "error:a_", "error:a%c", "error:\"\"", "error:broken", "error:pointless",
      "priority:0", "priority:>0", "priority:>=4", "priority:<4", "priority:1..4",
      "before:1s", "after:1s", "before:2000-01-01", "after:2000-01-01", "before:9999-01-01",
      "node:rule-node", "node:\(node.text)", "node:nobody", "node:rule-node,nobody",
      "args.n:3", "args.n:\"3\"", "args.n:null", "args.n:true", "args.to.plan:pro",
      "args.to.n.1:2", "args.to.n.2:2", "args.\"a b\".\"x.y\":\"é \\\"quoted\\\" 'text'\"",
      "args.n:9007199254740993", "args.n:9007199254740992",
      "args.k:K", "args.K:1", "args.e:é", "args.k:K,x", "args.to.plan:pro,free",
    ]
    let negated = plain.filter { !$0.isEmpty }.map { "-" + $0 }
    return plain + negated + [
      "status:pending queue:mail*", "status:failed -error:timed", "queue:errors error:a,100",
      "-queue:mail* -queue:errors status:pending args.n:3", "status:processing node:rule-node",
      "hold:unresolved -hold:unresolved", "-status:pending,failed,cancelled,executed",
    ]
  }
}
