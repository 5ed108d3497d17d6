/// Whose jobs a gate stands before: those of one queue, one handler or one type of resource.
public enum GateScope: Sendable, Hashable {
  case queue(String)
  /// By the name that rows have: `Newsroom.ScheduledPostHandler`.
  case handler(String)
  case resourceType(String)

  /// What kind of thing it is, as rows and programs write it.
  public enum Kind: String, Sendable, Hashable, CaseIterable {
    case queue
    case handler
    case resourceType = "resource_type"
  }

  public init(_ kind: Kind, _ name: String) {
    switch kind {
    case .queue: self = .queue(name)
    case .handler: self = .handler(name)
    case .resourceType: self = .resourceType(name)
    }
  }

  public var kind: Kind {
    switch self {
    case .queue: .queue
    case .handler: .handler
    case .resourceType: .resourceType
    }
  }

  public var name: String {
    switch self {
    case .queue(let name), .handler(let name), .resourceType(let name): name
    }
  }

  /// Whether its jobs are held one by one while it is closed. A queue's aren't: claims leave the whole
  /// queue out.
  package var holdsJobs: Bool {
    switch self {
    case .queue: false
    case .handler, .resourceType: true
    }
  }
}

extension GateScope: Comparable {
  public static func < (lhs: GateScope, rhs: GateScope) -> Bool {
    let all = Kind.allCases
    let (one, other) = (all.firstIndex(of: lhs.kind) ?? 0, all.firstIndex(of: rhs.kind) ?? 0)
    return one == other ? lhs.name < rhs.name : one < other
  }
}

extension GateScope: CustomStringConvertible {
  /// `queue 'mail'`.
  public var description: String {
    switch self {
    case .queue(let name): "queue '\(name)'"
    case .handler(let name): "handler '\(name)'"
    case .resourceType(let name): "resource type '\(name)'"
    }
  }
}
