import Foundation
import GRDB
import Testing

@testable import CarillonSQLite

@Suite struct DurabilityTests {
  @Test func `a commit waits for the disk`() async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let store = try await SQLiteStore(path: folder.appending(path: "carillon.db").path)
    defer { store.close() }
    let level = try await store.writer.writeWithoutTransaction { database in
      try Int.fetchOne(database, sql: "PRAGMA synchronous")
    }
    // 2 is FULL: the log is synced at every commit; 1, NORMAL, syncs it at checkpoints only.
    #expect(level == 2)
  }
}
