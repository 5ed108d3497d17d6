import Carillon

/// What `doctor` says, looked up now and then: a look reads every schedule and running job.
actor ExaminationMemory {
  /// How old an answer may be.
  static let age: Duration = .seconds(30)

  private let store: any JobStore
  private let catalog: HandlerCatalog
  private let clock: any SchedulerClock
  private var known: (findings: [Finding], at: Duration)?
  private var look: Task<Result<[Finding], StoreError>, Never>?

  init(store: any JobStore, catalog: HandlerCatalog, clock: any SchedulerClock) {
    self.store = store
    self.catalog = catalog
    self.clock = clock
  }

  /// What isn't as it should be, gravest first.
  func problems() async throws(StoreError) -> [Finding] {
    try await findings().filter { $0.severity != .ok }
      .sorted { $0.severity == .error && $1.severity != .error }
  }

  private func findings() async throws(StoreError) -> [Finding] {
    let now = clock.uptime()
    if let known, now - known.at < ExaminationMemory.age { return known.findings }
    // Whoever comes while one looks waits for the same look.
    let look =
      self.look
      ?? Task { [store, catalog] in
        do throws(StoreError) {
          return .success(try await Examination(store: store, catalog: catalog).findings())
        } catch {
          return .failure(error)
        }
      }
    self.look = look
    let result = await look.value
    self.look = nil
    if case .success(let findings) = result { known = (findings, now) }
    return try result.get()
  }
}
