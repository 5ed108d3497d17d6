import Carillon
import Foundation
import Testing

@testable import CarillonPostgres

@Suite(.enabled(if: TestServer.isThere))
struct ListenerTests {
  @Test func `a notification arrives, and a probe says how fast`() async throws {
    try await TestServer.withPool { pool in
      let listener = PostgresListener(
        configuration: try TestServer.configuration(), logger: TestServer.logger)
      let channel = "channel_\(UUID().hex)"
      var events = await listener.events(of: channel).makeAsyncIterator()
      #expect(await events.next() == .connected)
      for number in 0..<3 {
        _ = try await pool.query("SELECT pg_notify($1, $2)::text", channel, "\(number)")
      }
      for number in 0..<3 {
        #expect(await events.next() == .notification(payload: "\(number)"))
      }
      let time = try await listener.probe(through: pool, deadline: .now + .seconds(60))
      #expect(time < .seconds(60))
      await listener.close()
      #expect(await events.next() == nil)
    }
  }

  @Test(.enabled(if: TestServer.pooledURL != nil))
  func `a probe notices a pooler, and a listen URL leads around it`() async throws {
    let pooled = try #require(TestServer.pooledURL)
    try await TestServer.withPool(pooled) { pool in
      let deaf = PostgresListener(configuration: pool.configuration, logger: TestServer.logger)
      let error = await TestServer.error {
        _ = try await deaf.probe(through: pool, deadline: .now + .seconds(3))
      }
      #expect(error != nil)
      await deaf.close()
      let url = try #require(TestServer.url)
      let configuration = try PostgresConfiguration("\(pooled)?listen_url=\(url)")
      let listener = PostgresListener(
        configuration: try configuration.listening(), logger: TestServer.logger)
      _ = try await listener.probe(through: pool, deadline: .now + .seconds(60))
      await listener.close()
    }
  }
}
