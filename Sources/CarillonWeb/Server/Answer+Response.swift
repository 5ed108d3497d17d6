import HTTPTypes
import Hummingbird
import NIOCore
import ServiceLifecycle

extension Answer {
  /// The answer as Hummingbird sends it.
  func response(to request: Request) -> Response {
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
          // Ends when the client goes, and when the server is asked to stop.
          try? await request.body.consumeWithCancellationOnInboundClose { _ in
            try await cancelWhenGracefulShutdown {
              try await write(EventWriter { try await target.write($0) })
            }
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
