import Hummingbird
import NIOCore

/// A request's body as bytes.
enum RequestBytes {
  static func read(_ request: Request, upTo limit: Int) async throws -> [UInt8] {
    let tooLarge = Problem(
      .tooLarge, "The body has more than \(limit) bytes, which is the limit here.")
    if let length = request.headers[.contentLength].flatMap({ Int($0) }), length > limit {
      throw tooLarge
    }
    var bytes: [UInt8] = []
    do {
      for try await buffer in request.body {
        guard bytes.count + buffer.readableBytes <= limit else { throw tooLarge }
        bytes.append(contentsOf: buffer.readableBytesView)
      }
    } catch let problem as Problem {
      throw problem
    } catch {
      // Chunks that are none, or a client that has gone: nothing is wrong here.
      throw Problem(
        .malformedRequest, "The body breaks off, or isn't framed as its head says.",
        cause: "\(error)")
    }
    return bytes
  }
}
