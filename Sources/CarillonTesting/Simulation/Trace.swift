import Carillon
import Foundation

/// What happened, in order: always as a hash, and as text when somebody will read it.
///
/// @unchecked: touched only by the thread that drives the simulation's executor.
final class Trace: @unchecked Sendable {
  private(set) var hash: UInt64 = 0
  /// How many lines are kept at most; the newest.
  private let limit: Int
  private var lines: [String] = []
  private var dropped = 0
  private var names: [UUID: String] = [:]
  private let time: VirtualTime

  init(_ time: VirtualTime, keeping limit: Int) {
    self.time = time
    self.limit = limit
  }

  /// Notes an event; `text` is made only if it will be read.
  func note(_ kind: Event, _ numbers: UInt64..., text: @autoclosure () -> String = "") {
    hash = SplitMix64.mixed(hash ^ UInt64(kind.rawValue))
    hash = SplitMix64.mixed(hash ^ UInt64(bitPattern: time.elapsed.microseconds))
    for number in numbers { hash = SplitMix64.mixed(hash ^ number) }
    guard limit > 0 else { return }
    let seconds = String(format: "%9.3f", Double(time.elapsed.microseconds) / 1_000_000)
    lines.append("\(seconds) \(kind) \(text())")
    if lines.count >= 2 * limit {
      dropped += lines.count - limit
      lines.removeFirst(lines.count - limit)
    }
  }

  /// A short name for a job or a node's identity.
  func name(_ uuid: UUID) -> String { names[uuid] ?? uuid.text }

  func call(_ uuid: UUID, _ name: @autoclosure () -> String) {
    guard names[uuid] == nil else { return }
    names[uuid] = name()
  }

  var text: String {
    let left = dropped + max(0, lines.count - limit)
    let head = left > 0 ? ["… \(left) lines left out"] : []
    return (head + lines.suffix(limit)).joined(separator: "\n")
  }

  enum Event: Int {
    case phase, fault, heal, call, insert, claim, settle, end, change, remove, node, start, finish
    case cancelled, command, log, violation
  }
}
