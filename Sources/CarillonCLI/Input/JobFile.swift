import Carillon
import Foundation

/// A file of jobs, one JSON object a line.
struct JobFile {
  enum Source: Sendable {
    case standardInput
    case file(String)

    var name: String {
      switch self {
      case .standardInput: "stdin"
      case .file(let path): path
      }
    }
  }

  /// Errors that are told before the rest is only counted.
  private static let mostErrors = 10

  let source: Source
  let catalog: HandlerCatalog

  /// Reads all lines, or says which are wrong. Blank lines count, but say nothing.
  func read(
    makeUUID: @escaping @Sendable () -> UUID, progress: ProgressBar
  ) async throws -> [JobRequest] {
    let (source, catalog) = (source, catalog)
    // Reading may take long, and may wait for a pipe: not a thing for a thread of the pool.
    return try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async {
        continuation.resume(
          with: Result {
            defer { progress.end() }
            let data = try JobFile.bytes(of: source)
            return try JobFile.requests(
              in: data, name: source.name, catalog: catalog, makeUUID: makeUUID,
              progress: progress)
          })
      }
    }
  }

  private static func bytes(of source: Source) throws -> Data {
    switch source {
    case .standardInput:
      return try FileHandle.standardInput.readToEnd() ?? Data()
    case .file(let path):
      do {
        // Not `Data(contentsOf:)`, which refuses pipes, as of `--from <(program)`.
        return try FileHandle(forReadingFrom: URL(filePath: path)).readToEnd() ?? Data()
      } catch {
        let isThere = FileManager.default.fileExists(atPath: path)
        throw UsageError(
          isThere
            ? "--from: \(path) can't be read. Check its permissions, and that it is a file."
            : "--from: there is no file \(path).")
      }
    }
  }

  /// The jobs of the text's lines; throws one error that tells of all lines that are wrong.
  static func requests(
    in data: Data, name: String, catalog: HandlerCatalog, makeUUID: () -> UUID,
    progress: ProgressBar? = nil
  ) throws(UsageError) -> [JobRequest] {
    var requests: [JobRequest] = []
    var errors: [String] = []
    var wrong = 0
    var start = data.startIndex
    if data.starts(with: [0xEF, 0xBB, 0xBF]) { start += 3 }  // a byte order mark
    var number = 0
    while start < data.endIndex {
      let end = data[start...].firstIndex(of: UInt8(ascii: "\n")) ?? data.endIndex
      let line = Array(data[start..<end])
      start = end == data.endIndex ? end : data.index(after: end)
      number += 1
      progress?.update(start - data.startIndex, of: data.count)
      guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { continue }
      do throws(UsageError) {
        requests.append(try JobLine(line).request(in: catalog, makeUUID: makeUUID))
      } catch {
        wrong += 1
        if errors.count < mostErrors {
          errors.append("line \(number): \(error.description.asSentence)")
        }
      }
    }
    guard wrong == 0 else {
      let rest = wrong > errors.count ? " And \(wrong - errors.count) more lines." : ""
      throw UsageError(
        "\(name), \(errors.joined(separator: " "))\(rest) Nothing was stored.")
    }
    return requests
  }
}

extension String {
  /// The text with a full stop, if it has none.
  fileprivate var asSentence: String { hasSuffix(".") || hasSuffix("?") ? self : self + "." }
}
