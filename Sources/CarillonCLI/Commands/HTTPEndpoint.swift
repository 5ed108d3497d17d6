import Carillon
import CarillonWeb
import CoreMetrics
import Logging

/// The HTTP API as `serve` runs it.
struct HTTPEndpoint: Sendable {
  let api: CarillonAPI
  let server: HTTPServer
  let address: HTTPAddress
  /// Whether everybody on this machine may ask without a token.
  let isOpen: Bool

  /// Nil without the API: it isn't wanted, or the usual address is taken, which is warned of.
  init?(
    _ wish: HTTPOptions.Wish, store: any JobStore, session: Session, logLevel: Logger.Level
  ) async throws {
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
      session.warn(
        "\(address) can't be listened on, so there is no HTTP API; jobs run all the same. Choose "
          + "another address, `serve --http 127.0.0.1:0`, or say --no-http.")
      return nil
    }
    isOpen = tokens.isEmpty
    var logger = Logger(label: "carillon.http")
    logger.logLevel = logLevel
    api = CarillonAPI(
      store: store, catalog: session.catalog,
      access: address.isLoopback ? .openOnLoopback : .tokens,
      metrics: ProgramMetrics.exposition, logger: logger)
    let wanted = address
    server = HTTPServer(api: api, address: address, logger: logger) { found in
      if found != wanted { session.say("The HTTP API listens on http://\(found).") }
    }
  }
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
