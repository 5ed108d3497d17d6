import Carillon
import CarillonSQLite
import CarillonTesting
import Foundation
import Testing

@Suite struct SQLiteStoreRuleTests {
  @Test(arguments: StoreRule.all)
  func `obeys every rule`(_ rule: StoreRule) async throws {
    try await rule.check {
      let folder = FileManager.default.temporaryDirectory
        .appending(path: "carillon-rule-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      let path = folder.appending(path: "carillon.db").path
      let clock = ManualClock()
      let store = try await SQLiteStore(path: path, clock: clock)
      let others = OpenStores()
      return StoreFixture(store: store, clock: clock) {
        try await others.open(path, clock)
      } tearDown: {
        await others.close()
        store.close()
        try FileManager.default.removeItem(at: folder)
      }
    }
  }
}

/// Further stores on a test's file, to be closed with it.
private actor OpenStores {
  private var stores: [SQLiteStore] = []

  func open(_ path: String, _ clock: ManualClock) async throws -> SQLiteStore {
    let store = try await SQLiteStore(path: path, clock: clock)
    stores.append(store)
    return store
  }

  func close() {
    for store in stores { store.close() }
    stores = []
  }
}
