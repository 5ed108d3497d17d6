extension AuditNote {
  /// What became of a command on a gate; no note where it was refused.
  package static func of(_ answer: GateAnswer) -> AuditNote? {
    switch answer {
    case .paused(let pause, let replaced):
      AuditNote(
        "pause", Target(pause.scope.kind), pause.scope.name,
        [
          "before": .members(replaced?.auditMembers), "after": .object(pause.auditMembers),
        ])
    case .resumed(let pause):
      AuditNote(
        "resume", Target(pause.scope.kind), pause.scope.name,
        ["before": .object(pause.auditMembers)])
    case .added(let blackout, let replaced):
      AuditNote(
        "add", .blackout, blackout.name,
        [
          "before": .members(replaced?.auditMembers), "after": .object(blackout.auditMembers),
        ])
    case .removed(let name, let blackout):
      AuditNote("remove", .blackout, name, ["before": .members(blackout?.auditMembers)])
    case .refused: nil
    }
  }
}

extension AuditNote.Target {
  fileprivate init(_ kind: GateScope.Kind) {
    switch kind {
    case .queue: self = .queue
    case .handler: self = .handler
    case .resourceType: self = .resourceType
    }
  }
}

extension JSONValue {
  /// An object; null where there was nothing.
  fileprivate static func members(_ members: [String: JSONValue]?) -> JSONValue {
    members.map(JSONValue.object) ?? .null
  }
}

extension Pause {
  fileprivate var auditMembers: [String: JSONValue] {
    [
      "since": JSONValue(since), "until": JSONValue(until), "by": JSONValue(by),
      "reason": JSONValue(reason),
    ]
  }
}

extension Blackout {
  /// The longest list of windows that an entry holds.
  private static let mostAudited = 50

  fileprivate var auditMembers: [String: JSONValue] {
    let windows = self.windows
    let further = windows.count - Blackout.mostAudited
    return [
      "scope": .string(scope.kind.rawValue), "scope_name": .string(scope.name),
      "time_zone": .string(zone.name), "reason": JSONValue(reason),
      "windows": .array(windows.prefix(Blackout.mostAudited).map(JSONValue.string)),
      "further_windows": further > 0 ? JSONValue(further) : .null,
    ]
  }
}
