import Carillon
import CarillonSQLite
import CarillonTesting
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

@Suite struct OutageTests {
  /// A store whose file has been taken away; its path is something that nobody needs to know.
  private func withLostStore(_ body: (APIUnderTest) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory
      .appending(path: "carillon-canary-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    let store = try await SQLiteStore(path: folder.appending(path: "carillon.db").path)
    let web = APIUnderTest(store: store)
    // What is kept for later is read while it can be.
    _ = await web.get("/api/v1/jobs")
    try FileManager.default.removeItem(at: folder)
    try await body(web)
    store.close()
  }

  @Test func `a store that can't be reached is told of without its address`() async throws {
    try await withLostStore { web in
      let uuid = UUID().text
      for (method, path, body) in [
        (HTTPRequest.Method.get, "/api/v1/jobs", nil as JSONValue?),
        (.get, "/api/v1/jobs/\(uuid)", nil), (.get, "/api/v1/stats", nil),
        (.get, "/api/v1/resources/post/\(uuid)", nil), (.get, "/metrics", nil),
        (.post, "/api/v1/jobs", .object(Publish.newJob)),
        (.post, "/api/v1/jobs/bulk", [.object(Publish.newJob)]),
        (.post, "/api/v1/jobs/\(uuid)/cancel", nil),
        (.post, "/api/v1/resources/post/\(uuid)/cancel", nil),
        (.delete, "/api/v1/jobs/\(uuid)", nil),
      ] {
        let reply = await web.ask(method, path, body)
        #expect(reply.status == 503 && reply.code == "store-unreachable", "\(method) \(path)")
        #expect(reply.headers[.retryAfter] == "5")
        #expect(!reply.text.contains("canary"))
      }
      let ready = await web.get("/readyz")
      #expect(ready.status == 503 && ready.json["checks"]?["store"] == "unavailable")
      #expect(await web.get("/livez").status == 200)
    }
  }

  @Test func `a store that takes no changes says so`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try await SQLiteStore(path: folder.appending(path: "carillon.db").path)
    let web = APIUnderTest(store: store)
    _ = try await web.scheduled()
    let mark = MoveMark(move: UUID(), role: .source, peer: "sqlite:canary.db")
    #expect(try await store.close(for: mark) == nil)
    let reply = await web.post("/api/v1/jobs", .object(Publish.newJob))
    #expect(reply.status == 503 && reply.code == "store-closed" && !reply.text.contains("canary"))
    #expect(await web.get("/api/v1/jobs").status == 200)
    store.close()
  }

  /// What nobody may see, in every kind of error from below.
  @Test func `no problem tells what an error from below says`() {
    for error in [
      StoreError.unreachable(store: "canary", why: "canary"),
      .failed(operation: "canary", why: "canary"), .newerSchema(store: "canary", found: "canary"),
      .moved(store: "canary", to: "canary"), .filling(store: "canary", from: "canary"),
    ] {
      let problem = Problem(error)
      #expect(problem.kind.status.code >= 500)
      #expect(!problem.jsonValue(instance: "/", requestID: "x").json.contains("canary"))
      #expect(problem.cause?.contains("canary") == true)
    }
    struct Odd: Error { let secret = "canary" }
    let odd = Problem(Odd())
    #expect(odd.kind == .internalError)
    #expect(!odd.jsonValue(instance: "/", requestID: "x").json.contains("canary"))
  }
}
