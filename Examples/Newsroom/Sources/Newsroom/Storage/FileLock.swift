import Foundation

/// A lock that is a file: it keeps apart the threads of one process, and several processes.
///
/// The system lets go of it when its holder dies, so a crash never leaves it shut. A waiting
/// thread is blocked; handlers run on threads of their own, where that delays nobody's timers.
/// Nothing suspends inside `withLock`, so the thread that holds it always gets on.
struct FileLock: Sendable {
  let file: URL

  func withLock<Result>(_ body: () throws -> Result) throws -> Result {
    try DurableFile.makeFolder(file.deletingLastPathComponent())
    // Opened anew each time: two openings exclude each other even within one process.
    let descriptor = open(file.path, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError("open the lock", file) }
    defer { close(descriptor) }
    while flock(descriptor, LOCK_EX) != 0 {
      guard errno == EINTR else { throw FileError("lock", file) }
    }
    return try body()
  }
}
