import Carillon
import Foundation
import Synchronization

/// Goes on with operations that were begun here, without anybody waiting for it. What this process
/// doesn't get done, any node that serves does.
final class OperationDriver: Sendable {
  private let driven = Mutex<Set<UUID>>([])

  func drive(_ uuid: UUID, by operations: Operations) {
    guard driven.withLock({ $0.insert(uuid).inserted }) else { return }
    Task {
      _ = try? await operations.finish(uuid)
      driven.withLock { _ = $0.remove(uuid) }
    }
  }
}
