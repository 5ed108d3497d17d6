public import Foundation

/// That an operation has changed one job, or deleted it: a row, written with the change itself.
///
/// An operation has one audit entry, for it may be a million jobs that it changes; this tells of each
/// of them which operation it was.
public struct OperationEffect: Sendable, Hashable {
  public let operation: UUID
  public let job: UUID
  public let at: Instant

  package init(operation: UUID, job: UUID, at: Instant) {
    self.operation = operation
    self.job = job
    self.at = at
  }

  /// So many of one job are told of, the newest.
  package static let most = 100
}
