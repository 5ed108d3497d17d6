public import Carillon
import Dispatch
import Foundation
public import GRDB

/// Jobs in one SQLite file: no set-up, one machine, any number of processes.
///
/// WAL, `synchronous=FULL`: a job that was acknowledged survives a power cut. Writes go through one
/// connection per process in short transactions; rows are read, `Job.applying` decides, and the row
/// is written back, so that this store can't have rules of its own. Heartbeats have a connection to
/// themselves. Another process's insert is noticed within 50 ms.
public final class SQLiteStore: JobStore {
  public let location: String
  let clock: any SchedulerClock
  let signals = WakeUps()
  let gateMemory = GateMemory()
  /// Jobs: one writing connection, and reading ones where the writer is a pool.
  let writer: any DatabaseWriter
  /// Heartbeats; nil for a database in memory, which only `writer` can see.
  let control: DatabaseQueue?
  let watch: ChangeWatch?
  let checkpoints: CheckpointDuty?
  /// Nil for a database in memory.
  private let opened: OpenedFile?

  /// Opens the file, makes it if needed, and brings its tables to this version.
  ///
  /// Throws `unreachable` when it can't be opened or written, `newerSchema` when a newer Carillon
  /// made it.
  public convenience init(
    path: String, clock: any SchedulerClock = SystemClock()
  ) async throws(StoreError) {
    let location = "sqlite:\(path)"
    let pool = try await Blocking.run(location) {
      let pool = try DatabasePool(
        path: path, configuration: SQLiteStore.configuration(synchronous: "FULL"))
      // Once more: opening a pool sets NORMAL after the configuration has had its say, and then an
      // acknowledged job may be lost with the machine's power.
      try pool.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
      return pool
    }
    try await self.init(writer: pool, path: path, location: location, clock: clock, ownsFile: true)
  }

  /// Shares the application's own GRDB writer, so that jobs can be scheduled in its transactions.
  ///
  /// The application's connection settings stay as they are: durability is what it has chosen.
  public convenience init(
    writer: any DatabaseWriter, clock: any SchedulerClock = SystemClock()
  ) async throws(StoreError) {
    let path = writer.path
    try await self.init(
      writer: writer, path: path, location: "sqlite:\(path)", clock: clock, ownsFile: false)
  }

  private init(
    writer: any DatabaseWriter, path: String, location: String, clock: any SchedulerClock,
    ownsFile: Bool
  ) async throws(StoreError) {
    self.writer = writer
    self.location = location
    self.clock = clock
    try await Blocking.run(location) {
      // Looking needs no lock: what is current must open while another program writes.
      guard try writer.read(Schema.version(in:)) != Schema.version else { return }
      try writer.write { try Schema.migrate($0, location: location) }
    }
    guard !path.isEmpty, path != ":memory:", !path.hasPrefix("file:") else {
      (control, watch, checkpoints, opened) = (nil, nil, nil, nil)
      return
    }
    let (control, watch) = try await Blocking.run(location) {
      // A heartbeat needn't survive a power cut, so it doesn't wait for the disk.
      let configuration = SQLiteStore.configuration(synchronous: "NORMAL", isOurs: ownsFile)
      return (
        try DatabaseQueue(path: path, configuration: configuration),
        try DatabaseQueue(path: path, configuration: configuration)
      )
    }
    self.control = control
    self.watch = ChangeWatch(connection: watch, signals: signals)
    checkpoints = ownsFile ? CheckpointDuty(path: path, writer: writer) : nil
    opened = OpenedFile(path: path)
    checkpoints?.seek()
  }

  /// Brings the file's tables to this version; answers with the version before and after.
  public static func migrate(path: String) async throws(StoreError) -> (from: Int, to: Int) {
    let location = "sqlite:\(path)"
    return try await Blocking.run(location) {
      let queue = try DatabaseQueue(path: path, configuration: configuration(synchronous: "FULL"))
      let from = try queue.write { database in
        let found = try Schema.version(in: database)
        try Schema.migrate(database, location: location)
        return found
      }
      try queue.close()
      return (from, Schema.version)
    }
  }

  /// Closes the connections; what is still asked of the store fails.
  public func close() {
    watch?.stop()
    try? control?.close()
    // Empties the log, so that a copy of the file alone holds everything after a clean stop.
    if let checkpoints, checkpoints.isOurs { checkpoints.truncate() }
    checkpoints?.resign()
    try? writer.close()
  }

