import Carillon
import Logging

/// Writes log events on stderr, a line each, harmless whatever they hold.
struct StderrLogHandler: LogHandler {
  let label: String
  let screen: Screen
  var logLevel: Logger.Level
  var metadata: Logger.Metadata = [:]
  var metadataProvider: Logger.MetadataProvider?

  init(label: String, screen: Screen, logLevel: Logger.Level) {
    self.label = label
    self.screen = screen
    self.logLevel = logLevel
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var all = metadata
    if let provided = metadataProvider?.get() { all.merge(provided) { _, new in new } }
    if let own = event.metadata { all.merge(own) { _, new in new } }
    var line = screen.styled(TimeText.exact(SystemClock().now(), milliseconds: true), .dim)
    line += " " + screen.styled(event.level.rawValue.padded(to: 8), event.level.style)
    line += " \("\(event.message)".harmless)"
    if let error = event.error { line += " error=\("\(error)".harmless)" }
    for (key, value) in all.sorted(by: { $0.key < $1.key }) {
      line += " " + screen.styled("\(key.harmless)=\("\(value)".harmless)", .dim)
    }
    screen.line(line)
  }
}

extension Logger.Level {
  fileprivate var style: Style {
    switch self {
    case .trace, .debug: .dim
    case .info, .notice: .plain
    case .warning: .yellow
    case .error, .critical: .red
    }
  }
}
