public import Foundation

/// The thing that a job works on: `post` 4f1c….
public struct Resource: Sendable, Hashable, CustomStringConvertible {
  public let type: String
  public let uuid: UUID

  public init(_ type: String, _ uuid: UUID) {
    self.type = type
    self.uuid = uuid
  }

  /// `post/4f1c…`, as the command line writes it.
  public var description: String { "\(type)/\(uuid.text)" }
}

/// The name by which a row finds its handler: both parts must match.
public struct HandlerKey: Sendable, Hashable, Comparable {
  public let handlerModule: String
  public let resourceType: String

  public init(handlerModule: String, resourceType: String) {
    self.handlerModule = handlerModule
    self.resourceType = resourceType
  }

  public static func < (lhs: HandlerKey, rhs: HandlerKey) -> Bool {
    (lhs.handlerModule, lhs.resourceType) < (rhs.handlerModule, rhs.resourceType)
  }
}
