import Hummingbird
import HummingbirdCore
public import Logging
import NIOCore
import NIOPosix
public import ServiceLifecycle

/// Runs the API on an address of its own, until a graceful shutdown.
public struct HTTPServer: Service {
  /// How long clients may take.
  public struct Patience: Sendable {
    /// Between requests, and for a request's head.
    public var idle: Duration = .seconds(60)
    /// For a request's whole body.
    public var body: Duration = .seconds(60)
    /// To take what has been written to them.
    public var write: Duration = .seconds(30)

    public init() {}
  }

  private let api: CarillonAPI
  private let address: HTTPAddress
  private let patience: Patience
  private let onStart: @Sendable (HTTPAddress) async -> Void
  private let logger: Logger

  /// - Parameter onStart: called with the address when the server listens; its port is the one that
  ///   the system has chosen, where 0 was asked for.
  public init(
    api: CarillonAPI, address: HTTPAddress = .standard, patience: Patience = Patience(),
    logger: Logger = Logger(label: "carillon.http"),
    onStart: @escaping @Sendable (HTTPAddress) async -> Void = { _ in }
  ) {
    self.api = api
    self.address = address
    self.patience = patience
    self.logger = logger
    self.onStart = onStart
  }

  public func run() async throws {
    // What Hummingbird has to say of connections that break is for nobody.
    var quiet = logger
    quiet.logLevel = max(logger.logLevel, .error)
    let (patience, onStart, address) = (patience, onStart, address)
    var decoder = HTTP1Channel.Configuration.DecoderConfiguration()
    decoder.maxHeaderFieldSize = 16 * 1024
    decoder.maxHeaderListSize = 64 * 1024
    decoder.maxHeaderFieldCount = 100
    let application = Application(
      responder: APIResponder(api: api),
      server: .http1(
        configuration: .init(
          additionalChannelHandlers: [
            SlowClientHandler(
              bodyTimeout: TimeAmount(patience.body), writeTimeout: TimeAmount(patience.write))
          ],
          idleTimeout: TimeAmount(patience.idle),
          httpDecoderConfiguration: decoder)),
      configuration: .init(address: .hostname(address.host, port: address.port)),
      onServerRunning: { channel in
        await onStart(
          HTTPAddress(host: address.host, port: channel.localAddress?.port ?? address.port))
      },
      logger: quiet)
    try await application.run()
  }

  /// Whether the address can be listened on; throws what keeps it from that.
  ///
  /// Asked before anything else begins, so that a program doesn't start and stop again.
  public static func check(_ address: HTTPAddress) async throws {
    guard address.port != 0 else { return }
    let channel = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .serverChannelOption(ChannelOptions.socketOption(.so_reuseaddr), value: 1)
      .bind(host: address.host, port: address.port).get()
    try await channel.close().get()
  }
}
