import Synchronization

/// Whether somebody said that something changed, and no claim has been tried since.
///
/// A turn that follows such word goes straight to its claim: looking first whether one is worth its
/// locks would only make the job wait for another round trip.
final class News: Sendable {
  private let isFresh = Atomic(false)

  func hear() { isFresh.store(true, ordering: .releasing) }

  /// Answers once with true for whatever was heard since the last time.
  func take() -> Bool { isFresh.exchange(false, ordering: .acquiringAndReleasing) }
}
