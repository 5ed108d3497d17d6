import Foundation
import Synchronization

/// Takes text for a person or a program.
protocol TextSink: Sendable {
  func write(_ text: String)

  /// Whether some of it was lost, as on a full disk. A reader that has gone away misses nothing.
  var hasFailed: Bool { get }
}

/// Writes to an open descriptor of the process, unbuffered, whole texts at a time.
final class DescriptorSink: TextSink {
  private let descriptor: Int32
  private let failed = Mutex(false)

  init(_ descriptor: Int32) { self.descriptor = descriptor }

  var hasFailed: Bool { failed.withLock { $0 } }

  func write(_ text: String) {
    var rest = Array(text.utf8)[...]
    // The lock keeps the lines of two tasks apart.
    failed.withLock { failed in
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Foundation.write(descriptor, $0.baseAddress, $0.count) }
        if count > 0 {
          rest = rest.dropFirst(count)
        } else if count < 0, errno == EAGAIN {
          // A terminal that a parent made non-blocking: wait until it takes more.
          var poll = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
          _ = Foundation.poll(&poll, 1, 1_000)
        } else if count >= 0 || errno != EINTR {
          failed = failed || errno != EPIPE
          return
        }
      }
    }
  }
}
