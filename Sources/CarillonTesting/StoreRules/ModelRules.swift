import Carillon
import Foundation

extension StoreRule {
  /// Each asks a store and `MemoryStore`, on one clock, the same random questions.
  static let modelRules: [StoreRule] = (UInt64(1)...8).map { seed in
    StoreRule(.model, "answers like the reference store in random walk \(seed)") { trial in
      let model = MemoryStore(clock: trial.clock)
      var walk = RandomWalk(seed: seed, trial: trial)
      var story: [String] = []
      for step in 1...400 {
        let operation = walk.step()
        story.append("\(step). \(operation)")
        let expected = try await operation.perform(on: model)
        let found: StoreAnswer
        do {
          found = try await operation.perform(on: trial.store)
        } catch {
          throw trial.violation(
            "step \(step) of walk \(seed): \(operation)", "\(expected)", "it throws \(error)")
        }
        walk.note(expected)
        guard found == expected else {
          throw trial.divergence(at: "step \(step) of walk \(seed)", expected, found, story)
        }
        guard step % 40 == 0 else { continue }
        let (wanted, seen) = (
          try await StoreSnapshot(of: model, at: trial.now),
          try await StoreSnapshot(of: trial.store, at: trial.now)
        )
        guard seen == wanted else {
          throw trial.divergence(
            at: "all that can be read after step \(step) of walk \(seed)", wanted, seen, story)
        }
      }
    }
  }
}

extension Trial {
  fileprivate func divergence<Value>(
    at place: String, _ expected: Value, _ found: Value, _ story: [String]
  ) -> RuleViolation {
    let (expected, found) = difference(expected, found)
    return violation(
      "\(place); the last steps were\n    "
        + story.suffix(4).map { String($0.prefix(1_500)) }.joined(separator: "\n    "),
      expected, found)
  }
}
