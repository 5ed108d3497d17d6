import Foundation
import GRDB
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Sees to it that one process alone checkpoints the file.
///
/// SQLite before 3.51.3 can damage a database when two connections checkpoint at the same moment and
/// a third resets the log. So automatic checkpoints are off everywhere except in the process that
/// holds a lock on `PATH-checkpoint`; the lock falls with its process, and another takes over.
final class CheckpointDuty: Sendable {
  /// Pages of log after which the writer checkpoints: 16 MiB.
  private static let pages = 4_096
  /// A log longer than this is cut back when no reader needs it: 64 MiB.
  private static let longest = 64 << 20

  private let path: String
  private let writer: any DatabaseWriter
  private let lock = Mutex<CInt?>(nil)

  init(path: String, writer: any DatabaseWriter) {
    self.path = path
    self.writer = writer
  }

  var isOurs: Bool { lock.withLock { $0 != nil } }

  /// Takes the duty if nobody has it.
  func seek() {
    let isNew = lock.withLock { lock in
      guard lock == nil else { return false }
      let file = open("\(path)-checkpoint", O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
      guard file >= 0 else { return false }
      guard flock(file, LOCK_EX | LOCK_NB) == 0 else {
        close(file)
        return false
      }
      lock = file
      return true
    }
    guard isNew else { return }
    writer.asyncWriteWithoutTransaction { database in
      try? database.execute(sql: "PRAGMA wal_autocheckpoint = \(CheckpointDuty.pages)")
    }
  }

  /// Cuts a log back that has grown beyond its bound, as after a long read.
  func shrink() {
    let attributes = try? FileManager.default.attributesOfItem(atPath: "\(path)-wal")
    guard let size = attributes?[.size] as? Int, size > CheckpointDuty.longest else { return }
    truncate()
  }

  /// Writes the whole log into the file and empties it, unless a reader still needs it.
  func truncate() {
    writer.writeWithoutTransaction { database in
      // While it waits for a reader, a checkpoint keeps every writer out, heartbeats among them. So
      // it doesn't wait: where a reader still needs the log, the next turn tries again.
      try? database.execute(sql: "PRAGMA busy_timeout = 0")
      _ = try? database.checkpoint(.truncate)
      try? database.execute(
        sql: "PRAGMA busy_timeout = \(Int(SQLiteStore.busyTimeout * 1_000))")
    }
  }

  func resign() {
    lock.withLock { lock in
      if let file = lock { close(file) }
      lock = nil
    }
  }

  deinit { resign() }
}
