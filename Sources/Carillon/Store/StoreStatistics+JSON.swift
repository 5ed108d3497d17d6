extension StoreStatistics {
  /// The numbers as JSON: `jobs`, `unresolved`, `queues`, `nodes`.
  ///
  /// - Parameter reason: why no job of this key finds a handler, as a sentence.
  public func jsonValue(reason: (HandlerKey) -> String) -> JSONValue {
    var counts: [String: JSONValue] = [:]
    for status in JobStatus.allCases { counts[status.rawValue] = JSONValue(jobs[status] ?? 0) }
    return .object([
      "jobs": .object(counts),
      "unresolved": .array(
        unresolved.map { entry in
          .object([
            "handler_module": .string(entry.key.handlerModule),
            "resource_type": .string(entry.key.resourceType),
            "count": JSONValue(entry.count),
            "due_since": JSONValue(entry.dueSince),
            "reason": .string(reason(entry.key)),
          ])
        }),
      "queues": .array(queues.map(\.jsonValue)),
      "closed": .array(closed.map(\.jsonValue)),
      "nodes": .array(nodes.map { $0.jsonValue(at: now) }),
    ])
  }
}

extension StoreStatistics.Queue {
  /// The queue's numbers as JSON.
  public var jsonValue: JSONValue {
    .object([
      "name": .string(name),
      "pending": JSONValue(pending),
      "processing": JSONValue(processing),
      "held": JSONValue(held),
      "oldest_due_at": JSONValue(oldestDueAt),
      "closed": closure?.jsonValue ?? .null,
    ])
  }
}

extension Node {
  /// Whether its lease still runs at `now`, by the store's clock.
  public func isAlive(at now: Instant) -> Bool { leaseExpiresAt > now }

  /// The node as JSON, with the names of its handlers.
  public func jsonValue(at now: Instant) -> JSONValue {
    .object([
      "uuid": .string(uuid.text),
      "name": .string(name),
      "started_at": JSONValue(startedAt),
      "lease_expires_at": JSONValue(leaseExpiresAt),
      "alive": .bool(isAlive(at: now)),
      "draining": .bool(draining),
      "handlers": .array(catalogue.map { .string($0.handlerModule) }),
    ])
  }
}

extension PublishedHandler {
  /// The handler as JSON; `timeout` is in seconds, null for none.
  public var jsonValue: JSONValue {
    .object([
      "handler_module": .string(handlerModule),
      "job_type": .string(jobType),
      "resource_type": .string(resourceType),
      "aliases": .array(aliases.map(JSONValue.string)),
      "queue": .string(queue),
      "priority": JSONValue(priority),
      "max_attempts": JSONValue(maxAttempts),
      "timeout": timeoutMilliseconds.map(PublishedHandler.seconds) ?? .null,
    ])
  }

  private static func seconds(_ milliseconds: Int64) -> JSONValue {
    guard milliseconds % 1_000 != 0 else { return JSONValue(milliseconds / 1_000) }
    return JSONNumber(Double(milliseconds) / 1_000).map(JSONValue.number) ?? .null
  }
}

extension Finding {
  /// The finding as JSON.
  public var jsonValue: JSONValue {
    .object([
      "id": .string(id),
      "severity": .string(severity.rawValue),
      "message": .string(message),
      "advice": JSONValue(advice),
    ])
  }
}
