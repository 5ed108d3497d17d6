import Logging

/// Sends a handler's log lines where the program logs, and keeps them with the attempt.
struct AttemptLogHandler: LogHandler {
  private var base: any LogHandler
  private let notes: AttemptNotes
  private let now: @Sendable () -> Instant

  init(base: any LogHandler, notes: AttemptNotes, now: @escaping @Sendable () -> Instant) {
    self.base = base
    self.notes = notes
    self.now = now
  }

  var logLevel: Logger.Level {
    // What the program doesn't print is still kept with the attempt, from `info` up.
    get { min(base.logLevel, .info) }
    set { base.logLevel = newValue }
  }

  var metadata: Logger.Metadata {
    get { base.metadata }
    set { base.metadata = newValue }
  }

  var metadataProvider: Logger.MetadataProvider? {
    get { base.metadataProvider }
    set { base.metadataProvider = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { base[metadataKey: key] }
    set { base[metadataKey: key] = newValue }
  }

  func log(event: LogEvent) {
    var line = "\(event.message)"
    if let error = event.error { line += " error=\(error)" }
    if let metadata = event.metadata, !metadata.isEmpty {
      line +=
        " "
        + metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        .joined(separator: " ")
    }
    notes.log(
      LogLine(at: now(), level: event.level.rawValue, message: StoredText.logLine(line)))
    if event.level >= base.logLevel { base.log(event: event) }
  }
}
