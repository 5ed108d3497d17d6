/// Why a text is no misfire policy, and what one looks like.
public struct MisfirePolicyError: Error, Sendable, Hashable, CustomStringConvertible {
  public let description: String
}

extension MisfirePolicy: CustomStringConvertible {
  public init(_ text: String) throws(MisfirePolicyError) {
    let parts = text.lowercased().split(separator: ":", omittingEmptySubsequences: false)
    switch (parts.first ?? "", parts.count) {
    case ("skip", 1): self = .skip
    case ("once", 1): self = .once
    case ("all", 1): self = .all()
    case ("all", 2...3):
      guard let max = Int(parts[1]), (1...MisfirePolicy.mostCatchUps).contains(max) else {
        throw MisfirePolicyError(
          description: "'\(parts[1].prefix(20))' is no number of catch-up runs; write 1 to "
            + "\(MisfirePolicy.mostCatchUps), as in all:50.")
      }
      guard parts.count == 3 else {
        self = .all(max: max)
        return
      }
      do {
        self = .all(max: max, window: try Duration(text: String(parts[2])))
      } catch {
        throw MisfirePolicyError(description: error.description)
      }
    default:
      throw MisfirePolicyError(
        description: "'\(text.prefix(40))' is no misfire policy. Write skip, once, all, all:50 (at "
          + "most 50 runs) or all:50:24h (of the last 24 h).")
    }
  }

  public var description: String {
    switch self {
    case .skip: "skip"
    case .once: "once"
    case .all(let max, let window?): "all:\(max):\(window.exactText)"
    case .all(MisfirePolicy.mostCatchUps, nil): "all"
    case .all(let max, nil): "all:\(max)"
    }
  }
}

extension MisfirePolicy: Codable {
  public init(from decoder: any Decoder) throws {
    try self.init(try decoder.singleValueContainer().decode(String.self))
  }

  public func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(description)
  }
}
