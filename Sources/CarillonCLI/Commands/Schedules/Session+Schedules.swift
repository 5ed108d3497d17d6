import Carillon

extension Session {
  /// Opens the store and lends its schedules; of a name that isn't there it says which was meant.
  func withSchedules<Answer: Sendable>(
    _ options: CommonOptions, mayBeNew: Bool = false,
    _ body: (Schedules, any JobStore) async throws -> Answer
  ) async throws -> Answer {
    try await withStore(options, mayBeNew: mayBeNew) { store in
      do {
        return try await body(Schedules(store: store), store)
      } catch ScheduleRefusal.notFound(let name) {
        throw CommandFailure(
          status: .notFound, description: try await store.explanation(ofMissing: name))
      }
    }
  }
}

extension JobStore {
  /// That there is no schedule of this name, and which one is near.
  func explanation(ofMissing name: String) async throws(StoreError) -> String {
    let names = try await schedules(ScheduleQuery(limit: 10_000)).map(\.name)
    let question = DidYouMean.question(about: name, among: names)
    return "\(ScheduleRefusal.notFound(name).description)\(question)"
  }
}
