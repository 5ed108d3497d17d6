import Carillon
import CarillonSQLite
import Foundation
import GRDB
import Testing

@Suite struct `A job stored in the application's own transaction` {
  private let database: DatabaseQueue
  private let store: SQLiteStore

  init() async throws {
    // In memory no other connection can see a commit, so a wake-up comes from the transaction.
    database = try DatabaseQueue()
    store = try await SQLiteStore(writer: database)
    try await database.write { try $0.execute(sql: "CREATE TABLE posts (title TEXT NOT NULL)") }
  }

  private static func request() throws -> JobRequest {
    try JobRequest(
      uuid: UUID(), jobType: "publish_post", handlerModule: "Publish",
      resource: Resource("post", UUID()))
  }

  @Test func `doesn't exist when that is rolled back`() async throws {
    struct Regret: Error {}
    await #expect(throws: Regret.self) {
      try await database.write { [store] database in
        try database.execute(sql: "INSERT INTO posts VALUES ('Hello')")
        try store.schedule(Self.request(), in: database)
        throw Regret()
      }
    }
    #expect(try await store.jobs(JobQuery()).isEmpty)
    #expect(try await store.statistics(known: []).jobs[.pending] ?? 0 == 0)
  }

  @Test func `doesn't exist when only its savepoint is rolled back`() async throws {
    try await database.write { [store] database in
      try store.schedule(Self.request(), in: database)
      try database.inSavepoint {
        try store.schedule(Self.request(), in: database)
        return .rollback
      }
    }
    #expect(try await store.jobs(JobQuery()).count == 1)
    #expect(try await store.statistics(known: []).jobs[.pending] == 1)
  }

  @Test func `wakes schedulers when that commits, and not before`() async throws {
    var wakeUps = store.wakeUps().makeAsyncIterator()
    let uuid = try await database.write { [store] database in
      try database.execute(sql: "INSERT INTO posts VALUES ('Hello')")
      return try store.schedule(Self.request(), in: database).uuid
    }
    #expect(await wakeUps.next() != nil)
    #expect(try await store.job(uuid)?.status == .pending)
  }
}
