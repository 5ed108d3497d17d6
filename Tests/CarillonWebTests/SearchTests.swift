import Carillon
import CarillonTesting
import Foundation
import Testing

/// A look in this store goes through two jobs, and takes a second.
private struct SlowStore: ForwardingStore {
  let underlying: any JobStore
  let clock: ManualClock

  func list(_ query: JobQuery) async throws(StoreError) -> JobList {
    var query = query
    query.breadth = 2
    clock.advance(by: .seconds(1))
    return try await underlying.list(query)
  }
}

/// Lists of what no index knows.
@Suite struct SearchTests {
  let clock = ManualClock()
  let web: APIUnderTest

  init() async throws {
    let store = SlowStore(underlying: MemoryStore(clock: clock), clock: clock)
    web = APIUnderTest(store: store, clock: clock)
  }

  @Test func `a page is answered before all has been looked at, and says where to go on`()
    async throws
  {
    let sought = try await web.scheduled(["queue": "rare"])
    for _ in 0..<4 { _ = try await web.scheduled() }
    var pages: [[String]] = []
    var target: String? = "/api/v1/jobs?queue=rare"
    while let page = target, pages.count < 10 {
      let answer = await web.get(page)
      pages.append(answer.json["jobs"]?.array?.compactMap { $0["uuid"]?.string } ?? ["none"])
      target = answer.json["next"]?.string.map { "/api/v1/jobs?queue=rare&cursor=\($0)" }
    }
    #expect(pages == [[], [], [sought]])
  }

  @Test func `a page of the dashboard says how far back it has looked`() async throws {
    let sought = try await web.scheduled(["queue": "rare"])
    clock.advance(by: .seconds(3_600))
    for _ in 0..<3 { _ = try await web.scheduled() }
    let first = await web.get("/jobs?filter=queue:rare").text
    #expect(first.contains("Older ones haven't been looked at yet"))
    #expect(!first.contains("No job is like that"))
    let next = try #require(
      Page(first).all("a").first { $0.attributes["rel"] == "next" }?.attributes["href"])
    let second = await web.get(String(next.dropFirst()).replacing("&amp;", with: "&")).text
    #expect(second.contains(sought) && second.contains("That's all of them"))
  }

  @Test func `a page of large args is cut where four megabytes are together`() async throws {
    let web = APIUnderTest()
    let large = JSONValue.string(String(repeating: "x", count: 1_000_000))
    for _ in 0..<10 { _ = try await web.scheduled() }
    for _ in 0..<6 { _ = try await web.scheduled(["args": ["text": large]]) }
    var pages: [Int] = []
    var target: String? = "/api/v1/jobs?limit=500"
    while let page = target, pages.count < 10 {
      let answer = await web.get(page)
      pages.append(answer.json["jobs"]?.array?.count ?? -1)
      target = answer.json["next"]?.string.map { "/api/v1/jobs?limit=500&cursor=\($0)" }
    }
    #expect(pages == [5, 11])
  }
}
