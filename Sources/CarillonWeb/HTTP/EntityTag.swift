import Carillon
import Foundation
import HTTPTypes

/// A version of what is shown: changes with the job's row, and with how it is shown.
struct EntityTag: Sendable, Hashable {
  /// The row's version: any accepted write changes it.
  private let version: String
  private let text: String

  init(_ job: Job, shown body: String) {
    version = EntityTag.version(of: job)
    var digest = Digest()
    digest.combine(body)
    text = "\"\(version)-\(String(digest.value, radix: 36))\""
  }

  private static func version(of job: Job) -> String {
    [Int64(job.run), job.claim, job.updatedAt.microseconds]
      .map { String($0, radix: 36) }.joined(separator: ".") + "." + job.status.rawValue.prefix(2)
  }

  var header: String { text }

  /// Whether an If-None-Match header names it, or any.
  func isNamed(in header: String?) -> Bool {
    guard let header else { return false }
    return EntityTag.tags(in: header).contains { $0 == text || $0 == "*" }
  }

  /// Whether an If-Match header allows a change of the job: it names the row's present version,
  /// however that was shown.
  static func permits(_ job: Job, _ header: String?) -> Bool {
    guard let header else { return true }
    return tags(in: header).contains { tag in
      tag == "*" || tag.hasPrefix("\"\(version(of: job))-")
    }
  }

  private static func tags(in header: String) -> [String] {
    header.split(separator: ",").map { part in
      let tag = part.trimmingCharacters(in: .whitespaces)
      // A weak tag of ours can only come from a proxy that compressed the answer.
      return tag.hasPrefix("W/") ? String(tag.dropFirst(2)) : tag
    }
  }
}
