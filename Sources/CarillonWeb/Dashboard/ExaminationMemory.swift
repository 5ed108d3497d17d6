import Carillon

/// What `doctor` says, looked up beside the pages: none of them waits for it for long.
///
/// A look reads every schedule and all that runs, and now and then the store's own health, for which
/// SQLite reads its whole file. So looks take a twentieth of the time at most.
actor ExaminationMemory {
  /// How old an answer may be before there is another look.
  static let age: Duration = .seconds(30)
  /// How old may be what is known of the store's own health.
  static let ageOfStore: Duration = .seconds(600)
  /// How long a page waits for the first look.
  static let patience: Duration = .milliseconds(200)

  private let store: any JobStore
  private let catalog: HandlerCatalog
  private let clock: any SchedulerClock

  private var known: [Finding]?
  private var ofStore: (findings: [Finding], at: Duration)?
  private var nextLook = Duration.zero
  private var isLooking = false
  private var waiters: [Int: CheckedContinuation<Void, Never>] = [:]
  private var count = 0

  init(store: any JobStore, catalog: HandlerCatalog, clock: any SchedulerClock) {
    self.store = store
    self.catalog = catalog
    self.clock = clock
  }

  /// What isn't as it should be, gravest first; nil as long as nothing is known.
  func problems() async -> [Finding]? {
    if !isLooking, known == nil || clock.uptime() >= nextLook {
      isLooking = true
      Task { await look() }
    }
    if known == nil { await wait() }
    return known?.filter { $0.severity != .ok }
      .sorted { $0.severity == .error && $1.severity != .error }
  }

  private func look() async {
    let start = clock.uptime()
    let examination = Examination(store: store, catalog: catalog)
    do throws(StoreError) {
      let ofJobs = try await examination.findingsOfJobs()
      if ofStore.map({ start - $0.at >= ExaminationMemory.ageOfStore }) ?? true {
        ofStore = (try await store.diagnose(), start)
      }
      known = (ofStore?.findings ?? []) + ofJobs
    } catch {
      // The page itself says that the store can't be reached.
      known = nil
    }
    isLooking = false
    let end = clock.uptime()
    nextLook = end + max(ExaminationMemory.age, (end - start) * 20)
    for waiter in waiters.values { waiter.resume() }
    waiters = [:]
  }

  /// Until the look is done, or patience is over.
  private func wait() async {
    count += 1
    let number = count
    let timer = Task {
      try? await clock.sleep(until: clock.uptime() + ExaminationMemory.patience)
      giveUp(number)
    }
    await withCheckedContinuation { waiters[number] = $0 }
    timer.cancel()
  }

  private func giveUp(_ number: Int) { waiters.removeValue(forKey: number)?.resume() }
}
