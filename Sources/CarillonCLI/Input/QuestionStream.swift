import Foundation

/// Answers a stream of lines, each as soon as it has come; holds one piece of it at a time.
struct QuestionStream {
  /// A line may not be longer.
  static let longestLine = 1 << 20

  let path: String

  func answer(on sink: any TextSink) async throws -> ExitStatus {
    // Reading may wait for a pipe for ever: not a thing for a thread of the pool.
    try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(with: Result { try answerAll(on: sink) })
      }
    }
  }

  private func answerAll(on sink: any TextSink) throws -> ExitStatus {
    let file = try open()
    var lines = LineBuffer(longest: QuestionStream.longestLine)
    while let piece = try file.read(upToCount: 1 << 16), !piece.isEmpty {
      try write(lines.add([UInt8](piece)), on: sink)
    }
    try write(lines.end(), on: sink)
    return .done
  }

  private func write(_ lines: [[UInt8]], on sink: any TextSink) throws {
    var text = ""
    for line in lines where line.contains(where: { $0 > 0x20 }) {
      text += ScheduleQuestion.answer(line) + "\n"
    }
    if !text.isEmpty { sink.write(text) }
    guard !sink.hasFailed else {
      throw CommandFailure(status: .failed, description: "The answers can't be written.")
    }
  }

  private func open() throws -> FileHandle {
    guard path != "-" else { return .standardInput }
    do {
      return try FileHandle(forReadingFrom: URL(filePath: path))
    } catch {
      throw UsageError("--from: \(path) can't be read. Check that it is there, and a file.")
    }
  }
}

/// Cuts a stream into lines.
struct LineBuffer {
  let longest: Int
  private var rest: [UInt8] = []

  init(longest: Int) { self.longest = longest }

  /// The lines that a piece completes. One that is too long ends the stream.
  mutating func add(_ piece: [UInt8]) throws(UsageError) -> [[UInt8]] {
    var lines = piece.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    guard let last = lines.popLast() else { return [] }
    guard let first = lines.first else {
      rest += last
      guard rest.count <= longest else {
        throw UsageError("--from: a line is longer than \(longest) bytes.")
      }
      return []
    }
    let whole = [rest + first] + lines.dropFirst().map(Array.init)
    rest = Array(last)
    return whole
  }

  /// What stands behind the last line end.
  mutating func end() -> [[UInt8]] {
    defer { rest = [] }
    return rest.isEmpty ? [] : [rest]
  }
}
