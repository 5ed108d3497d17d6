public import Carillon
import Foundation
public import Logging
import Synchronization

/// Jobs in a PostgreSQL database (13 or newer): any number of machines.
///
/// Claims take `FOR UPDATE SKIP LOCKED`, so nodes share the work without waiting for each other; the
/// database's clock decides what is due. Rows are read, `Job.applying` decides, and what it says is
/// written in batches, so that this store can't have rules of its own. Heartbeats have connections to
/// themselves.
public final class PostgresStore: JobStore {
  /// The server and database, without a password.
  public let location: String
  let pool: PostgresPool
  let schema: Schema
  let sql: SQL
  /// The schema's version before it was brought to this program's.
  let foundSchemaVersion: Int
  /// Tells the time instead of the database, for tests.
  let clock: (any SchedulerClock)?
  let logger: Logger
  let signals = WakeUps()
  let news = News()
  let gateMemory = GateMemory()
  let listener: PostgresListener
  let announcer: Announcer
  let watch: ChangeWatch
  /// Rows that no update can touch: claims step over them. Few, or something is very wrong.
  let untouchable = Mutex<Set<UUID>>([])
  /// Where the last claimed job stood: the next one most likely stands there too.
  let lastLevel = Mutex<ReadyJobs.Level?>(nil)
  let frontier = Mutex(Frontier())
  /// Goes only forward, and is nobody's to set: by it the database is spared, not jobs run.
  let began = ContinuousClock.now

  /// Connects, makes the tables if needed, and brings them to this version.
  ///
  /// `url` is a connection string of libpq's, and every `PG*` variable counts; Carillon's own
  /// parameters in it are `schema` (`carillon`), `pool_size` (8), `reserved_size` (2),
  /// `statement_timeout` (30) and `pool_timeout` (10) in seconds, `poll` in milliseconds (500: how
  /// often to look where no notification comes), and behind a pooler `pooler=transaction` and
  /// `listen_url`.
  ///
  /// Throws `unreachable` when the database can't be reached or written, `newerSchema` when a newer
  /// Carillon made the tables.
  public convenience init(
    url: String, logger: Logger = Logger(label: "carillon.postgres")
  ) async throws(StoreError) {
    try await self.init(url: url, schema: nil, clock: nil, logger: logger)
  }

  package init(
    url: String, schema: String?, clock: (any SchedulerClock)?,
    logger: Logger = Logger(label: "carillon.postgres")
  ) async throws(StoreError) {
    let configuration: PostgresConfiguration
    let listening: PostgresConfiguration
    do throws(PostgresError) {
      configuration = try PostgresConfiguration(url)
      listening = try configuration.listening()
    } catch {
      throw .unreachable(store: error.location, why: error.message)
    }
    location = configuration.location
    self.schema = Schema(schema ?? configuration.schema)
    self.clock = clock
    self.logger = logger
    sql = SQL(self.schema)
    pool = PostgresPool(configuration: configuration, logger: logger)
    listener = PostgresListener(configuration: listening, logger: logger)
    announcer = Announcer(pool: pool, channel: self.schema.channel, logger: logger)
    watch = ChangeWatch(
      listener: listener, channel: self.schema.channel, announcer: announcer, signals: signals,
      news: news, poll: configuration.poll)
    do throws(StoreError) {
      foundSchemaVersion = try await Migrator(pool: pool, schema: self.schema).migrate()
    } catch {
      await pool.close(grace: .zero)
      throw error
    }
  }

  /// Closes the connections when what is under way has ended; what is still asked of the store fails.
  public func close() async {
    watch.stop()
    await announcer.stop()
    await listener.close()
    await pool.close()
  }

  deinit {
    watch.stop()
    Task { [listener, pool] in
      await listener.close()
      await pool.close()
    }
  }

  public func wakeUps() -> AsyncStream<Void> {
    let stream = signals.stream()
    watch.start()
    return stream
  }

  public func now() async throws(StoreError) -> Instant {
    if let clock { return clock.now() }
    return try await read("tell the time", []) { now, _ in now }
  }

  /// Steps over a damaged row that can't even be held.
  func setAside(_ uuid: UUID) {
    let isNew = untouchable.withLock { rows in
      // Bounded: where thousands are damaged, stepping over them would cost too much.
      rows.count < 1_000 && rows.insert(uuid).inserted
    }
    if isNew {
      logger.error(
        "A damaged row breaks a constraint and can't be claimed or held. Mend or delete it.",
        metadata: ["job": "\(uuid.text)"])
    }
  }

  /// How long this store has been in use.
  var uptime: Duration { began.duration(to: .now) }

  /// Anything may have become due, or been asked to end: known here at once, and elsewhere soon.
  func changed() {
    frontier.withLock { $0.forget() }
    tell()
  }

  /// These jobs are ready from their `run_at` on, and nothing else has changed. `isAnnounced`: the
  /// others have been told.
  func changed(ready jobs: [Job], at now: Instant, isAnnounced: Bool = false) {
    // The time is taken within, so that notes are in order of it.
    frontier.withLock { $0.note(jobs, at: uptime) }
    if isFarAhead(jobs.lazy.map(\.runAt).min(), at: now) {
      signals.signal()
    } else {
      tell(isAnnounced: isAnnounced)
    }
  }

  /// Known here at once, and elsewhere soon.
  func tell(isAnnounced: Bool = false) {
    news.hear()
    signals.signal()
    if !isAnnounced { announcer.announce() }
  }

  /// Whether something is due so late that it is found in time by looking now and then.
  func isFarAhead(_ dueAt: Instant?, at now: Instant?) -> Bool {
    if let dueAt, let now { dueAt - now > ChangeWatch.interval } else { false }
  }
}
