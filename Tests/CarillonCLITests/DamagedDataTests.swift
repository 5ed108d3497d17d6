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

  @Test func `finds the argument that is no UTF-8`() {
    func broken(_ arguments: [[UInt8]]) -> Int? {
      let texts = arguments.map { bytes in
        let text = UnsafeMutablePointer<CChar>.allocate(capacity: bytes.count + 1)
        for (index, byte) in (bytes + [0]).enumerated() { text[index] = CChar(bitPattern: byte) }
        return Optional(text)
      }
      defer { for text in texts { text?.deallocate() } }
      return RawArguments.firstBroken(texts)
    }
    #expect(broken([Array("carillon".utf8), Array("né".utf8), []]) == nil)
    #expect(broken([Array("carillon".utf8), Array(#"{"a":""#.utf8) + [0xFF, 0x22, 0x7D]]) == 1)
  }
}
