import Carillon
import Foundation
import Testing

#if canImport(FoundationNetworking)
  import FoundationNetworking
#endif

extension ProcessTests {
  /// `serve` with its HTTP API.
  @Suite(.serialized) struct HTTPTests {
    /// Starts `serve` on a free port; answers with it and the API's address.
    private func serve(in shop: Workshop) async throws -> (Process, String) {
      let node = try shop.start("serve", "--http", "127.0.0.1:0")
      var address: String?
      let isUp = try await eventually {
        address = shop.allLogs.firstMatch(of: /listens on (http:\/\/127\.0\.0\.1:\d+)/)
          .map { String($0.1) }
        return address != nil || !node.isRunning
      }
      #expect(isUp)
      return (node, try #require(address, "\(shop.allLogs)"))
    }

    private func ask(_ url: String, _ body: String? = nil) async throws -> (Int, JSONValue) {
      var request = URLRequest(url: try #require(URL(string: url)))
      if let body {
        request.httpMethod = "POST"
        request.httpBody = Data(body.utf8)
        request.setValue("application/json", forHTTPHeaderField: "Content-Type")
      }
      let (data, response) = try await URLSession.shared.data(for: request)
      let status = (response as? HTTPURLResponse)?.statusCode ?? 0
      return (status, (try? JSONValue(json: Array(data))) ?? .null)
    }

    @Test func `a job that is scheduled over HTTP runs`() async throws {
      let shop = try Workshop()
      let (node, address) = try await serve(in: shop)
      let (status, job) = try await ask(
        "\(address)/api/v1/jobs", #"{"job_type":"slow","resource_uuid":"\#(UUID().text)"}"#)
      #expect(status == 201)
      let uuid = try #require(job["uuid"]?.string)
      let isExecuted = try await eventually {
        try await ask("\(address)/api/v1/jobs/\(uuid)").1["status"] == "executed"
      }
      #expect(isExecuted)
      node.signal(SIGTERM)
      await node.ended()
      #expect(node.terminationStatus == 0)
    }

    @Test func `it answers while jobs end, and says that it drains`() async throws {
      let shop = try Workshop()
      let (node, address) = try await serve(in: shop)
      try await shop.schedule("slow", count: 1, extra: #", "args": {"ms": 3000}"#)
      #expect(try await eventually { try await shop.counts()["processing"] == 1 })
      node.signal(SIGTERM)
      #expect(try await eventually { try await ask("\(address)/readyz").0 == 503 })
      #expect(try await ask("\(address)/livez").0 == 200)
      await node.ended()
      #expect(node.terminationStatus == 0)
      #expect(try await shop.counts()["executed"] == 1)
    }

    @Test func `an address that was given and is taken ends it, with an error`() async throws {
      let shop = try Workshop()
      let (node, address) = try await serve(in: shop)
      let taken = String(address.dropFirst("http://".count))
      let second = try await shop.run("serve", "--http", taken)
      #expect(second.code == 1 && second.errors.contains(taken))
      node.signal(SIGTERM)
      await node.ended()
    }

    @Test func `the usual address may be taken`() async throws {
      let shop = try Workshop()
      // Whoever has it, two can't.
      let nodes = [try shop.start("serve"), try shop.start("serve")]
      #expect(try await eventually { shop.allLogs.contains("can't be listened on") })
      try await shop.schedule("slow", count: 4)
      #expect(try await eventually { try await shop.counts()["executed"] == 4 })
      for node in nodes {
        node.signal(SIGTERM)
        await node.ended()
        #expect(node.terminationStatus == 0)
      }
    }
  }
}

extension Workshop {
  /// All that processes in the background have said.
  fileprivate var allLogs: String {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasSuffix(".log") }.map { name in
      (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
    }.joined()
  }
}
