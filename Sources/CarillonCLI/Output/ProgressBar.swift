import Synchronization

/// How far something long has come, on a terminal's stderr; on anything else, nothing.
final class ProgressBar: Sendable {
  private let screen: Screen
  private let label: String
  private let shown = Mutex(-1)

  init(_ label: String, on screen: Screen) {
    self.label = label
    self.screen = screen
  }

  /// Draws the bar anew if it has grown by a percent.
  func update(_ done: Int, of total: Int) {
    guard screen.isTerminal, total > 0 else { return }
    let percent = min(100, max(0, done * 100 / total))
    let isNew = shown.withLock { shown in
      defer { shown = percent }
      return shown != percent
    }
    guard isNew else { return }
    let room = max(10, min(40, (screen.width ?? 80) - label.displayWidth - 10))
    let filled = room * percent / 100
    let (full, empty) = screen.hasSymbols ? ("█", "░") : ("#", ".")
    let bar =
      String(repeating: full, count: filled) + String(repeating: empty, count: room - filled)
    screen.write("\r\(label) \(bar) \(String(percent).padded(to: 3, onTheLeft: true))%")
  }

  /// Takes the bar away.
  func end() {
    let wasShown = shown.withLock { shown in
      defer { shown = -1 }
      return shown >= 0
    }
    if wasShown { screen.write("\r\u{1B}[K") }
  }
}
