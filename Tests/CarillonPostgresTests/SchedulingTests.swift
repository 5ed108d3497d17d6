import Carillon
import CarillonTesting
import Foundation
import Testing

@testable import CarillonPostgres

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `Scheduling with SQL` {
  @Test(arguments: ["publish_post", "Publish", "OldPublish"])
  func `fills in what the handler's node has published`(_ handler: String) async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let node = try await test.join()
      try await test.store.leave(node)
      let rows = try await test.execute(
        "SELECT $schema.schedule('\(handler)', '\(test.resource.uuid.text)')")
      let uuid = try #require(rows.first).uuid(0)
      let job = try #require(try await test.store.job(uuid))
      #expect(job.handlerModule == (handler == "publish_post" ? "Publish" : handler))
      #expect(job.jobType == "publish_post" && job.resource == test.resource)
      #expect(job.queue == "mail" && job.priority == 7 && job.maxAttempts == 9)
      #expect(job.status == .pending && job.args == [:] && job.run == 1)
      #expect(job.uuid.uuid.6 >> 4 == 7)
      let statistics = try await test.store.statistics(known: [])
      #expect(statistics.jobs[.pending] == 1)
      #expect(try await test.claim(by: test.join()).map(\.uuid) == [job.uuid])
    }
  }

  @Test func `is undone with the transaction`() async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      try await test.store.pool.withConnection { connection in
        _ = try await connection.pipeline([
          PostgresStatement("BEGIN"),
          PostgresStatement(
            """
            SELECT \(test.store.schema("schedule"))('H', gen_random_uuid(), job_type => 'a',
              resource_type => 'b')
            """),
          PostgresStatement("ROLLBACK"),
        ])
      }
      #expect(try await test.store.jobs(JobQuery()).isEmpty)
      #expect(try await test.store.statistics(known: []).jobs[.pending] ?? 0 == 0)
    }
  }

  @Test(arguments: [
    ("'Unknown', gen_random_uuid()", "no node has ever published"),
    ("NULL, gen_random_uuid()", "must be given"),
    ("'Publish', gen_random_uuid(), args => '[1]'", "must be a JSON object"),
    ("'Publish', gen_random_uuid(), args => NULL", "must be a JSON object"),
    (#"'Publish', gen_random_uuid(), args => '{"a":"\u0000"}'"#, "can't be stored"),
    (#"'Publish', gen_random_uuid(), args => '{"a":"\ud800"}'"#, "can't be stored"),
    (
      "'Publish', gen_random_uuid(), args => json_build_object('a', repeat('x', 1048576))",
      "the limit is 1048576"
    ),
    (
      "'Publish', gen_random_uuid(), args => ('{\"a\":' || repeat('[', 200) || repeat(']', 200) "
        + "|| '}')::json", "128 levels"
    ),
    (#"'Publish', gen_random_uuid(), args => '{"a":1,"\u0061":2}'"#, "two members of one name"),
    (
      #"'Publish', gen_random_uuid(), args => '{"a":[0,{"b":1,"b":1}]}'"#, "two members of one name"
    ),
    ("'Publish', gen_random_uuid(), priority => -1", "out of range"),
    ("'Publish', gen_random_uuid(), max_attempts => 0", "out of range"),
    ("'Publish', gen_random_uuid(), queue => ''", "queue is empty"),
    ("'Publish', gen_random_uuid(), queue => E'a\\nb'", "control character"),
    ("'Publish', gen_random_uuid(), queue => repeat('x', 513)", "the limit is 512"),
    ("'Publish', gen_random_uuid(), scheduled_at => 'infinity'", "outside the years"),
  ])
  func `refuses what can't be a job`(_ arguments: String, _ message: String) async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      _ = try await test.join()
      let error = await TestServer.error {
        try await test.execute("SELECT $schema.schedule(\(arguments))")
      }
      #expect(error?.sqlState == "22023")
      #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }
  }

  /// PostgreSQL prefers what fits a call exactly, wherever on the path it is.
  @Test func `runs no function of another schema, whatever the search path`() async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let node = try await test.join()
      let other = "other_\(UUID().text.replacing("-", with: ""))"
      let answer = "LANGUAGE plpgsql AS 'BEGIN RAISE ''another ran''; END'"
      try await TestServer.withConnection { connection in
        try await connection.script(
          """
          CREATE SCHEMA \(other);
          CREATE FUNCTION \(other).jsonb_path_exists(jsonb, text) RETURNS boolean \(answer);
          CREATE FUNCTION \(other).set_bit(bytea, integer, integer) RETURNS bytea \(answer);
          CREATE FUNCTION \(other).times(bigint, interval) RETURNS interval \(answer);
          CREATE OPERATOR \(other).* (
            LEFTARG = bigint, RIGHTARG = interval, FUNCTION = \(other).times);
          """)
        let failure = await TestServer.error {
          try await connection.script(
            """
            SET search_path = \(other);
            SELECT \(test.store.schema("schedule"))('Publish', '\(test.resource.uuid.text)');
            """)
        }
        #expect(failure == nil)
      }
      let url = "\(TestServer.url ?? "")?options=-csearch_path%3D\(other)"
      let another = try await test.another(url: url, isOnDatabaseClock: true)
      let beat = try? await another.heartbeat(node, lease: .seconds(18), draining: false)
      #expect(beat == .renewed)
      try await test.execute("DROP SCHEMA \(other) CASCADE")
    }
  }

  @Test func `answers a repeated request, and refuses another of its uuid`() async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      _ = try await test.join()
      let uuid = UUID()
      func schedule(_ args: String) async throws {
        try await test.execute(
          """
          SELECT $schema.schedule('Publish', '\(test.resource.uuid.text)', args => '\(args)',
            uuid => '\(uuid.text)')
          """)
      }
      try await schedule(#"{"b":1,"a":2}"#)
      try await schedule(#"{"a":2,"b":1}"#)
      let error = await TestServer.error { try await schedule("{}") }
      #expect(error?.sqlState == SQLState.uniqueViolation)
      // A program that repeats it, with what its handler says, is answered, too.
      let args = try JobArguments(json: #"{"a":2,"b":1}"#)
      let same = try test.request(
        uuid: uuid, priority: 7, args: args, queue: "mail", maxAttempts: 9)
      #expect(try await test.store.insert([same]).map(\.uuid) == [uuid])
      await #expect(throws: StoreError.conflict(uuid: uuid)) {
        _ = try await test.store.insert([test.request(uuid: uuid)])
      }
    }
  }

  @Test(arguments: [false, true])
  func `compares all that is said with the job that has the uuid, whoever has made it`(
    isOfProgram: Bool
  ) async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      _ = try await test.join()
      let uuid = UUID()
      let at = test.clock.now() + .seconds(86_400)
      func request(
        at time: Instant, queue: String = "q", priority: Int = 5, maxAttempts: Int = 4
      ) throws -> JobRequest {
        try test.request(
          uuid: uuid, time: .at(time), priority: priority, queue: queue, maxAttempts: maxAttempts)
      }
      func schedule(_ said: String) async -> PostgresError? {
        await TestServer.error {
          try await test.execute(
            """
            SELECT $schema.schedule('Publish', '\(test.resource.uuid.text)',
              uuid => '\(uuid.text)'\(said))
            """)
        }
      }
      let all = """
        , scheduled_at => '\(at.rfc3339)', queue => 'q', priority => 5, max_attempts => 4
        """
      if isOfProgram {
        _ = try await test.store.insert([request(at: at)])
      } else {
        #expect(await schedule(all) == nil)
      }
      for same in [all, "", ", queue => 'q'", ", priority => 5"] {
        #expect(await schedule(same) == nil, "\(same)")
      }
      for other in [
        "scheduled_at => '\((at + .seconds(1)).rfc3339)'", "queue => 'mail'", "priority => 7",
        "max_attempts => 9",
      ] {
        let error = await schedule(", \(other)")
        #expect(error?.sqlState == SQLState.uniqueViolation, "\(other)")
        #expect(error?.message.contains(uuid.text) == true)
      }
      #expect(try await test.store.insert([request(at: at)]).map(\.uuid) == [uuid])
      for other in try [
        request(at: at + .seconds(1)), request(at: at, queue: "mail"),
        request(at: at, priority: 7), request(at: at, maxAttempts: 9),
      ] {
        await #expect(throws: StoreError.conflict(uuid: uuid)) {
          _ = try await test.store.insert([other])
        }
        let statement = test.store.schedulingStatement(for: other)
        let error = await TestServer.error {
          _ = try await test.store.pool.withConnection { connection in
            try await connection.query(PostgresStatement(statement.sql, all: statement.parameters))
          }
        }
        #expect(error?.sqlState == SQLState.uniqueViolation)
      }
      #expect(try await test.store.jobs(JobQuery()).count == 1)
    }
  }

  @Test func `is replaced in a schema of version 6`() async throws {
    try await TestStore.with { test in
      try await test.execute("DROP INDEX $schema.jobs_by_status")
      try await test.execute("DROP TABLE $schema.operation_effects")
      try await test.execute(
        "COMMENT ON FUNCTION $schema.store IS 'The same function, with its rights and comment.'")
      try await test.execute("ALTER FUNCTION $schema.schedule SET work_mem = '1MB'")
      try await test.execute("UPDATE $schema.meta SET value = '6' WHERE key = 'schema_version'")
      let store = try await test.another()
      #expect(store.foundSchemaVersion == 6)
      let rows = try await test.execute(
        """
        SELECT count(*), count(*) FILTER (WHERE proconfig::text LIKE '%work_mem%'),
          count(obj_description(oid)) FROM pg_proc
        WHERE pronamespace = '$schema'::regnamespace AND proname IN ('schedule', 'store')
        """)
      let row = try #require(rows.first)
      #expect(try [row.int(0), row.int(1), row.int(2)] == [2, 0, 1])
    }
  }

  @Test func `stores a program's request on any connection`() async throws {
    try await TestStore.with(isOnDatabaseClock: true) { test in
      let uuid = UUID()
      for time in [ScheduledTime.in(.seconds(60)), .at(test.clock.now()), .now] {
        let request = try test.request(
          uuid: time == .now ? uuid : UUID(), time: time, args: ["text": "it's \"quoted\" 🔔"])
        let statement = test.store.schedulingStatement(for: request)
        for _ in 0..<2 {
          _ = try await test.store.pool.withConnection { connection in
            try await connection.query(
              PostgresStatement(statement.sql, all: statement.parameters))
          }
        }
        // The same as when the store had stored it.
        let job = try #require(try await test.store.insert([request]).first)
        #expect(job.args == request.args && job.resource == request.resource)
        if case .at(let instant) = time { #expect(job.scheduledAt == instant) }
        if case .in(let delay) = time { #expect(job.scheduledAt == job.insertedAt + delay) }
      }
      #expect(try await test.store.statistics(known: []).jobs[.pending] == 3)
      await #expect(throws: StoreError.conflict(uuid: uuid)) {
        _ = try await test.store.insert([test.request(uuid: uuid)])
      }
    }
  }
}
