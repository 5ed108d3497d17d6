import CLibPQ
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// One attempt to connect, on a thread that may block: looking up a name does.
///
/// Whoever waits for it may go away at any time; the attempt then ends by itself.
final class ConnectAttempt: Sendable {
  private enum State {
    case running
    case ended(Result<ConnectionHandle, PostgresError>)
    case abandoned
  }

  let finished = Signal()
  private let configuration: PostgresConfiguration
  private let state = Mutex(State.running)

  init(_ configuration: PostgresConfiguration) {
    self.configuration = configuration
  }

  func start() {
    Task(executorPreference: BlockingThreads.connecting) { [self] in
      let result = connect()
      state.withLock { if case .running = $0 { $0 = .ended(result) } }
      finished.raise()
    }
  }

  /// The result, once; nil when there is none yet, and then there will be none.
  func take() -> Result<ConnectionHandle, PostgresError>? {
    state.withLock { state in
      defer { state = .abandoned }
      guard case .ended(let result) = state else { return nil }
      return result
    }
  }

  private var isAbandoned: Bool {
    state.withLock { if case .abandoned = $0 { true } else { false } }
  }

  // MARK: On the thread

  private func connect() -> Result<ConnectionHandle, PostgresError> {
    let strings = configuration.parameters.flatMap { [strdup($0.name), strdup($0.value)] }
    defer { strings.forEach { free($0) } }
    var names: [UnsafePointer<CChar>?] = []
    var values: [UnsafePointer<CChar>?] = []
    for index in stride(from: 0, to: strings.count, by: 2) {
      names.append(strings[index].map { UnsafePointer($0) })
      values.append(strings[index + 1].map { UnsafePointer($0) })
    }
    names.append(nil)
    values.append(nil)
    // With several hosts, only libpq's own loop goes on to the next when one doesn't answer in time.
    let pointer =
      configuration.hosts > 1
      ? PQconnectdbParams(names, values, 0) : PQconnectStartParams(names, values, 0)
    guard let pointer else { return .failure(failure("libpq has no memory for a connection")) }
    let handle = ConnectionHandle(pointer)
    if configuration.hosts == 1 {
      // Verbose messages have the server's code, whatever language it speaks.
      PQsetErrorVerbosity(pointer, PQERRORS_VERBOSE)
      if let why = poll(pointer) { return .failure(why) }
      PQsetErrorVerbosity(pointer, PQERRORS_DEFAULT)
    }
    guard PQstatus(pointer) == CONNECTION_OK else {
      return .failure(failure(handle.message, needsPassword: PQconnectionNeedsPassword(pointer)))
    }
    guard PQsetnonblocking(pointer, 1) == 0 else { return .failure(failure(handle.message)) }
    // By default libpq prints notices on the standard error.
    PQsetNoticeReceiver(pointer, { _, _ in }, nil)
    return .success(handle)
  }

  /// Does what is to be done until the connection stands or failed; answers with an error when that
  /// takes too long.
  private func poll(_ pointer: OpaquePointer) -> PostgresError? {
    let deadline = ContinuousClock.now + configuration.connectTimeout
    var step = PGRES_POLLING_WRITING
    while PQstatus(pointer) != CONNECTION_BAD {
      switch step {
      case PGRES_POLLING_OK, PGRES_POLLING_FAILED: return nil
      default: break
      }
      var entry = pollfd(
        fd: PQsocket(pointer),
        events: Int16(step == PGRES_POLLING_READING ? POLLIN : POLLOUT), revents: 0)
      guard !isAbandoned else { return failure("nobody waits for it any more") }
      guard ContinuousClock.now < deadline else {
        let seconds = configuration.connectTimeout.components.seconds
        return failure("the server didn't answer within \(seconds) s")
      }
      // In slices, so that an abandoned attempt ends soon.
      guard Self.pollOnce(&entry) > 0 else { continue }
      step = PQconnectPoll(pointer)
    }
    return nil
  }

  private static func pollOnce(_ entry: inout pollfd) -> CInt {
    #if canImport(Glibc)
      Glibc.poll(&entry, 1, 100)
    #elseif canImport(Musl)
      Musl.poll(&entry, 1, 100)
    #else
      Darwin.poll(&entry, 1, 100)
    #endif
  }

  private func failure(_ message: String, needsPassword: CInt = 0) -> PostgresError {
    ConnectFailure(message: configuration.redaction(message), needsPassword: needsPassword != 0)
      .error(at: configuration.location)
  }
}
