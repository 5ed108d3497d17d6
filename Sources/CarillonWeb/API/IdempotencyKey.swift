import Carillon
import Crypto
import Foundation

/// Makes a repeated request harmless: the job's identity follows from the caller and the key.
///
/// So the store's own rule does the rest, over restarts and among nodes: the same uuid with the same
/// content is the same job, and other content is a conflict.
enum IdempotencyKey {
  static let longest = 255

  /// The identity that the key's job has.
  ///
  /// - Parameter element: which of many jobs that were asked for together; nil for one by itself.
  static func uuid(
    _ key: String, caller: String, element: Int? = nil
  ) throws(Problem) -> UUID {
    guard !key.isEmpty, key.utf8.count <= longest,
      key.utf8.allSatisfy({ (0x21...0x7E).contains($0) })
    else {
      throw .parameter(
        "Idempotency-Key", "should be 1 to \(longest) visible ASCII characters, such as a UUID.")
    }
    var hash = SHA256()
    for part in ["carillon idempotency key", caller, key] + (element.map { ["\($0)"] } ?? []) {
      hash.update(data: Data("\(part.utf8.count):\(part)".utf8))
    }
    let bytes = Array(hash.finalize())
    func half(_ start: Int) -> UInt64 {
      bytes[start..<(start + 8)].reduce(0) { $0 << 8 | UInt64($1) }
    }
    // Version 7, at the beginning of time: it can't be that of a job made in the usual way.
    return UUID(
      high: (half(0) & 0xFFF) | 0x7000, low: (half(8) & 0x3FFF_FFFF_FFFF_FFFF) | 1 << 63)
  }
}
