import Carillon
import Foundation
import Logging
import NIOCore
import NIOPosix
import ServiceLifecycle

@testable import CarillonWeb

/// A server on a free port, for tests of what happens on connections.
enum LiveServer {
  /// Lends a running server to `body`, then ends it as a program would.
  ///
  /// - Parameter body: gets the port, and what asks the server to stop.
  static func use<Answer: Sendable>(
    _ api: CarillonAPI, _ patience: HTTPServer.Patience = .init(),
    _ body: @Sendable (Int, _ stop: @escaping @Sendable () async -> Void) async throws -> Answer
  ) async throws -> Answer {
    let (ports, found) = AsyncStream.makeStream(of: Int.self)
    var logger = Logger(label: "test")
    logger.logLevel = .critical
    let server = HTTPServer(
      api: api, address: HTTPAddress(host: "127.0.0.1", port: 0), patience: patience,
      logger: logger
    ) { found.yield($0.port) }
    let group = ServiceGroup(configuration: .init(services: [server], logger: logger))
    let running = Task { try await group.run() }
    var iterator = ports.makeAsyncIterator()
    let port = await iterator.next() ?? 0
    let result: Result<Answer, any Error>
    do {
      result = .success(try await body(port) { await group.triggerGracefulShutdown() })
    } catch {
      result = .failure(error)
    }
    await group.triggerGracefulShutdown()
    try await running.value
    return try result.get()
  }
}

/// A connection on which a test says what it likes.
struct RawConnection: Sendable {
  private let channel: NIOAsyncChannel<ByteBuffer, ByteBuffer>

  static func use<Answer>(
    _ port: Int, reads: Bool = true,
    _ body: (RawConnection, inout Reader) async throws -> Answer
  ) async throws -> Answer {
    let channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
      .channelOption(ChannelOptions.autoRead, value: reads)
      .connect(host: "127.0.0.1", port: port) { channel in
        channel.eventLoop.makeCompletedFuture {
          try NIOAsyncChannel<ByteBuffer, ByteBuffer>(wrappingChannelSynchronously: channel)
        }
      }
    return try await channel.executeThenClose { inbound, _ in
      var reader = Reader(iterator: inbound.makeAsyncIterator())
      return try await body(RawConnection(channel: channel), &reader)
    }
  }

  struct Reader {
    fileprivate var iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator
    private(set) var text = ""

    fileprivate init(iterator: NIOAsyncChannelInboundStream<ByteBuffer>.AsyncIterator) {
      self.iterator = iterator
    }

    /// Reads until the text so far has this in it; false when the connection ends before.
    mutating func reads(_ part: String) async -> Bool {
      while !text.contains(part) {
        guard let buffer = try? await iterator.next() else { return false }
        text += String(buffer: buffer)
      }
      return true
    }

    /// Reads to the end of the connection.
    mutating func readsToEnd() async {
      while let buffer = try? await iterator.next() { text += String(buffer: buffer) }
    }

    mutating func forget() { text = "" }
  }

  func send(_ text: String) async throws {
    try await channel.channel.writeAndFlush(ByteBuffer(string: text)).get()
  }

  /// Sends again and again; returns when the connection has ended, although nobody reads.
  func sendsUntilItEnds(_ text: String) async {
    while (try? await send(text)) != nil { try? await Task.sleep(for: .milliseconds(20)) }
  }

  func get(_ path: String, _ headers: String = "") async throws {
    try await send("GET \(path) HTTP/1.1\r\nHost: localhost\r\n\(headers)\r\n")
  }
}
