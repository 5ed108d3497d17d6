import CarillonTesting
import HTTPTypes
import Testing

@testable import Carillon
@testable import CarillonWeb

/// How often one caller may ask.
@Suite struct RateLimitTests {
  private let clock = ManualClock()
  private let ada = Caller(id: "t1", name: "ada", role: .viewer)
  private let bob = Caller(id: "t2", name: "bob", role: .admin)

  /// How many of `count` requests at one moment are let in.
  private func admitted(_ limit: RateLimit, _ caller: Caller, of count: Int) -> Int {
    (0..<count).count { _ in (try? limit.admit(caller)) != nil }
  }

  @Test func `lets two seconds' requests in at once, and then as time goes by`() {
    let limit = RateLimit(perSecond: 10, clock: clock)
    #expect(admitted(limit, ada, of: 50) == 20)
    clock.advance(by: .milliseconds(500))
    #expect(admitted(limit, ada, of: 50) == 5)
    clock.advance(by: .seconds(3_600))
    #expect(admitted(limit, ada, of: 50) == 20)
  }

  @Test func `counts each caller by itself`() {
    let limit = RateLimit(perSecond: 1, clock: clock)
    #expect(admitted(limit, ada, of: 9) == 2)
    #expect(admitted(limit, bob, of: 9) == 2)
  }

  @Test func `says when to come back`() throws {
    let limit = RateLimit(perSecond: 1, clock: clock)
    _ = admitted(limit, ada, of: 9)
    let problem = try #require(throws: Problem.self) { try limit.admit(ada) }
    #expect(problem.kind == .tooManyRequests && problem.headers[.retryAfter] == "1")
  }

  @Test func `keeps no more callers than have asked lately`() {
    let limit = RateLimit(perSecond: 1, clock: clock)
    for number in 0..<5_000 {
      _ = try? limit.admit(Caller(id: "t\(number)", name: "n", role: .viewer))
      clock.advance(by: .milliseconds(10))
    }
    #expect(limit.size <= 1_000)
  }

  @Test func `refuses requests, but never asks after health`() async throws {
    let web = APIUnderTest(requestsPerSecond: 1)
    var statuses: [Int] = []
    for _ in 0..<4 { statuses.append(await web.get("/api/v1/jobs").status) }
    #expect(statuses == [200, 200, 429, 429])
    for path in ["/livez", "/readyz", "/api/openapi.json"] {
      #expect(await web.get(path).status == 200)
    }
    #expect(await web.get("/").status == 429)
    web.clock.advance(by: .seconds(1))
    #expect(await web.get("/api/v1/jobs").status == 200)
  }
}
