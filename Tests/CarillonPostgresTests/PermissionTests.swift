import Carillon
import CarillonTesting
import Foundation
import Testing

@testable import CarillonPostgres

/// What docs/guides/postgresql.md says in SQL is run here, word for word.
@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `The guide's SQL` {
  /// A block after `<!-- check: NAME -->`.
  private func block(_ name: String) throws -> String {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let text = try String(
      contentsOf: root.appending(path: "docs/guides/postgresql.md"), encoding: .utf8)
    let after = try #require(text.range(of: "<!-- check: \(name) -->\n```sql\n"))
    let end = try #require(text[after.upperBound...].range(of: "```"))
    return String(text[after.upperBound..<end.lowerBound])
  }

  private func url(_ role: String) throws -> String {
    let url = try #require(TestServer.url)
    return url.replacing("carillon@", with: "\(role)@")
  }

  /// Lends a store in the schema `carillon`, with the guide's roles.
  private func withRoles(
    _ body: (_ owner: PostgresStore) async throws -> Void
  ) async throws {
    let owner = try await PostgresStore(
      url: "\(TestServer.url ?? "")?pool_timeout=60", logger: TestServer.logger)
    let roles = ["jobs", "carillon_node", "carillon_scheduler"]
    func remove() async throws {
      try await run("DROP SCHEMA carillon CASCADE", owner)
      for role in roles { try await run("DROP OWNED BY \(role); DROP ROLE \(role)", owner) }
      await owner.close()
    }
    do {
      try await run(block("roles"), owner)
      try await run("CREATE ROLE carillon_scheduler LOGIN", owner)
      // Here the tables are the test's own role's.
      try await run(
        block("grants").replacing("FOR ROLE jobs", with: "FOR ROLE CURRENT_USER"), owner)
      try await run(block("scheduler"), owner)
      try await body(owner)
    } catch {
      try? await remove()
      throw error
    }
    try await remove()
  }

  private func run(_ sql: String, _ store: PostgresStore) async throws {
    try await store.pool.withConnection { try await $0.script(sql) }
  }

  @Test func `lets a node do all that a node does, and no more`() async throws {
    try await withRoles { owner in
      let store = try await PostgresStore(url: url("carillon_node"), logger: TestServer.logger)
      let key = HandlerKey(handlerModule: "H", resourceType: "post")
      let published = PublishedHandler(
        handlerModule: "H", jobType: "publish_post", resourceType: "post")
      let node = Node(
        uuid: UUID(), name: "h:1", startedAt: try await store.now(), catalogue: [published],
        queues: .all(10), leaseExpiresAt: try await store.now())
      try await store.join(node, lease: .seconds(30))
      #expect(
        try await store.heartbeat(node.uuid, lease: .seconds(30), draining: false) == .renewed)
      let request = try JobRequest(
        uuid: UUID(), jobType: "publish_post", handlerModule: "H",
        resource: Resource("post", UUID()))
      _ = try await store.insert([request])
      let claim = ClaimRequest(keys: [key], free: .all(10), idle: true)
      let claimed = try await store.exchange([], claim: claim, by: node.uuid).claimed
      let job = try #require(claimed.first)
      let attempt = try #require(Attempt(running: job))
      _ = try await store.report([attempt])
      let settlement = Settlement(
        fence: try #require(job.fence), transition: .succeed(result: "1"), attempt: attempt)
      let answers = try await store.exchange([settlement], claim: claim, by: node.uuid).answers
      guard case .applied = answers.first else {
        Issue.record("\(answers)")
        return
      }
      _ = try await store.apply(.reschedule(.in(.seconds(60))), to: job.uuid)
      _ = try await store.cancelJobs(for: job.resource, reason: "enough")
      _ = try await store.holdUnresolved(limit: 10)
      _ = try await store.giveUpUnresolved(after: .seconds(1), limit: 10)
      _ = try await store.rescue(node.uuid, at: 0)
      try await store.maintain()
      _ = try await store.statistics(known: [])
      // The minute may have changed since the job ended.
      let counts = try await store.minuteCounts(from: node.startedAt, to: try await store.now())
      #expect(!counts.isEmpty)
      _ = try await store.diagnose()
      #expect(try await store.prune(olderThan: .zero, statuses: [.cancelled], limit: 10) == 1)
      try await store.leave(node.uuid)
      await #expect(throws: (any Error).self) { try await run("DROP TABLE carillon.jobs", store) }
      await #expect(throws: (any Error).self) {
        try await run("CREATE TABLE carillon.more (a int)", store)
      }
      await store.close()
    }
  }

  @Test func `lets an application schedule in its transaction, and no more`() async throws {
    try await withRoles { owner in
      try await run("CREATE TABLE public.posts (id uuid, title text)", owner)
      try await run("GRANT ALL ON public.posts TO carillon_scheduler", owner)
      let node = Node(
        uuid: UUID(), name: "h:1", startedAt: try await owner.now(),
        catalogue: [
          PublishedHandler(
            handlerModule: "Blog.Publish", jobType: "publish_post", resourceType: "post")
        ],
        queues: .all(10), leaseExpiresAt: try await owner.now())
      try await owner.join(node, lease: .seconds(30))
      // Not a store, which would look at the schema's version: plain SQL, as from any language.
      let application = try TestServer.pool(url("carillon_scheduler"))
      func apply(_ sql: String) async throws {
        try await application.withConnection { try await $0.script(sql) }
      }
      try await apply(block("schedule"))
      let jobs = try await owner.jobs(JobQuery())
      #expect(jobs.map(\.handlerModule) == ["Blog.Publish"])
      #expect(jobs.map(\.priority) == [5])
      for forbidden in [
        "DELETE FROM carillon.jobs", "UPDATE carillon.jobs SET priority = 9",
        "SELECT * FROM carillon.attempts",
      ] {
        await #expect(throws: (any Error).self) { try await apply(forbidden) }
      }
      await application.close(grace: .zero)
      try await run("DROP TABLE public.posts", owner)
    }
  }

  @Test func `shows what is to be watched`() async throws {
    try await withRoles { _ in
      let store = try await PostgresStore(url: url("carillon_node"), logger: TestServer.logger)
      for sql in try block("monitoring").split(separator: ";\n") {
        _ = try await store.pool.query(String(sql))
      }
      await store.close()
    }
  }
}
