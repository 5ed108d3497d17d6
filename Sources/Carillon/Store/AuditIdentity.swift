import Foundation
import Synchronization

/// Makes the identities of audit entries, which only stores make.
enum AuditIdentity {
  private static let generator = Mutex(UUIDv7Generator())

  static func next(at now: Instant) -> UUID {
    generator.withLock { generator in
      var random = SystemRandomNumberGenerator()
      return generator.next(at: now, using: &random)
    }
  }
}
