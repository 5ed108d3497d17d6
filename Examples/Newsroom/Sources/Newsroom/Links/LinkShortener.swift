import Foundation

/// An outside service that makes short links, and is slow to wake up: for each post it answers
/// "503 Service Unavailable" twice before it answers with a link.
///
/// It stands for all those services that work if one asks again later. Its memory is a file, so it
/// behaves the same across restarts and for several processes.
struct LinkShortener: Sendable {
  static let refusals = 2

  let file: URL

  struct ShortLink: Codable, Sendable, Equatable {
    let url: String
    /// How often the service was asked for it.
    let calls: Int
  }

  func shorten(_ post: Post) async throws -> ShortLink {
    let calls = try countCall(about: post.uuid)
    guard calls > Self.refusals else {
      throw LinkShortenerError.unavailable(post: post.slug, call: calls)
    }
    return ShortLink(url: "https://bell.example/\(Self.code(post.uuid))", calls: calls)
  }

  /// Forty bits of the uuid in base 32: short, and always the same for a post.
  static func code(_ uuid: UUID) -> String {
    let alphabet = Array("abcdefghijkmnpqrstuvwxyz23456789")
    let (a, b, c, d, e) = (uuid.uuid.0, uuid.uuid.1, uuid.uuid.2, uuid.uuid.3, uuid.uuid.4)
    let number = [a, b, c, d, e].reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return String(stride(from: 35, through: 0, by: -5).map { alphabet[Int(number >> $0 & 31)] })
  }

  private func countCall(about post: UUID) throws -> Int {
    let lock = FileLock(file: file.appendingPathExtension("lock"))
    return try lock.withLock {
      var calls = try read()
      let count = calls[post.lowercase, default: 0] + 1
      calls[post.lowercase] = count
      let encoder = JSONEncoder()
      encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
      try DurableFile.replace(file, with: encoder.encode(calls))
      return count
    }
  }

  private func read() throws -> [String: Int] {
    guard FileManager.default.fileExists(atPath: file.path) else { return [:] }
    do {
      return try JSONDecoder().decode([String: Int].self, from: Data(contentsOf: file))
    } catch {
      throw LinkShortenerError.unreadableMemory(path: file.path)
    }
  }
}

/// What the service answers instead of a link.
enum LinkShortenerError: Error, Equatable, CustomStringConvertible {
  case unavailable(post: String, call: Int)
  case unreadableMemory(path: String)

  var description: String {
    switch self {
    case .unavailable(let post, let call):
      """
      503 Service Unavailable: call \(call) about the post \(post) was refused. The service wakes \
      up slowly; ask again.
      """
    case .unreadableMemory(let path):
      "The link service's memory at \(path) can't be read. Delete the file; it starts afresh."
    }
  }
}
