import Carillon
import Foundation

/// A file of a calendar, named after it: `holidays.txt` is `holidays`.
struct CalendarFile {
  /// No list of holidays comes near.
  private static let longest = 16 << 20

  let path: String
  let option: String

  init(_ path: String, _ option: String) {
    self.path = path
    self.option = option
  }

  func read() async throws -> ScheduleCalendar {
    // It may be a pipe: not a thing for a thread of the pool.
    let data: Data = try await withCheckedThrowingContinuation { continuation in
      DispatchQueue.global().async { continuation.resume(with: Result { try bytes() }) }
    }
    guard let text = String(validating: data, as: UTF8.self) else {
      throw UsageError("\(option): \(path) is no text in UTF-8.")
    }
    do {
      let name = URL(filePath: path).deletingPathExtension().lastPathComponent
      return try ScheduleCalendar(name, reading: text)
    } catch {
      throw UsageError("\(option): \(path): \(error.description)")
    }
  }

  private func bytes() throws -> Data {
    do {
      let file = try FileHandle(forReadingFrom: URL(filePath: path))
      let data = try file.read(upToCount: CalendarFile.longest + 1) ?? Data()
      guard data.count <= CalendarFile.longest else {
        throw UsageError("\(option): \(path) is too large for a calendar.")
      }
      return data
    } catch let error as UsageError {
      throw error
    } catch {
      throw UsageError("\(option): \(path) can't be read. Check that it is there, and a file.")
    }
  }
}
