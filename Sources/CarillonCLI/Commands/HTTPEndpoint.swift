import Carillon
import CarillonWeb
import CoreMetrics
import Logging
import ServiceLifecycle
import Synchronization

/// The HTTP API and the dashboard as `serve` runs them.
struct HTTPEndpoint: Sendable {
  let api: CarillonAPI
  let server: any Service
  let address: HTTPAddress
  /// Whether everybody on this machine may ask without a token.
  let isOpen: Bool

  /// Nil without the API: it isn't wanted, or the usual address is taken, which is warned of.
  init?(
    _ options: HTTPOptions, store: any JobStore, session: Session, logLevel: Logger.Level
  ) async throws {
    let wish = try options.wish()
    switch wish {
    case .none: return nil
    case .standard: address = .standard
    case .address(let given): address = given
    }
    let tokens = try await (store as? any TokenStore)?.tokens() ?? []
    if !address.isLoopback, !tokens.contains(where: { $0.revokedAt == nil }) {
      throw UsageError(
        "--http: \(address) can be reached from other machines, and there is no token. Make one "
          + "first, `\(session.name) tokens add NAME`, or listen on 127.0.0.1.")
    }
    do {
      try await HTTPServer.check(address)
    } catch {
      guard wish == .standard else {
        throw CommandFailure(
          status: .failed,
          description:
            "\(address) can't be listened on: \(error). Choose another address for --http.")
      }
      HTTPEndpoint.warnThatItIsTaken(address, session)
      return nil
    }
    isOpen = tokens.isEmpty
    var logger = Logger(label: "carillon.http")
    logger.logLevel = logLevel
    api = CarillonAPI(
      store: store, catalog: session.catalog,
      access: address.isLoopback ? .openOnLoopback : .tokens,
      metrics: ProgramMetrics.exposition, isBehindTLS: options.isBehindTLS,
      requestsPerSecond: options.requestsPerSecond, program: session.name, logger: logger)
    let wanted = address
    let hasStarted = Once()
    let server = HTTPServer(api: api, address: address, logger: logger) { found in
      hasStarted.happen()
      if found != wanted { session.say("The HTTP API listens on http://\(found).") }
    }
    self.server =
      wish == .standard
      ? OptionalServer(server: server, hasStarted: hasStarted) {
        HTTPEndpoint.warnThatItIsTaken(wanted, session)
      } : server
  }

  private static func warnThatItIsTaken(_ address: HTTPAddress, _ session: Session) {
    session.warn(
      "\(address) can't be listened on, so there is no HTTP API; jobs run all the same. Choose "
        + "another address, `serve --http 127.0.0.1:0`, or say --no-http.")
  }
}

/// A server whose address another program may take between the check and the start: then jobs run
/// without it.
private struct OptionalServer: Service {
  let server: HTTPServer
  let hasStarted: Once
  let onTaken: @Sendable () -> Void

  func run() async throws {
    do {
      try await server.run()
    } catch {
      guard !hasStarted.hasHappened else { throw error }
      onTaken()
      // A service that returns ends the others.
      try? await gracefulShutdown()
    }
  }
}

/// Whether something has happened.
private final class Once: Sendable {
  private let state = Mutex(false)

  var hasHappened: Bool { state.withLock(\.self) }

  func happen() { state.withLock { $0 = true } }
}

/// The process's metrics, unless the program keeps its own.
enum ProgramMetrics {
  /// Nil when the program has chosen another place for them.
  static let exposition: PrometheusExposition? = {
    guard MetricsSystem.factory is NOOPMetricsHandler else { return nil }
    let exposition = PrometheusExposition()
    MetricsSystem.bootstrap(exposition)
    return exposition
  }()
}
