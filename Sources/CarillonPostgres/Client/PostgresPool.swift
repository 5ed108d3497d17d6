import Logging
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// A bounded set of connections, opened when needed, in two lanes that never wait for each other.
final class PostgresPool: Sendable {
  enum Lane: String, Sendable, CaseIterable { case work, reserved }

  struct Census: Sendable, Equatable {
    var open = 0
    var idle = 0
    var waiting = 0
  }

  private struct State {
    var lanes: [Lane: PoolLane]
    var given: [ObjectIdentifier: Result<PostgresConnection, PostgresError>] = [:]
    var isClosed = false
    /// The outage has been logged.
    var isReported = false
    /// The server has been reached before.
    var hasOpened = false

    /// Connections that are still being made close by themselves.
    var isDrained: Bool { lanes.values.allSatisfy { $0.open == 0 } }
  }

  let configuration: PostgresConfiguration
  private let logger: Logger
  private let state: Mutex<State>
  private let closing = Signal()
  private let drained = Signal()

  init(configuration: PostgresConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
    state = Mutex(
      State(lanes: [
        .work: PoolLane(limit: max(configuration.poolSize, 1)),
        .reserved: PoolLane(limit: max(configuration.reservedSize, 1)),
      ]))
  }

  // MARK: Using

  /// Runs `body` with a connection that is its own until it returns. Waiting is first come, first
  /// served, until the deadline.
  nonisolated(nonsending) func withConnection<Value>(
    _ lane: Lane = .work, deadline: ContinuousClock.Instant? = nil,
    _ body: nonisolated(nonsending) (PostgresConnection) async throws -> Value
  ) async throws -> Value {
    let connection = try await take(lane, deadline)
    defer { giveBack(connection, lane) }
    return try await body(connection)
  }

  /// One statement on any connection.
  nonisolated(nonsending) func query<each Parameter: PostgresValue>(
    _ sql: String, _ values: repeat each Parameter, lane: Lane = .work,
    deadline: ContinuousClock.Instant? = nil
  ) async throws(PostgresError) -> Rows {
    let statement = try PostgresStatement(sql, repeat each values)
    let connection = try await take(lane, deadline)
    defer { giveBack(connection, lane) }
    return try await connection.query(statement, deadline: deadline)
  }

  /// One round trip on any connection; see `PostgresConnection.pipeline`.
  nonisolated(nonsending) func pipeline(
    _ statements: [PostgresStatement], isolation: IsolationLevel? = nil,
    last: PostgresStatement? = nil, lane: Lane = .work,
    deadline: ContinuousClock.Instant? = nil
  ) async throws(PostgresError) -> [Rows] {
    let connection = try await take(lane, deadline)
    defer { giveBack(connection, lane) }
    return try await connection.pipeline(
      statements, isolation: isolation, last: last, deadline: deadline)
  }

  func census(_ lane: Lane) -> Census {
    state.withLock { state in
      guard let lane = state.lanes[lane] else { return Census() }
      return Census(open: lane.open, idle: lane.idle.count, waiting: lane.waiters.count)
    }
  }

  /// Fails who waits, closes what is idle, and waits until the others have come back; after `grace`
  /// those are closed too, which fails what they are doing.
  func close(grace: Duration = .seconds(5)) async {
    let (idle, waiters, isDrained) = state.withLock { state in
      state.isClosed = true
      var idle: [PostgresConnection] = []
      var all: [PoolLane.Waiter] = []
      for lane in Lane.allCases {
        guard let (connections, waiters) = state.lanes[lane]?.takeAll() else { continue }
        idle += connections
        all += waiters
        for waiter in waiters { state.given[ObjectIdentifier(waiter)] = .failure(closedError) }
      }
      return (idle, all, state.isDrained)
    }
    closing.raise()
    for waiter in waiters { waiter.signal.raise() }
    for connection in idle { await connection.close() }
    if !isDrained { _ = await PostgresIO.thread.wait(until: .now + grace, heeding: drained) }
    for connection in used.withLock({ Array($0.values) }) { await connection.close() }
  }

  /// Those that are out, for the end of `close`.
  private let used = Mutex<[ObjectIdentifier: PostgresConnection]>([:])

  private var closedError: PostgresError {
    PostgresError(.closed, "The pool of connections has been closed.", at: configuration.location)
  }

  // MARK: Taking

  private nonisolated(nonsending) func take(
    _ lane: Lane, _ deadline: ContinuousClock.Instant?
  ) async throws(PostgresError) -> PostgresConnection {
    let connection = try await find(lane, deadline ?? .now + configuration.poolTimeout)
    used.withLock { $0[ObjectIdentifier(connection)] = connection }
    return connection
  }

