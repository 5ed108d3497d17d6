import Carillon

/// Threads for the calls of libpq that block: looking names up, connecting, asking to cancel.
///
/// Kept apart, so that a server which swallows connections doesn't hold up the cancel requests.
enum BlockingThreads {
  static let connecting = ThreadExecutor(name: "pg-connect", threads: 1, most: 16)
  static let cancelling = ThreadExecutor(name: "pg-cancel", threads: 1, most: 8)
}
