import Carillon
import Foundation
import HTTPTypes

/// A version of what is shown: changes with the job's row, and with how it is shown.
struct EntityTag: Sendable, Hashable {
  /// The row's version: any accepted write changes it.
  private let version: String
  private let text: String

  init(_ job: Job, shown body: String) {
    version = job.version.description
    var digest = Digest()
    digest.combine(body)
    text = "\"\(version)-\(String(digest.value, radix: 36))\""
  }

  var header: String { text }

  /// Whether an If-None-Match header names it, or any.
  func isNamed(in header: String?) -> Bool {
    guard let header else { return false }
    return EntityTag.tags(in: header).contains { $0 == text || $0 == "*" }
  }

  /// The command on condition of an If-Match header: that the row's present version is one of those
  /// it names, however that was shown.
  static func condition(_ command: JobCommand, on header: String?) -> JobCommand {
    guard let header else { return command }
    let tags = tags(in: header)
    guard !tags.contains("*") else { return command }
    let versions = tags.compactMap { tag -> JobVersion? in
      guard tag.hasPrefix("\""), let dash = tag.lastIndex(of: "-") else { return nil }
      return JobVersion(String(tag[..<dash].dropFirst()))
    }
    return .ifUnchanged(since: Set(versions), command)
  }

  private static func tags(in header: String) -> [String] {
    header.split(separator: ",").map { part in
      let tag = part.trimmingCharacters(in: .whitespaces)
      // A weak tag of ours can only come from a proxy that compressed the answer.
      return tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag
    }
  }
}
