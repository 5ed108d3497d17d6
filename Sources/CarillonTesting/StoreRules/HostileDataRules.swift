import Carillon
import Foundation

extension StoreRule {
  /// Texts that have broken stores: quotes, statements, controls, what looks like a pattern.
  private static let texts = [
    "'; DROP TABLE carillon_jobs; --", "\"quoted\" and `ticked`", "100% _under_ \\back\\slash\\",
    "🔔👩‍👩‍👧‍👦🇩🇪", "ｆｕｌｌ\u{202E}width", "e\u{301} is not é", "$1 :name ?1 @x", "{\"json\":[1]}",
    "\u{FFFF}\u{10FFFF}", "  spaces  ", "null", String(repeating: "ü", count: 256),
  ]

  static let hostileDataRules: [StoreRule] = [
    StoreRule(.hostileData, "keeps hostile names as they are, and finds them again") { trial in
      for text in texts {
        let request = try JobRequest(
          uuid: trial.uuid(), jobType: text, handlerModule: text,
          resource: Resource(text, trial.uuid()), queue: text, traceContext: [text: text])
        let job = try await trial.insert(request)
        try trial.expect(try await trial.job(job.uuid), request.job(at: trial.now), "the job")
        try trial.expect(
          try await trial.store.jobs(JobQuery(resource: job.resource, queue: text)), [job],
          "the jobs of its resource and queue")
        let node = try await trial.join(knowing: [text], resourceType: text)
        let claimed = try await trial.exchange(
          free: .each([text: 1]), knowing: [job.handlerKey], by: node
        ).claimed
        try trial.expect(claimed.map(\.uuid), [job.uuid], "the claimed jobs")
        try await trial.apply(.succeed(result: nil), to: claimed[0])
        let counts = try await trial.store.minuteCounts(from: trial.now, to: trial.now)
        try trial.expect(
          counts.filter { $0.key.queue == text && $0.key.handlerModule == text }.count, 1,
          "its count")
      }
    },

    StoreRule(.hostileData, "keeps args to the last digit and character") { trial in
      for json in [
        #"{"n":9007199254740993,"m":-9223372036854775809}"#,
        #"{"n":1e400,"m":-1E-400,"k":0.1000,"z":-0}"#,
        #"{"n":123456789012345678901234567890.123456789012345678901234567890}"#,
        #"{"quotes \" and \\":"\u001f\b\f line\nline\ttab","/":"/"}"#,
        #"{"":"","🔔":"𝄞\ud834\udd1e","null":null,"deep":[[[[{"a":[true,false]}]]]]}"#,
        "{\"deep\":\(String(repeating: "[", count: 120))\(String(repeating: "]", count: 120))}",
      ] {
        let args = try JobArguments(json: json)
        let job = try await trial.insert(args: args)
        try trial.expect(job.args, args, "the answer's args")
        try trial.expect(try await trial.job(job.uuid).args, args, "the args of \(json.prefix(60))")
        try trial.expect(
          try await trial.job(job.uuid).args.json, args.json, "their text")
      }
    },

    StoreRule(.hostileData, "keeps args of exactly a mebibyte") { trial in
      let frame = #"{"text":""}"#.utf8.count
      let text = String(repeating: "x", count: JobArguments.largestSize - frame)
      let job = try await trial.insert(args: ["text": .string(text)])
      try trial.expect(job.args.json.utf8.count, JobArguments.largestSize, "the size")
      try trial.expect(
        try await trial.job(job.uuid).args["text"]?.string == text, "the text is the same")
    },

    StoreRule(.hostileData, "keeps hostile errors and reasons, and never gets stuck on one") {
      trial in
      for text in texts + ["a\0b", "\0", String(repeating: "e", count: 8_192)] {
        let (job, node) = try await trial.running()
        let settlement = try trial.settlement(job, .retry(after: .zero, error: text))
        let answers = try await trial.store.exchange([settlement], claim: nil, by: node).answers
        // The engine takes NUL out before a store sees it; a store may do so itself, or refuse.
        let expected = [text, text.replacing("\0", with: "␀")]
        switch answers.first {
        case .applied(let failed):
          let found = try trial.unwrap(failed.lastError, "last_error")
          try trial.expect(expected.contains(found), "the error is kept: \(text.prefix(40))")
          let attempt = try await trial.store.attempts(of: job.uuid).last
          try trial.expect(
            expected.contains(try trial.unwrap(attempt?.error, "the attempt's error")),
            "the attempt's error is kept: \(text.prefix(40))")
        case .refused where text.contains("\0"):
          try await trial.apply(.retry(after: .zero, error: "plain"), to: job)
        case let answer:
          throw trial.violation(
            "the answer to an error", "applied", "\(String(describing: answer))")
        }
        guard !text.contains("\0") else {
          try await trial.clear()
          continue
        }
        _ = try await trial.store.apply(.cancel(reason: text), to: job.uuid)
        let reason = try await trial.job(job.uuid).reason
        try trial.expect(reason, StoredText.reason(text), "the reason")
      }
    },

    StoreRule(.hostileData, "tells texts apart that differ in case, accents or spaces alone") {
      trial in
      let node = try await trial.join()
      for handler in ["name", "Name", "name ", " name", "näme", "nam"] {
        try await trial.insert(handler, queue: handler)
      }
      let keys: Set = [HandlerKey(handlerModule: "name", resourceType: "post")]
      let claimed = try await trial.exchange(knowing: keys, by: node).claimed
      try trial.expect(claimed.map(\.handlerModule), ["name"], "the claimed jobs")
      try trial.expect(
        try await trial.store.jobs(JobQuery(queue: "Name")).map(\.queue), ["Name"], "a queue's jobs"
      )
      try trial.expect(
        try await trial.store.statistics(known: []).queues.map(\.name),
        [" name", "Name", "nam", "name", "name ", "näme"].sorted(), "the queues")
    },

    StoreRule(.hostileData, "keeps instants to the microsecond, over all years that there are") {
      trial in
      let ends = Instant.representable
      for microseconds in [
        ends.lowerBound.microseconds, -1, 0, 1, 999_999, 1_803_891_599_999_999,
        ends.upperBound.microseconds,
      ] {
        let instant = Instant(microseconds: microseconds)
        let job = try await trial.insert(time: .at(instant))
        let stored = try await trial.job(job.uuid)
        try trial.expect(stored.scheduledAt, instant, "scheduled_at")
        try trial.expect(stored.runAt, instant, "run_at")
      }
      let node = try await trial.join()
      let order = try await trial.claim(by: node).map(\.runAt)
      try trial.expect(order, order.sorted(), "the order of the claim")
      try trial.expect(order.first, ends.lowerBound, "the first")
      try trial.expect(
        try await trial.exchange(by: node).nextDue, ends.upperBound, "the next due time")
    },

    StoreRule(.hostileData, "keeps numbers at the ends of their range") { trial in
      let job = try await trial.insert(priority: Int(Int32.max), maxAttempts: 1_000_000)
      try trial.expect(job.priority, Int(Int32.max), "priority")
      let claimed = try await trial.claimOne(by: try await trial.join())
      try trial.expect(claimed, try await trial.job(job.uuid), "the claimed job")
      let put = try await trial.apply(
        .retry(after: .seconds(Int64.max / 4), error: "much later"), to: claimed)
      try trial.expect(put.runAt, trial.now + .seconds(Int64.max / 4), "run_at, saturated")
      try trial.expect(try await trial.job(job.uuid), put, "the job as read again")
    },

    StoreRule(.hostileData, "keeps any sixteen bytes as a uuid") { trial in
      for halves in [(UInt64.min, UInt64.min), (.max, .max), (1 << 63, 1), (0x2700_2227, .max)] {
        let uuid = UUID(high: halves.0, low: halves.1)
        let job = try await trial.insert(
          trial.request(uuid: uuid, resource: Resource("post", uuid)))
        try trial.expect(try await trial.job(uuid), job, "the job")
        try trial.expect(job.resource.uuid, uuid, "resource_uuid")
      }
    },
  ]
}
