/// A version of a job's row: any accepted write changes it.
///
/// Who has seen a job and wants to act on what he saw says which version that was
/// (`JobCommand.ifUnchanged`).
public struct JobVersion: Sendable, Hashable, CustomStringConvertible {
  /// Letters, digits and dots.
  public let description: String

  /// The version of that text; one that no job has had matches none.
  public init(_ text: String) { description = text }
}

extension Job {
  public var version: JobVersion {
    let numbers = [Int64(run), claim, updatedAt.microseconds].map { String($0, radix: 36) }
    return JobVersion(numbers.joined(separator: ".") + "." + status.rawValue.prefix(2))
  }
}
