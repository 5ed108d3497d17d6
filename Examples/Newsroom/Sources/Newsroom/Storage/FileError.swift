import Foundation

/// What the operating system refused.
struct FileError: Error, Equatable, CustomStringConvertible {
  let action: String
  let path: String
  let reason: String

  /// Reads `errno`, so it must be made right after the call that failed.
  init(_ action: String, _ file: URL) {
    self.action = action
    path = file.path
    reason = String(cString: strerror(errno))
  }

  init(_ action: String, _ file: URL, reason: String) {
    self.action = action
    path = file.path
    self.reason = reason
  }

  var description: String {
    """
    Could not \(action) \(path): \(reason). See that the folder is there, is writable and has \
    room; the work is done again at the next attempt.
    """
  }
}
