public import Carillon

/// A store under test: empty, on a clock of the test's own.
public struct StoreFixture: Sendable {
  public let store: any JobStore
  /// The clock that the store goes by.
  public let clock: ManualClock
  /// Another way into the same data, as a second process has it; nil for a store that lives in one
  /// process. Closed by `tearDown`.
  public let another: (@Sendable () async throws -> any JobStore)?
  /// Closes the store and removes its data.
  public let tearDown: @Sendable () async throws -> Void

  public init(
    store: any JobStore, clock: ManualClock,
    another: (@Sendable () async throws -> any JobStore)? = nil,
    tearDown: @escaping @Sendable () async throws -> Void = {}
  ) {
    self.store = store
    self.clock = clock
    self.another = another
    self.tearDown = tearDown
  }
}
