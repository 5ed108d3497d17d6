import Carillon
import Foundation
import Testing

@testable import CarillonCLI

@Suite struct `Damaged data` {
  @Test(arguments: [Double.infinity, -.infinity, 1e300, -1, .nan])
  func `shows a progress that is none as something between 0 and 100`(_ progress: Double) throws {
    let attempt = Attempt(
      uuid: UUID(), claim: 1, number: 1, node: UUID(), startedAt: Instant(microseconds: 0),
      progress: progress)
    let request = try JobRequest(
      uuid: UUID(), jobType: "t", handlerModule: "h", resource: Resource("r", UUID()))
    let now = Instant(microseconds: 0)
    let page = JobPage(job: request.job(at: now), attempts: [attempt], nodeNames: [:], now: now)
    let lines = page.lines(on: Screen(sink: CapturedText()))
    #expect(lines.contains { $0.hasSuffix("at 100%") || $0.hasSuffix("at 0%") })
  }
}
