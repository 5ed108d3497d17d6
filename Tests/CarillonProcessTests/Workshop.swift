import Carillon
import Foundation
import Testing

/// A temporary folder with a store and a file of effects, and the probe program to work on them.
final class Workshop: Sendable {
  let folder: URL
  private let environment: [String: String]

  /// - Parameters:
  ///   - lease: how long a silent node is believed to live, in milliseconds.
  ///   - store: where the jobs are; by default a file in the folder.
  init(lease: Int = 1_500, store: String? = nil) throws {
    folder = FileManager.default.temporaryDirectory.appending(path: "carillon-\(UUID().text)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    environment = [
      "CARILLON_STORE": store ?? "sqlite:\(folder.path)/carillon.db",
      "PROBE_EFFECTS": "\(folder.path)/effects.txt",
      "PROBE_LEASE_MS": String(lease),
      "PATH": "/usr/bin:/bin",
    ]
  }

  deinit { try? FileManager.default.removeItem(at: folder) }

  /// The lines that handlers have left.
  var effects: [String] {
    let text = try? String(contentsOf: folder.appending(path: "effects.txt"), encoding: .utf8)
    return (text ?? "").split(separator: "\n").map(String.init)
  }

  // MARK: Running the program

  struct Answer {
    let code: Int32
    let output: String
    let errors: String

    func json() throws -> JSONValue { try JSONValue(json: output) }
  }

  /// Runs a command to its end, in this folder.
  func run(_ arguments: String..., input: String? = nil) async throws -> Answer {
    try await run(arguments, input: input)
  }

  func run(_ arguments: [String], input: String? = nil) async throws -> Answer {
    let out = folder.appending(path: "out-\(UUID().text)")
    let process = try makeProcess(arguments, output: out, errors: URL(filePath: out.path + ".err"))
    if let input {
      let file = folder.appending(path: "in-\(UUID().text)")
      try Data(input.utf8).write(to: file)
      process.standardInput = try FileHandle(forReadingFrom: file)
    }
    try process.start()
    await process.ended()
    return Answer(
      code: process.terminationStatus,
      output: try String(contentsOf: out, encoding: .utf8),
      errors: try String(contentsOfFile: out.path + ".err", encoding: .utf8))
  }

  /// Runs a line of the shell, in which `$0` is the program.
  func shell(_ line: String) async throws -> Answer {
    let out = folder.appending(path: "out-\(UUID().text)")
    let process = try makeProcess([], output: out, errors: URL(filePath: out.path + ".err"))
    process.arguments = ["-c", line, process.executableURL?.path ?? ""]
    process.executableURL = URL(filePath: "/bin/sh")
    try process.start()
    await process.ended()
    return Answer(
      code: process.terminationStatus,
      output: try String(contentsOf: out, encoding: .utf8),
      errors: try String(contentsOfFile: out.path + ".err", encoding: .utf8))
  }

  /// Starts a command and lets it run.
  func start(_ arguments: String...) throws -> Process {
    let log = folder.appending(path: "start-\(UUID().text).log")
    let process = try makeProcess(arguments, output: log, errors: log)
    try process.start()
    return process
  }

  /// Starts `serve` and waits until it works; the caller ends it.
  func serve(_ arguments: String...) async throws -> Process {
    let log = folder.appending(path: "serve-\(UUID().text).log")
    let process = try makeProcess(["serve", "--no-http"] + arguments, output: log, errors: log)
    try process.start()
    let isUp = try await eventually {
      let said = try String(contentsOf: log, encoding: .utf8)
      return said.contains("Ctrl-C") || !process.isRunning
    }
    #expect(isUp)
    return process
  }

  /// All that `serve` processes have said.
  var logs: String {
    let files = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    return files.filter { $0.hasPrefix("serve-") }.map { name in
      (try? String(contentsOf: folder.appending(path: name), encoding: .utf8)) ?? ""
    }.joined()
  }

  private func makeProcess(_ arguments: [String], output: URL, errors: URL) throws -> Process {
    // The program is built beside the tests.
    let program = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
      .deletingLastPathComponent().appending(path: "CarillonProbe")
    let process = Process()
    process.executableURL = program
    process.arguments = arguments
    process.environment = environment
    process.currentDirectoryURL = folder
    process.standardInput = FileHandle.nullDevice
    for file in [output, errors] where !FileManager.default.fileExists(atPath: file.path) {
      try Data().write(to: file)
    }
    process.standardOutput = try FileHandle(forWritingTo: output)
    process.standardError = try FileHandle(forWritingTo: errors)
    return process
  }

  // MARK: Looking

  /// Counts by status.
  func counts() async throws -> [String: Int] {
    let jobs = try await run("stats", "--json").json()["jobs"]?.object ?? [:]
    return jobs.compactMapValues(\.int)
  }

  /// All jobs, page by page.
  func jobs(_ arguments: String...) async throws -> [JSONValue] {
    var jobs: [JSONValue] = []
    while true {
      let after = jobs.last?["uuid"]?.string.map { ["--after", $0] } ?? []
      let list = ["jobs", "list", "--limit", "10000", "--json"] + arguments + after
      let page = try await run(list).json().array ?? []
      jobs += page
      if page.count < 10_000 { return jobs }
    }
  }

  /// Schedules `count` jobs of a kind at once; answers with their uuids.
  @discardableResult
  func schedule(
    _ jobType: String, count: Int, extra: String = ""
  ) async throws -> [String] {
    let lines = (0..<count).map { _ in
      #"{"handler_module":"\#(jobType)","resource_uuid":"\#(UUID().text)"\#(extra)}"#
    }
    let answer = try await run(
      "schedule", "--from", "-", "--json", input: lines.joined(separator: "\n"))
    #expect(answer.code == 0, "\(answer.errors)")
    return try answer.json().array?.compactMap(\.string) ?? []
  }
}

extension Process {
  /// Starts it with a way to await its end.
  fileprivate func start() throws { try run() }

  /// Returns when the process has ended.
  func ended() async {
    await withCheckedContinuation { continuation in
      DispatchQueue.global().async {
        self.waitUntilExit()
        continuation.resume()
      }
    }
  }

  /// Does nothing to one that has ended: its number may be another's by now.
  func signal(_ number: Int32) {
    if isRunning { kill(processIdentifier, number) }
  }
}

/// Waits for something that another process does, looking every 50 ms; false after `limit`.
///
/// Processes share no clock with the test, so this is the one place where real time passes.
func eventually(
  within limit: Duration = .seconds(30), _ condition: () async throws -> Bool
) async throws -> Bool {
  let clock = ContinuousClock()
  let end = clock.now + limit
  while clock.now < end {
    if try await condition() { return true }
    try await clock.sleep(for: .milliseconds(50))
  }
  return try await condition()
}