  private nonisolated(nonsending) func find(
    _ lane: Lane, _ deadline: ContinuousClock.Instant
  ) async throws(PostgresError) -> PostgresConnection {
    guard !Task.isCancelled else { throw cancelledError }
    let waiter = PoolLane.Waiter()
    while let idle = try state.withLock({ (state) throws(PostgresError) in
      if state.isClosed { throw closedError }
      return state.lanes[lane]?.takeIdle(orWait: waiter)
    }) {
      if idle.isQuiet { return idle }
      drop(idle, lane)
    }
    openIfNeeded(lane)
    await withTaskCancellationHandler {
      _ = await PostgresIO.thread.wait(until: deadline, heeding: waiter.signal)
    } onCancel: {
      waiter.signal.raise()
    }
    let (given, stillWaited) = state.withLock { state in
      (
        state.given.removeValue(forKey: ObjectIdentifier(waiter)),
        state.lanes[lane]?.giveUp(waiter) ?? false
      )
    }
    guard let given else {
      if Task.isCancelled { throw cancelledError }
      if !stillWaited { throw closedError }
      throw exhausted(lane)
    }
    // A connection that came together with the cancellation is used: the statement will see that.
    return try given.get()
  }

  private var cancelledError: PostgresError {
    PostgresError(
      .cancelled, "The task was cancelled while it waited for a connection.",
      at: configuration.location)
  }

  private func exhausted(_ lane: Lane) -> PostgresError {
    let census = census(lane)
    let why =
      census.open == 0
      ? "No connection could be made in time: the server has neither accepted nor refused one. "
        + "Look at its load and at the network, or raise pool_timeout."
      : "No connection became free in time: \(census.open) of the lane \(lane.rawValue) are open "
        + "and in use, and \(census.waiting) more wait. Raise pool_size, or look for slow statements."
    return PostgresError(.poolExhausted, why, at: configuration.location)
  }

  // MARK: Giving back

  private func giveBack(_ connection: PostgresConnection, _ lane: Lane) {
    _ = used.withLock { $0.removeValue(forKey: ObjectIdentifier(connection)) }
    switch connection.condition {
    case .clean: offer(connection, lane)
    case .broken: drop(connection, lane)
    case .dirty:
      Task { @PostgresIO in
        await connection.tidy()
        if connection.condition == .clean {
          offer(connection, lane)
        } else {
          drop(connection, lane)
        }
      }
    }
  }

  private func offer(_ connection: PostgresConnection, _ lane: Lane) {
    let now = ContinuousClock.now
    guard now - connection.openedAt < configuration.maximumAge else {
      return drop(connection, lane)
    }
    let (waiter, old, isClosed) = state.withLock { state in
      if state.isClosed { return (nil as PoolLane.Waiter?, [PostgresConnection](), true) }
      let waiter = state.lanes[lane]?.offer(connection, at: now)
      if let waiter { state.given[ObjectIdentifier(waiter)] = .success(connection) }
      let old = state.lanes[lane]?.takeIdle(since: now - configuration.idleTimeout)
      return (waiter, old ?? [], false)
    }
    if isClosed { return drop(connection, lane) }
    waiter?.signal.raise()
    close(old)
  }

  private func drop(_ connection: PostgresConnection, _ lane: Lane) {
    let isDrained = state.withLock { state in
      state.lanes[lane]?.closed()
      return state.isClosed && state.isDrained
    }
    close([connection])
    if isDrained { drained.raise() } else { openIfNeeded(lane) }
  }

  private func close(_ connections: [PostgresConnection]) {
    guard !connections.isEmpty else { return }
    Task { @PostgresIO in for connection in connections { connection.close() } }
  }

  // MARK: Opening

  private func openIfNeeded(_ lane: Lane) {
    let time = state.withLock { state in
      state.isClosed ? nil : state.lanes[lane]?.shouldOpen(at: .now)
    }
    guard let time else { return }
    Task { @PostgresIO in
      if time > .now { _ = await PostgresIO.thread.wait(until: time, heeding: closing) }
      do throws(PostgresError) {
        if closing.isRaised { throw closedError }
        let connection = try await PostgresConnection.open(configuration)
        opened(connection, lane)
      } catch {
        failed(error, lane)
      }
    }
    // There may be more who wait.
    openIfNeeded(lane)
  }

  private func opened(_ connection: PostgresConnection, _ lane: Lane) {
    let wasReported = state.withLock { state in
      state.lanes[lane]?.opened()
      state.hasOpened = true
      defer { state.isReported = false }
      return state.isReported
    }
    if wasReported {
      logger.notice("PostgreSQL answers again", metadata: ["server": "\(configuration.location)"])
    }
    offer(connection, lane)
    openIfNeeded(lane)
  }

  private func failed(_ error: PostgresError, _ lane: Lane) {
    let (waiters, isNew) = state.withLock { state in
      let waiters = state.lanes[lane]?.failedToOpen(at: .now) ?? []
      for waiter in waiters { state.given[ObjectIdentifier(waiter)] = .failure(error) }
      // Who opens a store gets the error itself.
      guard state.hasOpened else { return (waiters, false) }
      defer { state.isReported = true }
      return (waiters, !state.isReported && !state.isClosed)
    }
    // Once for an outage, not for every attempt.
    if isNew { logger.warning("PostgreSQL can't be reached", metadata: ["error": "\(error)"]) }
    for waiter in waiters { waiter.signal.raise() }
    openIfNeeded(lane)
  }
}

extension PostgresConnection {
  /// Whether nothing came while it was idle; a server that goes away says so.
  fileprivate nonisolated var isQuiet: Bool {
    guard condition == .clean else { return false }
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return poll(&entry, 1, 0) == 0
  }
}
