import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct AttemptTests {
  @Test(arguments: [
    ("order 17 is gone", "order 18 is gone"),
    ("row 018f3c1e-7a2b-7c3d-8e4f-1a2b3c4d5e6f", "row 118f3c1e-aaaa-7c3d-8e4f-1a2b3c4d5e6f"),
    ("timeout after 1.5 s", "timeout after 2.5 s"),
    ("at 0x1f00", "at 0x2e99"),
  ])
  func `gives errors that differ in numbers alone one fingerprint`(_ one: String, _ other: String) {
    #expect(errorFingerprint(of: one) == errorFingerprint(of: other))
  }

  @Test func `gives different errors different fingerprints`() {
    let prints = ["no such table", "no such column", "timeout", "", "not found: post", "é", "e"]
      .map(errorFingerprint)
    #expect(Set(prints).count == prints.count)
    #expect(prints.allSatisfy { $0.count == 16 })
  }

  @Test func `looks at the beginning of a long error only`() {
    let long = String(repeating: "x", count: 5_000)
    #expect(errorFingerprint(of: long) == errorFingerprint(of: long + "y"))
  }

  @Test func `is there only while its job is processing`() throws {
    for status in JobStatus.allCases {
      let job = try makeJob(in: status)
      #expect((Attempt(running: job) != nil) == (status == .processing))
    }
  }

  @Test func `never ends before it has begun, whatever the clock does`() throws {
    let job = try makeJob(in: .processing)
    let attempt = try #require(Attempt(running: job))
    let ended = attempt.ended(by: .release, at: attempt.startedAt - .seconds(60))
    #expect(ended.endedAt == attempt.startedAt)
    #expect(ended.outcome == .release)
  }

  @Test func `keeps the error of a failure with its fingerprint`() throws {
    let attempt = try #require(Attempt(running: try makeJob(in: .processing)))
    let failed = attempt.ended(by: .fail(error: "code 7"), at: attempt.startedAt)
    #expect(failed.error == "code 7")
    #expect(failed.fingerprint == errorFingerprint(of: "code 8"))
    let lost = attempt.ended(by: .rescue(after: .zero), at: attempt.startedAt)
    #expect(lost.error == Reason.nodeLost)
  }
}
