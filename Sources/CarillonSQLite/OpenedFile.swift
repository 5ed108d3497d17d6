import Carillon
import Foundation

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The file that a path led to when it was opened.
///
/// SQLite goes on with a file that was deleted or replaced, and what is written there is lost: a job
/// would be acknowledged that nobody ever sees.
struct OpenedFile: Sendable {
  private let path: String
  private let device: dev_t
  private let number: ino_t

  /// Nil when nothing is there.
  init?(path: String) {
    // The program may change its folder; the connections stay where they are.
    let path = URL(filePath: path).path
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    (self.path, device, number) = (path, status.st_dev, status.st_ino)
  }

  /// Throws `unreachable` when the path leads elsewhere by now, or nowhere.
  func check(location: String) throws(StoreError) {
    var status = stat()
    guard stat(path, &status) == 0 else {
      guard errno == ENOENT else { return }
      throw gone(location)
    }
    guard status.st_dev == device, status.st_ino == number else { throw gone(location) }
  }

  private func gone(_ location: String) -> StoreError {
    .unreachable(
      store: location,
      why: "its file was deleted or replaced while it was open. Put it back, or start this program "
        + "again to use what is there now.")
  }
}
