import Carillon
import Foundation
import GRDB
import Synchronization

/// Notices commits of other processes, on a thread of its own.
///
/// `PRAGMA data_version` changes for a connection when any other one commits. Reading it costs some
/// microseconds, so it is read every 50 ms, but only while somebody listens.
final class ChangeWatch: Sendable {
  private let connection: DatabaseQueue
  private let signals: WakeUps
  private let stopped = Atomic(false)

  init(connection: DatabaseQueue, signals: WakeUps) {
    self.connection = connection
    self.signals = signals
    let thread = Thread { [weak self] in
      var last: Int64?
      while true {
        Thread.sleep(forTimeInterval: 0.05)
        // The thread must not keep the watch alive, or it would never end.
        guard let self, !stopped.load(ordering: .acquiring) else { return }
        guard signals.hasListeners else { continue }
        let version = try? connection.unsafeRead { database -> Int64 in
          let row = try SQL(database, "PRAGMA data_version")
          return try row.step() ? row.int64(0) : 0
        }
        guard let version else { continue }
        // The first look signals too: a commit may have come between a listener's start and it.
        if version != last { signals.signal() }
        last = version
      }
    }
    thread.name = "carillon-watch"
    thread.stackSize = 1 << 18
    thread.start()
  }

  func stop() {
    guard !stopped.exchange(true, ordering: .acquiringAndReleasing) else { return }
    try? connection.close()
  }
}
