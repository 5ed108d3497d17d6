import Carillon
import CarillonCLI
import Foundation

/// A program whose handlers do what tests with real processes need to see.
@main struct Probe: CarillonApp {
  /// Short leases where a test asks for them, so that it needn't wait for the defaults.
  func configure(_ configuration: inout SchedulerConfiguration) {
    guard let scale = ProcessInfo.processInfo.environment["PROBE_LEASE_MS"].flatMap(Int.init) else {
      return
    }
    configuration.lease = .milliseconds(scale)
    configuration.heartbeatInterval = .milliseconds(scale / 5)
    configuration.rescueGrace = .milliseconds(scale / 2)
    configuration.watchInterval = .milliseconds(scale / 10)
  }
}

/// Appends one line to a file in a single write: `resource attempt pid`.
enum Effects {
  static func append(_ text: String) throws {
    let path = ProcessInfo.processInfo.environment["PROBE_EFFECTS"] ?? "effects.txt"
    let file = open(path, O_WRONLY | O_CREAT | O_APPEND, 0o644)
    guard file >= 0 else { throw CocoaError(.fileWriteUnknown) }
    defer { close(file) }
    let line = Array((text + "\n").utf8)
    guard write(file, line, line.count) == line.count else { throw CocoaError(.fileWriteUnknown) }
  }

  static func note(_ resource: UUID) throws {
    let attempt = JobContext.current.attempt
    try append("\(resource.text) \(attempt) \(ProcessInfo.processInfo.processIdentifier)")
  }
}

/// Its effect is a line.
final class Line: JobHandler {
  static let jobType = "line"
  static let resourceType = "thing"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try Effects.note(resourceUUID)
    return .ok
  }
}

/// Takes `ms` milliseconds (2000), and leaves a line when it is done.
final class Slow: JobHandler {
  static let jobType = "slow"
  static let resourceType = "thing"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try await Task.sleep(for: .milliseconds(args["ms"]?.int ?? 2_000))
    try Effects.note(resourceUUID)
    return .ok(["ms": args["ms"]?.int ?? 2_000])
  }
}

/// Blocks its thread for `ms` milliseconds, deaf to cancellation.
final class Blocker: JobHandler {
  static let jobType = "blocker"
  static let resourceType = "thing"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    Effects.block(for: args["ms"]?.int ?? 60_000)
    try Effects.note(resourceUUID)
    return .ok
  }
}

extension Effects {
  static func block(for milliseconds: Int) { usleep(UInt32(clamping: milliseconds * 1_000)) }
}

/// Never succeeds; quick to try again.
final class AlwaysFails: JobHandler {
  static let jobType = "always_fails"
  static let resourceType = "thing"
  static let retryPolicy = RetryPolicy.exponential(base: .milliseconds(200))

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    .error("no luck on attempt \(JobContext.current.attempt)\0")
  }
}

/// Takes its process down.
final class Crasher: JobHandler {
  static let jobType = "crasher"
  static let resourceType = "thing"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    try Effects.append("crash \(JobContext.current.attempt)")
    abort()
  }
}

/// Says when it started, for measuring how late.
final class Stamp: JobHandler {
  static let jobType = "stamp"
  static let resourceType = "thing"

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    let now = SystemClock().now().microseconds
    try Effects.append("\(JobContext.current.nominalTime.microseconds) \(now)")
    return .ok
  }
}
