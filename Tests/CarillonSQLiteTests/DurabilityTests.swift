import Carillon
import Foundation
import GRDB
import Testing

@testable import CarillonSQLite

@Suite struct DurabilityTests {
  @Test func `a commit waits for the disk`() async throws {
    try await inFolder { path in
      let store = try await SQLiteStore(path: path)
      defer { store.close() }
      let level = try await store.writer.writeWithoutTransaction { database in
        try Int.fetchOne(database, sql: "PRAGMA synchronous")
      }
      // 2 is FULL: the log is synced at every commit; 1, NORMAL, syncs it at checkpoints only.
      #expect(level == 2)
      let finding = try await store.diagnose().first { $0.id == "sqlite.synchronous" }
      #expect(finding?.severity == .ok)
    }
  }

  @Test func `an application's writer that doesn't wait for the disk is pointed out`() async throws
  {
    try await inFolder { path in
      let store = try await SQLiteStore(writer: try DatabasePool(path: path))
      defer { store.close() }
      let finding = try await store.diagnose().first { $0.id == "sqlite.synchronous" }
      #expect(finding?.severity == .warning)
      #expect(finding?.message.contains("NORMAL") == true)
    }
  }

  @Test func `an SQLite with the WAL-reset defect is a warning on an application's writer alone`() {
    let own = SQLiteStore.version(3_046_001, "3.46.1", isShared: false)
    #expect(own.severity == .ok)
    #expect(own.message.contains("one process alone checkpoints") && own.advice != nil)
    #expect(SQLiteStore.version(3_046_001, "3.46.1", isShared: true).severity == .warning)
    for isShared in [false, true] {
      let mended = SQLiteStore.version(3_051_003, "3.51.3", isShared: isShared)
      #expect(mended.severity == .ok && mended.message == "SQLite 3.51.3.")
    }
  }

  private func inFolder(_ body: (String) async throws -> Void) async throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: UUID().uuidString)
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try await body(folder.appending(path: "carillon.db").path)
  }
}
