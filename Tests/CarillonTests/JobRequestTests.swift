import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct JobRequestTests {
  private func request(
    jobType: String = "t", handler: String = "H", resource: String = "r", queue: String = "q",
    time: ScheduledTime = .now, priority: Int = 0, maxAttempts: Int = 1
  ) throws(JobRequestError) -> JobRequest {
    try JobRequest(
      uuid: UUID(), jobType: jobType, handlerModule: handler,
      resource: Resource(resource, UUID()), time: time, queue: queue, priority: priority,
      maxAttempts: maxAttempts)
  }

  @Test func `refuses names that are empty, too long or hold controls`() {
    let long = String(repeating: "é", count: 257)
    #expect(throws: JobRequestError.empty(column: "job_type")) { try request(jobType: "") }
    #expect(throws: JobRequestError.empty(column: "handler_module")) { try request(handler: "") }
    #expect(throws: JobRequestError.empty(column: "resource_type")) { try request(resource: "") }
    #expect(throws: JobRequestError.empty(column: "queue")) { try request(queue: "") }
    #expect(throws: JobRequestError.tooLong(column: "queue", bytes: 514)) {
      try request(queue: long)
    }
    for control in ["a\0", "a\n", "\u{1B}[2J", "\u{7F}"] {
      #expect(throws: JobRequestError.controlCharacter(column: "handler_module")) {
        try request(handler: control)
      }
    }
  }

  @Test func `refuses numbers out of range`() {
    for priority in [-1, Int(Int32.max) + 1, .min, .max] {
      #expect(throws: JobRequestError.priority(priority)) { try request(priority: priority) }
    }
    for most in [0, -1, 1_000_001, .min, .max] {
      #expect(throws: JobRequestError.maxAttempts(most)) { try request(maxAttempts: most) }
    }
  }

  @Test func `refuses times that no calendar has`() {
    for delay in [Duration.seconds(-1), .seconds(36_501 * 86_400), .seconds(Int64.max / 4)] {
      #expect(throws: JobRequestError.delay(delay)) { try request(time: .in(delay)) }
    }
    for instant in [Instant(microseconds: .max), Instant(microseconds: .min)] {
      #expect(throws: JobRequestError.time(instant)) { try request(time: .at(instant)) }
    }
  }

  @Test func `says what would be right`() {
    for error in [
      JobRequestError.empty(column: "queue"), .tooLong(column: "queue", bytes: 600),
      .controlCharacter(column: "queue"), .priority(-1), .maxAttempts(0), .delay(.seconds(-1)),
      .time(Instant(microseconds: .max)), .args(.notAnObject),
    ] {
      #expect(!error.description.isEmpty)
    }
    #expect(JobRequestError.maxAttempts(0).description.contains("1 to 1000000"))
  }

  @Test func `has equal digests for equal content, and others for other content`() throws {
    let uuid = UUID()
    func digest(_ args: JobArguments, _ time: ScheduledTime, _ trace: String) throws -> Int64 {
      try JobRequest(
        uuid: uuid, jobType: "t", handlerModule: "H", resource: Resource("r", uuid), args: args,
        time: time, traceContext: ["t": trace]
      ).contentDigest
    }
    let digests = [
      try digest(["a": 1], .now, "x"), try digest(["a": 2], .now, "x"),
      try digest(["a": 1], .in(.zero), "x"), try digest(["a": 1], .at(ManualClock.start), "x"),
    ]
    #expect(Set(digests).count == 4)
    #expect(try digest(["a": 1], .now, "another trace") == digests[0])
  }

  @Test func `may have made a job of no known content that has all that it says`() throws {
    let resource = Resource("r", UUID())
    func request(
      _ time: ScheduledTime, queue: String = "q", priority: Int = 1, maxAttempts: Int = 2,
      args: JobArguments = ["a": 1]
    ) throws -> JobRequest {
      try JobRequest(
        uuid: resource.uuid, jobType: "t", handlerModule: "H", resource: resource, args: args,
        time: time, queue: queue, priority: priority, maxAttempts: maxAttempts)
    }
    let (now, at) = (ManualClock.start, ManualClock.start + .seconds(9))
    let job = try request(.at(at)).job(at: now)
    // When a delay began isn't known.
    for time in [ScheduledTime.at(at), .now, .in(.seconds(5))] {
      #expect(try request(time).mayHaveMade(job))
    }
    #expect(try !request(.at(now)).mayHaveMade(job))
    #expect(try !request(.now, queue: "other").mayHaveMade(job))
    #expect(try !request(.now, priority: 2).mayHaveMade(job))
    #expect(try !request(.now, maxAttempts: 3).mayHaveMade(job))
    #expect(try !request(.now, args: [:]).mayHaveMade(job))
  }
}
