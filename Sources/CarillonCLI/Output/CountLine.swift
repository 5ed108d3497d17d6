import Synchronization

/// How many have been found so far, on a terminal's stderr; on anything else, nothing.
final class CountLine: Sendable {
  private let screen: Screen
  private let label: String
  private let isShown = Atomic(false)

  init(_ label: String, on screen: Screen) {
    self.label = label
    self.screen = screen
  }

  func update(_ count: Int) {
    guard screen.isTerminal else { return }
    isShown.store(true, ordering: .relaxed)
    screen.write("\r\(label) \(count)")
  }

  /// Takes the line away.
  func end() {
    if isShown.exchange(false, ordering: .relaxed) { screen.write("\r\u{1B}[K") }
  }
}
