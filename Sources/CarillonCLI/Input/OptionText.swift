import Carillon
import Foundation

/// Reads the texts of options and arguments; every error names the option and what would be right.
enum OptionText {
  static func uuid(_ text: String, _ option: String) throws(UsageError) -> UUID {
    guard let uuid = UUID(uuidString: text) else {
      throw UsageError(
        "\(option): '\(text.prefix(80))' is not a UUID. Write it like "
          + "018f3c1e-7b2a-7c4d-9e8f-0123456789ab.")
    }
    return uuid
  }

  /// `TYPE/UUID`; a type may hold slashes of its own.
  static func resource(_ text: String, _ option: String) throws(UsageError) -> Resource {
    guard let slash = text.lastIndex(of: "/"), slash > text.startIndex else {
      throw UsageError(
        "\(option): '\(text.prefix(80))' is not a resource. Write TYPE/UUID, such as "
          + "post/018f3c1e-7b2a-7c4d-9e8f-0123456789ab.")
    }
    let uuid = try uuid(String(text[text.index(after: slash)...]), option)
    return Resource(String(text[..<slash]), uuid)
  }

  static func duration(_ text: String, _ option: String) throws(UsageError) -> Duration {
    do {
      return try Duration(text: text)
    } catch {
      throw UsageError("\(option): \(error.description)")
    }
  }

  static func instant(_ text: String, _ option: String) throws(UsageError) -> Instant {
    do {
      return try Instant(rfc3339: text)
    } catch {
      throw UsageError("\(option): \(error.description)")
    }
  }

  /// A time, or so long ago: what it is by the store's clock.
  static func since(
    _ text: String, _ option: String
  ) throws(UsageError) -> @Sendable (Instant) -> Instant {
    if let ago = try? Duration(text: text) { return { $0 - ago } }
    guard let instant = try? Instant(rfc3339: text) else {
      throw UsageError(
        "\(option): '\(text.prefix(60))' is no time. Write 2h, that long ago, or a time with an "
          + "offset, such as 2027-03-01T09:00:00+01:00.")
    }
    return { _ in instant }
  }

  static func status(_ text: String, _ option: String) throws(UsageError) -> JobStatus {
    guard let status = JobStatus(rawValue: text.lowercased()) else {
      let names = JobStatus.allCases.map(\.rawValue)
      throw UsageError(
        "\(option): '\(text.prefix(40))' is no status."
          + DidYouMean.question(about: text, among: names)
          + " It is one of \(names.joined(separator: ", ")).")
    }
    return status
  }

  /// The terms of a filter, which may stand in one argument or in several.
  static func filter(_ arguments: [String]) throws(UsageError) -> JobFilter {
    do {
      return try JobFilter(arguments.joined(separator: " "), now: SystemClock().now())
    } catch {
      throw UsageError(error.description)
    }
  }

  /// For the parser, which says before it what is wrong with which option.
  static func whole(_ text: String) throws -> Int {
    guard let number = Int(text) else {
      throw UsageError("It should be a whole number, such as 10.")
    }
    return number
  }

  static func args(_ text: String) throws(UsageError) -> JobArguments {
    do {
      return try JobArguments(json: text)
    } catch {
      // The sentence begins with "args".
      throw UsageError("--\(error.description)")
    }
  }

  /// What takes away a limit that was set before.
  static let none = "none"

  /// Nil for `none`.
  static func wholeOrNone(_ text: String, _ option: String) throws(UsageError) -> Int? {
    guard text != none else { return nil }
    guard let number = Int(text) else {
      throw UsageError(
        "\(option): '\(text.prefix(40))' should be a whole number, such as 10, or none.")
    }
    return number
  }

  /// Nil for `none`.
  static func instantOrNone(_ text: String, _ option: String) throws(UsageError) -> Instant? {
    text == none ? nil : try instant(text, option)
  }

  /// `a=10,b=5`: queues, and how many jobs at once in each.
  static func queues(_ text: String, _ option: String) throws(UsageError) -> [String: Int] {
    var queues: [String: Int] = [:]
    for part in text.split(separator: ",", omittingEmptySubsequences: false) {
      let sides = part.split(separator: "=", omittingEmptySubsequences: false)
      guard sides.count == 2, !sides[0].isEmpty, let count = Int(sides[1]),
        (1...100_000).contains(count)
      else {
        throw UsageError(
          "\(option): '\(part.prefix(80))' doesn't say how many jobs of which queue. Write "
            + "NAME=COUNT, with counts from 1 to 100000, such as default=10,mail=5.")
      }
      guard queues.updateValue(count, forKey: String(sides[0])) == nil else {
        throw UsageError("\(option): the queue '\(sides[0])' stands twice.")
      }
    }
    return queues
  }

  static func concurrency(_ count: Int, _ option: String) throws(UsageError) -> Int {
    guard (1...100_000).contains(count) else {
      throw UsageError("\(option): \(count) is out of range; it goes from 1 to 100000.")
    }
    return count
  }
}
