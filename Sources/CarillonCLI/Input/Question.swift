import Dispatch
import Foundation

/// Asks the person at the terminal.
enum Question {
  /// What asks; nil where nobody is there to answer.
  static func onTerminal(_ screen: Screen) -> (@Sendable (String) async -> String?)? {
    guard isatty(0) == 1, screen.isTerminal else { return nil }
    return { text in
      screen.write(text)
      // Waits for a person, on a thread that may.
      return await withCheckedContinuation { continuation in
        DispatchQueue.global().async { continuation.resume(returning: readLine()) }
      }
    }
  }
}
