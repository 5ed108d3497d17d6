import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import NIOCore
import Testing

@testable import CarillonWeb

/// What happens on connections; with real ones, and so with real time, of which no test waits for more
/// than a client's patience.
@Suite(.serialized) struct ServerTests {
  let api = CarillonAPI(
    store: MemoryStore(), catalog: HandlerCatalog(types: [Publish.self]), access: .openOnLoopback)

  @Test func `a connection takes one request after another`() async throws {
    try await LiveServer.use(api) { port, _ in
      try await RawConnection.use(port) { connection, reader in
        let job = JSONValue.object(Publish.newJob).json
        for _ in 0..<3 {
          try await connection.send(
            "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + "Content-Length: \(job.utf8.count)\r\n\r\n\(job)")
          #expect(await reader.reads("\"uuid\":"))
          #expect(reader.text.hasPrefix("HTTP/1.1 201 Created"))
          reader.forget()
        }
        try await connection.send("HEAD /api/v1/stats HTTP/1.1\r\nHost: localhost\r\n\r\n")
        #expect(await reader.reads("\r\n\r\n"))
        #expect(!reader.text.contains("{") && reader.text.contains("Content-Length: "))
      }
    }
  }

  @Test func `a client that waits for leave to send gets it`() async throws {
    try await LiveServer.use(api) { port, _ in
      try await RawConnection.use(port) { connection, reader in
        try await connection.send(
          "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Expect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        #expect(await reader.reads("HTTP/1.1 100 Continue"))
        try await connection.send("{}")
        #expect(await reader.reads("HTTP/1.1 422"))
      }
    }
  }

  @Test(arguments: [
    "GET / HTTP/9.9\r\n\r\n", "\u{0}\u{1}\u{2}\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nX: \(String(repeating: "a", count: 20_000))\r\n\r\n",
    "GET / HTTP/1.1\r\n\(String(repeating: "X: y\r\n", count: 101))\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\nabc",
  ])
  func `what is no request is refused, and the connection ends`(_ text: String) async throws {
    try await LiveServer.use(api) { port, _ in
      try await RawConnection.use(port) { connection, reader in
        try await connection.send(text)
        await reader.readsToEnd()
        #expect(reader.text.isEmpty || reader.text.hasPrefix("HTTP/1.1 400"), "\(reader.text)")
      }
    }
  }

  @Test func `a body that isn't framed as it should be is the client's fault`() async throws {
    try await LiveServer.use(api) { port, _ in
      for body in ["zz\r\nabc\r\n", "5\r\nabcdefgh\r\n0\r\n\r\n"] {
        try await RawConnection.use(port) { connection, reader in
          try await connection.send(
            "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
              + "Transfer-Encoding: chunked\r\n\r\n\(body)")
          await reader.readsToEnd()
          #expect(reader.text.hasPrefix("HTTP/1.1 400"), "\(reader.text)")
        }
      }
    }
  }

  // MARK: Slow clients

  private static let hasty = {
    var patience = HTTPServer.Patience()
    patience.idle = .milliseconds(200)
    patience.body = .milliseconds(200)
    patience.write = .milliseconds(200)
    return patience
  }()

  @Test(arguments: [
    "", "GET /livez HTTP/1.1\r\nHost: local", "GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      + "Content-Length: 100\r\n\r\n{\"job",
  ])
  func `a client that says nothing more is cut off`(_ text: String) async throws {
    try await LiveServer.use(api, ServerTests.hasty) { port, _ in
      try await RawConnection.use(port) { connection, reader in
        try await connection.send(text)
        await reader.readsToEnd()
      }
    }
  }

  @Test func `a client that doesn't take its answers is cut off`() async throws {
    try await LiveServer.use(api, ServerTests.hasty) { port, _ in
      try await RawConnection.use(port, reads: false) { connection, _ in
        let request = "GET /api/openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
        // Who doesn't read hears of the end only by saying something more.
        await connection.sendsUntilItEnds(String(repeating: request, count: 2_000))
      }
    }
  }

  // MARK: Streams

  @Test func `a stop ends streams and idle connections`() async throws {
    try await LiveServer.use(api) { port, stop in
      try await RawConnection.use(port) { idle, idleReader in
        try await idle.get("/livez")
        #expect(await idleReader.reads("\"ok\""))
        try await RawConnection.use(port) { connection, reader in
          try await connection.get("/api/v1/events")
          #expect(await reader.reads("welcome"))
          #expect(reader.text.contains("Content-Type: text/event-stream"))
          await stop()
          await reader.readsToEnd()
          await idleReader.readsToEnd()
        }
      }
    }
    #expect(api.parts.feed.listeners == 0)
  }

  @Test func `500 listeners that drop leave nothing behind`() async throws {
    @Sendable func descriptors() -> Int {
      (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").count) ?? 0
    }
    let api = api
    try await LiveServer.use(api) { port, _ in
      let before = descriptors()
      for _ in 0..<5 {
        try await withThrowingTaskGroup(of: Void.self) { group in
          for _ in 0..<100 {
            group.addTask {
              try await RawConnection.use(port) { connection, reader in
                try await connection.get("/api/v1/events")
                #expect(await reader.reads("welcome"))
              }
            }
          }
          try await group.waitForAll()
        }
      }
      // The server hears of each end a moment later.
      for _ in 0..<1_000 where api.parts.feed.listeners > 0 || descriptors() > before + 5 {
        try await Task.sleep(for: .milliseconds(10))
      }
      #expect(api.parts.feed.listeners == 0)
      #expect(descriptors() <= before + 5)
    }
  }

  // MARK: Mounted

  @Test func `it is mounted under a path of another application`() async throws {
    let router = Router()
    router.get("hello") { _, _ in "hello" }
    CarillonAPI(
      store: MemoryStore(), catalog: HandlerCatalog(types: [Publish.self]),
      access: .trusted(.operator)
    ).addRoutes(to: router.group("admin").group("carillon"))
    try await Application(router: router).test(.router) { client in
      try await client.execute(uri: "/hello", method: .get) { #expect($0.status == .ok) }
      try await client.execute(
        uri: "/admin/carillon/api/v1/jobs", method: .post,
        headers: [.contentType: "application/json"],
        body: ByteBuffer(string: JSONValue.object(Publish.newJob).json)
      ) { response in
        #expect(response.status == .created)
        #expect(
          response.headers[.location]?.hasPrefix("/admin/carillon/api/v1/jobs/") == true)
      }
      try await client.execute(
        uri: "/admin/carillon/api/v1/jobs/\(UUID().text)", method: .delete
      ) { #expect($0.status == .forbidden) }
      try await client.execute(uri: "/admin/carillon/api/v1/nothing", method: .get) { response in
        #expect(response.status == .notFound)
        #expect(response.headers[.contentType] == "application/problem+json")
      }
      try await client.execute(uri: "/admin/carillon/api/openapi.json", method: .get) {
        let document = try JSONValue(json: Array($0.body.readableBytesView))
        #expect(document["servers"]?[0]?["url"] == "/admin/carillon")
      }
      try await client.execute(uri: "/admin/carillon", method: .get) { response in
        #expect(response.status == .permanentRedirect)
        #expect(response.headers[.location] == "carillon/")
      }
      for (uri, base) in [
        ("/admin/carillon/", "."), ("/admin/carillon/jobs", "."),
        ("/admin/carillon/jobs/\(UUID().text)", ".."),
      ] {
        try await client.execute(uri: uri, method: .get) { response in
          let page = Page(String(buffer: response.body))
          #expect(page.flaws.isEmpty && page.all("html").first?.attributes["data-base"] == base)
          let addresses = page.elements.compactMap { $0.attributes["href"] ?? $0.attributes["src"] }
          #expect(addresses.allSatisfy { $0.hasPrefix(base) || $0.hasPrefix("#") }, "\(uri)")
        }
      }
      let type = "a%2Fb"
      try await client.execute(
        uri: "/admin/carillon/api/v1/resources/\(type)/\(UUID().text)", method: .get
      ) { response in
        #expect(response.status == .ok)
        #expect(String(buffer: response.body).contains("\"a/b\""))
      }
    }
  }
}
