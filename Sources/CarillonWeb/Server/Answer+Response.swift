import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

extension Answer {
  /// The answer as Hummingbird sends it.
  ///
  /// - Parameter isOurs: whether the request comes from a server of our own. Only then may its
  ///   connection be watched, for Hummingbird traps if somebody has put another body in place. In
  ///   another application a stream notices at the next heartbeat that its client has gone.
  func response(to request: Request, isOurs: Bool = false) -> Response {
    var headers = headers
    if let type { headers[.contentType] = type }
    let isHead = request.method == .head
    switch body {
    case .none:
      return Response(status: status, headers: headers)
    case .text(let text, _):
      let buffer = ByteBuffer(string: text)
      guard !isHead else {
        headers[.contentLength] = "\(buffer.readableBytes)"
        return Response(status: status, headers: headers)
      }
      return Response(status: status, headers: headers, body: ResponseBody(byteBuffer: buffer))
    case .stream(_, let write):
      guard !isHead else { return Response(status: status, headers: headers) }
      return Response(
        status: status, headers: headers,
        body: ResponseBody { writer in
          let target = StreamTarget(writer)
          let run: @Sendable () async throws -> Void = {
            try await cancelWhenGracefulShutdown {
              try await write(EventWriter { try await target.write($0) })
            }
          }
          // A stream ends by being cancelled, or because its client has gone: no failure.
          if isOurs {
            try? await request.body.consumeWithCancellationOnInboundClose { _ in try await run() }
          } else {
            try? await run()
          }
          try await writer.finish(nil)
        })
    }
  }
}

/// The connection's writer, for one task after another.
private struct StreamTarget: @unchecked Sendable {
  // Hummingbird's writers are values around a thread-safe channel, but don't say so; only the
  // stream's one task writes.
  private let writer: any ResponseBodyWriter

  init(_ writer: any ResponseBodyWriter) { self.writer = writer }

  func write(_ text: String) async throws {
    var writer = writer
    try await writer.write(ByteBuffer(string: text))
  }
}
