import Carillon
import CarillonTesting
import Testing

@Suite struct RetryPolicyTests {
  private func delay(_ policy: RetryPolicy, _ failures: Int, _ random: Double = 0.5) -> Duration {
    policy.delay(after: .init(failures: failures, error: "busy"), random: random)
  }

  @Test(arguments: [(1, 17), (2, 19), (3, 23), (4, 31), (10, 1_039), (16, 65_551)])
  func `waits 15 s and 2^n s by default`(_ failures: Int, _ seconds: Int) {
    // Through a `Double`, so a little beside it.
    let difference = delay(.standard, failures) - .seconds(seconds)
    #expect(abs(difference.microseconds) <= 1)
  }

  @Test func `never overflows, never shrinks, and is never longer than a day`() {
    for policy in [RetryPolicy.standard, .exponential(base: .milliseconds(1))] {
      var last = Duration.zero
      for failures in 0...1_000_000 {
        let delay = delay(policy, failures)
        guard delay >= last, delay <= RetryPolicy.longest else {
          Issue.record("After \(failures) failures it waits \(delay), before \(last).")
          return
        }
        last = delay
      }
    }
    for failures in [Int.max, .min, -1] {
      #expect((Duration.zero...RetryPolicy.longest).contains(delay(.standard, failures)))
    }
    #expect(delay(.standard, 1_000_000) == RetryPolicy.longest)
  }

  @Test func `moves a delay by up to a tenth`() {
    var random = SeededGenerator(seed: 1)
    for failures in 1...16 {
      let middle = delay(.standard, failures)
      #expect(delay(.standard, failures, 0) == middle * 0.9)
      for _ in 0..<100 {
        let moved = delay(.standard, failures, Double.random(in: 0..<1, using: &random))
        #expect(moved >= middle * 0.9)
        #expect(moved <= middle * 1.1)
      }
    }
  }

  @Test func `waits the same each time when fixed`() {
    let policy = RetryPolicy.fixed(.seconds(5))
    for failures in 1...10 {
      #expect(delay(policy, failures, 0) == .seconds(5))
      #expect(delay(policy, failures, 0.99) == .seconds(5))
    }
  }

  @Test func `doubles from its base up to its cap`() {
    let policy = RetryPolicy.exponential(base: .seconds(2), cap: .seconds(30))
    #expect((1...6).map { delay(policy, $0) } == [2, 4, 8, 16, 30, 30].map { .seconds($0) })
  }

  @Test func `brings whatever a policy answers into its bounds`() {
    for (answer, expected) in [
      (Duration.seconds(-5), Duration.zero), (.seconds(Int64.max / 4), RetryPolicy.longest),
    ] {
      #expect(delay(RetryPolicy { _ in answer }, 1) == expected)
    }
    for jitter in [Double.nan, -1, .infinity, 7] {
      let policy = RetryPolicy(jitter: jitter) { _ in .seconds(10) }
      let wait = delay(policy, 1, 0.999)
      #expect(wait >= .zero)
      #expect(wait <= .seconds(20))
    }
  }

  @Test func `shows a policy the error and the number of failures`() {
    let policy = RetryPolicy(jitter: 0) { failure in
      failure.error == "busy" ? .seconds(failure.failures) : .zero
    }
    #expect(delay(policy, 7) == .seconds(7))
  }
}