  deinit { watch?.stop() }

  /// Seconds to wait for a lock. Another process's batch is over in milliseconds; a backup tool may
  /// hold the file for seconds.
  static let busyTimeout: TimeInterval = 15

  static func configuration(synchronous: String, isOurs: Bool = true) -> Configuration {
    var configuration = Configuration()
    configuration.label = "carillon"
    configuration.maximumReaderCount = 2
    configuration.busyMode = .timeout(busyTimeout)
    // An application's own file keeps the journal that the application has chosen.
    configuration.journalMode = isOurs ? .wal : .default
    configuration.prepareDatabase { database in
      try database.execute(
        sql: """
          PRAGMA synchronous = \(synchronous);
          PRAGMA wal_autocheckpoint = 0;
          PRAGMA journal_size_limit = 67108864;
          PRAGMA mmap_size = 0;
          PRAGMA cache_size = -8192;
          """)
    }
    return configuration
  }

  public func now() async throws(StoreError) -> Instant { clock.now() }
  public func wakeUps() -> AsyncStream<Void> { signals.stream() }
}

// MARK: Transactions

extension SQLiteStore {
  /// Runs `body` in a write transaction with this store's bookkeeping.
  func write<Answer: Sendable>(
    _ operation: String, _ body: @escaping @Sendable (inout Ledger) throws -> Answer
  ) async throws(StoreError) -> Answer {
    do {
      return try await transact(body)
    } catch {
      throw StoreError(error, operation: operation, location: location)
    }
  }

  /// As `write`, with errors as they come from below.
  func transact<Answer: Sendable>(
    _ body: @escaping @Sendable (inout Ledger) throws -> Answer
  ) async throws -> Answer {
    try checkFile()
    // Known here, and not on the thread that writes.
    let actor = AuditActor.current
    let (answer, hasReleased) = try await writer.write { [clock] database in
      var ledger = Ledger(database: database, now: clock.now(), actor: actor)
      let answer = try body(&ledger)
      try ledger.close()
      return (answer, ledger.hasReleased)
    }
    if hasReleased { signals.signal() }
    return answer
  }

  /// Throws `unreachable` when the file isn't what its path leads to any more.
  func checkFile() throws(StoreError) { try opened?.check(location: location) }

  func read<Answer: Sendable>(
    _ operation: String, _ body: @escaping @Sendable (Database, Instant) throws -> Answer
  ) async throws(StoreError) -> Answer {
    do {
      try checkFile()
      return try await writer.read { [clock] database in try body(database, clock.now()) }
    } catch {
      throw StoreError(error, operation: operation, location: location)
    }
  }
}

/// Runs what blocks on a thread that may.
enum Blocking {
  private static let pause: TimeInterval = 0.02

  /// `body` has to stand being begun again: it is, for as long as one waits for a lock. SQLite itself
  /// doesn't wait for the one that turns a file's journal into a log, since two that wait with a read
  /// lock in hand would do so for ever.
  static func run<Answer: Sendable>(
    _ location: String, _ body: @escaping @Sendable () throws -> Answer
  ) async throws(StoreError) -> Answer {
    let result: Result<Answer, StoreError> = await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        let deadline = ContinuousClock.now + .seconds(SQLiteStore.busyTimeout)
        while true {
          do {
            return continuation.resume(returning: .success(try body()))
          } catch let error as DatabaseError
            where error.resultCode.primaryResultCode == .SQLITE_BUSY
            && ContinuousClock.now < deadline
          {
            Thread.sleep(forTimeInterval: pause)
          } catch {
            return continuation.resume(
              returning: .failure(
                StoreError(error, operation: "open the file", location: location)))
          }
        }
      }
    }
    return try result.get()
  }
}

extension StoreError {
  /// What an error from below means to the store's users.
  init(_ error: any Error, operation: String, location: String) {
    switch error {
    case let error as StoreError: self = error
    case let error as DatabaseError:
      let why = error.message ?? "\(error.resultCode)"
      if let refusal = Gate.refusal(why, location: location) {
        self = refusal
        return
      }
      switch error.resultCode.primaryResultCode {
      case .SQLITE_CANTOPEN, .SQLITE_NOTADB, .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH,
        .SQLITE_CORRUPT:
        self = .unreachable(store: location, why: why)
      default:
        self = .failed(operation: operation, why: why)
      }
    default: self = .failed(operation: operation, why: "\(error)")
    }
  }
}
