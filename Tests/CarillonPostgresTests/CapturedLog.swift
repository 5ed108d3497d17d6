import Logging
import Synchronization

/// Keeps what is logged.
final class CapturedLog: LogHandler {
  private let captured = Mutex<[String]>([])
  var messages: [String] { captured.withLock { $0 } }
  var metadata: Logger.Metadata {
    get { [:] }
    set { _ = newValue }
  }
  var logLevel: Logger.Level {
    get { .trace }
    set { _ = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { nil }
    set { _ = newValue }
  }

  func log(event: LogEvent) {
    captured.withLock { $0.append("\(event.message)") }
  }
}
