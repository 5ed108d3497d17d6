import Carillon
import Foundation

extension StoreRule {
  static let claimLimitRules: [StoreRule] = [
    StoreRule(.claim, "never claims more than was asked") { trial in
      let node = try await trial.join()
      _ = try await trial.store.insert(
        (0..<50).map { try trial.request(queue: "q\($0 % 5)", priority: $0 % 3) })
      for most in [1, 7, 0, 13] {
        try trial.expect(try await trial.claim(most, by: node).count, most, "the claimed jobs")
      }
      try trial.expect(try await trial.claim(by: node).count, 29, "the rest")
    },

    StoreRule(.claim, "claims nothing when no slot is free") { trial in
      let node = try await trial.join()
      let job = try await trial.insert()
      for free in [QueueLimits.all(0), .all(-1), .each([:]), .each(["default": 0])] {
        try trial.expect(
          try await trial.exchange(free: free, by: node).claimed, [], "the claimed jobs")
      }
      try trial.expect(try await trial.job(job.uuid), job, "the job")
    },

    StoreRule(.claim, "keeps to the limit of each queue") { trial in
      let node = try await trial.join()
      for queue in ["a", "b", "c"] {
        for _ in 0..<5 { try await trial.insert(queue: queue) }
      }
      let claimed = try await trial.exchange(free: .each(["a": 2, "b": 4]), by: node).claimed
      let counts = Dictionary(grouping: claimed, by: \.queue).mapValues(\.count)
      try trial.expect(counts, ["a": 2, "b": 4], "the claimed jobs by queue")
    },

    StoreRule(.claim, "looks past a full queue for lower priorities of others") { trial in
      let node = try await trial.join()
      for _ in 0..<5 { try await trial.insert(queue: "full", priority: 9) }
      let low = try await trial.insert(queue: "free", priority: 0)
      let claimed = try await trial.exchange(free: .each(["full": 1, "free": 1]), by: node).claimed
      try trial.expect(claimed.map(\.queue), ["full", "free"], "the queues")
      try trial.expect(claimed.last?.uuid, low.uuid, "the last claimed job")
    },

    StoreRule(.claim, "takes no more than was due when a sweep began") { trial in
      let node = try await trial.join()
      let start = trial.now
      let due = try await trial.insert()
      trial.clock.advance(by: .seconds(5))
      let later = try await trial.insert()
      let swept = try await trial.exchange(dueBy: start, by: node).claimed
      try trial.expect(swept.map(\.uuid), [due.uuid], "what the sweep claims")
      try trial.expect(
        try await trial.claim(by: node).map(\.uuid), [later.uuid], "what is claimed after it")
    },

    StoreRule(.claim, "isn't made to start jobs early by a sweep up to the future") { trial in
      let node = try await trial.join()
      try await trial.insert(time: .in(.seconds(5)))
      let exchange = try await trial.exchange(dueBy: trial.now + .seconds(60), by: node)
      try trial.expect(exchange.claimed, [], "the claimed jobs")
    },

    StoreRule(.claim, "says when the next job is due") { trial in
      let node = try await trial.join()
      try trial.expect(try await trial.exchange(by: node).nextDue, nil, "without any job")
      try await trial.insert(time: .in(.seconds(60)), priority: 9)
      let next = try await trial.insert(time: .in(.seconds(30)))
      try await trial.insert(time: .in(.seconds(10)), queue: "other")
      try trial.expect(
        try await trial.exchange(free: .each(["default": 5]), by: node).nextDue, next.runAt,
        "of the queues that the node works on")
      try trial.expect(
        try await trial.exchange(by: node).nextDue, trial.now + .seconds(10), "of all queues")
    },

    StoreRule(.claim, "says when a job that this very turn put off is due") { trial in
      let (job, node) = try await trial.running()
      let exchange = try await trial.exchange(
        [trial.settlement(job, .retry(after: .seconds(20), error: "busy"))], by: node)
      try trial.expect(exchange.nextDue, trial.now + .seconds(20), "the next time")
    },

    StoreRule(.claim, "settles before it claims, so that a freed job can start at once") { trial in
      let (job, node) = try await trial.running()
      let exchange = try await trial.exchange(
        [trial.settlement(job, .retry(after: .zero, error: "busy"))], by: node)
      try trial.expect(exchange.claimed.map(\.uuid), [job.uuid], "the claimed jobs")
      try trial.expect(exchange.claimed.map(\.claim), [2], "their fences")
      try trial.expect(exchange.claimed.map(\.attempts), [2], "their attempts")
    },

    StoreRule(.claim, "claims nothing when it is only to settle") { trial in
      let (job, node) = try await trial.running()
      try await trial.insert()
      let exchange = try await trial.store.exchange(
        [trial.settlement(job, .succeed(result: nil))], claim: nil, by: node)
      try trial.expect(exchange.claimed, [], "the claimed jobs")
    },
  ]
}
