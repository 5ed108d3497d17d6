import CLibPQ
import Logging

/// What a listener tells about a channel.
enum ListenerEvent: Sendable, Hashable {
  /// From now on notifications arrive; what was sent before may have been missed.
  case connected
  case notification(payload: String)
  /// Nothing arrives until `connected` comes again.
  case disconnected(PostgresError)
}

/// Listens for notifications on a connection of its own, which it makes anew when it breaks.
///
/// Runs from the first call of `events` to `close`.
@PostgresIO
final class PostgresListener {
  /// A connection that is silent for so long is asked whether it still lives.
  static let pulse: Duration = .seconds(15)
  private static let pulseTimeout: Duration = .seconds(5)

  private struct Channel {
    var isListening = false
    var listeners: [Int: AsyncStream<ListenerEvent>.Continuation] = [:]
  }

  private let configuration: PostgresConfiguration
  private let logger: Logger
  private var channels: [String: Channel] = [:]
  private var next = 0
  private var connection: PostgresConnection?
  private var task: Task<Void, Never>?
  private var isClosed = false
  /// Raised to end the loop's wait; a new one for each.
  private var changed = Signal()
  private let probeChannel = "carillon_probe_\(String(UInt64.random(in: 0 ... .max), radix: 36))"
  private var probes: [String: Signal] = [:]

  nonisolated init(configuration: PostgresConfiguration, logger: Logger) {
    self.configuration = configuration
    self.logger = logger
  }

  var isConnected: Bool { connection != nil }

  /// The events of a channel, from `connected` on.
  func events(of channel: String) -> AsyncStream<ListenerEvent> {
    let (stream, continuation) = AsyncStream.makeStream(
      of: ListenerEvent.self, bufferingPolicy: .bufferingNewest(1_024))
    guard !isClosed else {
      continuation.finish()
      return stream
    }
    next += 1
    let id = next
    channels[channel, default: Channel()].listeners[id] = continuation
    if channels[channel]?.isListening == true { continuation.yield(.connected) }
    continuation.onTermination = { [weak self] _ in
      Task { @PostgresIO in self?.channels[channel]?.listeners[id] = nil }
    }
    start()
    return stream
  }

  /// Sends a notification through `pool` and waits for it to come: how long that took.
  ///
  /// Throws where nothing arrives, as through a pooler that changes servers.
  func probe(
    through pool: PostgresPool, deadline: ContinuousClock.Instant
  ) async throws(PostgresError) -> Duration {
    if channels[probeChannel] == nil { channels[probeChannel] = Channel() }
    start()
    let begin = ContinuousClock.now
    let token = String(UInt64.random(in: 0 ... .max), radix: 36)
    let heard = Signal()
    probes[token] = heard
    defer { probes[token] = nil }
    while channels[probeChannel]?.isListening != true {
      guard begin.duration(to: .now) < begin.duration(to: deadline), !Task.isCancelled, !isClosed
      else { throw silent("The listener isn't connected.") }
      _ = await PostgresIO.thread.wait(until: .now + .milliseconds(10))
    }
    let sent = ContinuousClock.now
    _ = try await pool.query(
      "SELECT pg_notify($1, $2)::text", probeChannel, token, deadline: deadline)
    guard await PostgresIO.thread.wait(until: deadline, heeding: heard) == .raised else {
      throw silent("A notification was sent and didn't arrive.")
    }
    return sent.duration(to: .now)
  }

  /// Ends all streams and the connection.
  func close() async {
    isClosed = true
    changed.raise()
    await task?.value
    task = nil
    for name in channels.keys { for listener in listeners(of: name) { listener.finish() } }
    channels = [:]
  }

  private func silent(_ what: String) -> PostgresError {
    PostgresError(
      .unreachable,
      "\(what) Behind a pooler in transaction mode give listen_url, which must lead to the server "
        + "itself.", at: configuration.location)
  }

  // MARK: The loop

  private func start() {
    changed.raise()
    guard task == nil, !isClosed else { return }
    task = Task { await run() }
  }

  private func run() async {
    var backoff = Backoff()
    while !isClosed {
      do throws(PostgresError) {
        let connection = try await PostgresConnection.open(configuration)
        self.connection = connection
        defer {
          connection.close()
          self.connection = nil
        }
        try await serve(connection, &backoff)
      } catch {
        await rest(after: error, &backoff)
      }
    }
  }

  private func rest(after error: PostgresError, _ backoff: inout Backoff) async {
    guard !isClosed else { return }
    if backoff.failures == 0 {
      logger.warning("The listener's connection is gone", metadata: ["error": "\(error)"])
    }
    for name in channels.keys { channels[name]?.isListening = false }
    tell(.disconnected(error))
    let end = ContinuousClock.now + backoff.failed()
    // New channels don't make it come back sooner; closing does.
    while !isClosed, end > .now {
      _ = await PostgresIO.thread.wait(until: end, heeding: nextChange())
    }
  }

  private func serve(
    _ connection: PostgresConnection, _ backoff: inout Backoff
  ) async throws(PostgresError) {
    while !isClosed {
      let change = nextChange()
      try await listen(connection)
      backoff.succeeded()
      for notification in connection.takeNotifications() { deliver(notification) }
      let wake = await PostgresIO.thread.wait(
        for: connection.descriptor, until: .now + PostgresListener.pulse, heeding: change)
      switch wake {
      case .ready: try connection.readWhileIdle()
      case .expired:
        _ = try await connection.query(
          "SELECT 1", deadline: .now + PostgresListener.pulseTimeout)
      case .raised: break
      }
    }
  }

  private func nextChange() -> Signal {
    if changed.isRaised, !isClosed { changed = Signal() }
    return changed
  }

  /// Begins to listen on the channels that are new to this connection.
  private func listen(_ connection: PostgresConnection) async throws(PostgresError) {
    for name in channels.filter({ !$0.value.isListening }).keys.sorted() {
      _ = try await connection.query(
        PostgresStatement("LISTEN \(name.quotedIdentifier)"))
      channels[name]?.isListening = true
      for listener in listeners(of: name) { listener.yield(.connected) }
    }
  }

  private func deliver(_ notification: PostgresNotification) {
    if notification.channel == probeChannel {
      probes[notification.payload]?.raise()
      return
    }
    for listener in listeners(of: notification.channel) {
      listener.yield(.notification(payload: notification.payload))
    }
  }

  private func tell(_ event: ListenerEvent) {
    for name in channels.keys.sorted() {
      for listener in listeners(of: name) { listener.yield(event) }
    }
  }

  private func listeners(of name: String) -> [AsyncStream<ListenerEvent>.Continuation] {
    (channels[name]?.listeners ?? [:]).sorted { $0.key < $1.key }.map(\.value)
  }
}
