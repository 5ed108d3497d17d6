import Carillon
import Foundation

/// Looks at the store while anybody listens, and tells what has changed, on whichever node.
struct EventWatch: Sendable {
  /// How often it looks.
  static let interval: Duration = .seconds(1)
  /// After so many looks without news a listener hears a heartbeat: 10 s.
  private static let heartbeat = 10

  let store: any JobStore
  let statistics: SharedReading<StoreStatistics>
  let catalog: HandlerCatalog
  let clock: any SchedulerClock

  /// Tells until cancelled. A nil name is a heartbeat.
  func run(_ tell: @Sendable (String?, JSONValue) -> Void) async {
    var told: JSONValue?
    var jobs: JobSnapshot?
    var quiet = 0
    var deadline = clock.uptime()
    while !Task.isCancelled {
      quiet += 1
      // An outage is told by /readyz; listeners go on hearing heartbeats.
      if let found = try? await statistics.value() {
        let reason = UnresolvedReason(catalog: catalog, nodes: found.nodes, now: found.now)
        // Leases are renewed all the time: that is no news.
        let value = EventWatch.steady(found.jsonValue(reason: reason.text))
        if value != told {
          told = value
          tell("stats", value)
          quiet = 0
        }
      }
      if let found = try? await JobSnapshot.take(store) {
        if let jobs {
          for job in (try? await found.changes(since: jobs, in: store)) ?? [] {
            tell("job", job.eventValue)
            quiet = 0
          }
        }
        jobs = found
      }
      if quiet >= EventWatch.heartbeat {
        tell(nil, .null)
        quiet = 0
      }
      deadline = max(deadline + EventWatch.interval, clock.uptime())
      do throws(CancellationError) {
        try await clock.sleep(until: deadline)
      } catch {
        return
      }
    }
  }

  private static func steady(_ statistics: JSONValue) -> JSONValue {
    guard var members = statistics.object, let nodes = members["nodes"]?.array else {
      return statistics
    }
    members["nodes"] = .array(
      nodes.map { node in
        guard var parts = node.object else { return node }
        parts["lease_expires_at"] = nil
        return .object(parts)
      })
    return .object(members)
  }
}

/// Some of the jobs that are likely to change: the newest, and those that run.
struct JobSnapshot: Sendable, Hashable {
  private static let newest = 50
  private static let running = 100
  /// Jobs that have ended are looked up one by one; at most so many in one look.
  private static let ended = 50

  private var jobs: [UUID: Job]

  init(_ jobs: [Job]) {
    self.jobs = Dictionary(
      jobs.map { ($0.uuid, $0) }, uniquingKeysWith: { $1 })
  }

  static func take(_ store: any JobStore) async throws(StoreError) -> JobSnapshot {
    let running = try await store.jobs(JobQuery(status: .processing, limit: running))
    return JobSnapshot(running + (try await store.jobs(JobQuery(limit: newest))))
  }

  /// Jobs that are new or otherwise than they were, oldest change first. A job that has left the
  /// view is looked up; beyond a bound that is left out, and statistics tell of it.
  func changes(
    since old: JobSnapshot, in store: any JobStore
  ) async throws(StoreError) -> [Job] {
    var changes = jobs.filter { old.jobs[$0.key] != $0.value }.map(\.value)
    let gone = old.jobs.filter { jobs[$0.key] == nil && $0.value.status == .processing }
    for (_, job) in gone.sorted(by: { $0.key.precedes($1.key) }).prefix(JobSnapshot.ended) {
      if let now = try await store.job(job.uuid), now != job { changes.append(now) }
    }
    return changes.sorted { ($0.updatedAt, $0.uuid.text) < ($1.updatedAt, $1.uuid.text) }
  }
}

extension Job {
  /// What an event tells of a job: where it is, and nothing that could be secret.
  var eventValue: JSONValue {
    [
      "uuid": .string(uuid.text),
      "run": JSONValue(run),
      "job_type": .string(jobType),
      "handler_module": .string(handlerModule),
      "resource_type": .string(resourceType),
      "resource_uuid": .string(resourceUUID.text),
      "queue": .string(queue),
      "priority": JSONValue(priority),
      "status": .string(status.rawValue),
      "attempts": JSONValue(attempts),
      "max_attempts": JSONValue(maxAttempts),
      "run_at": JSONValue(runAt),
      "hold": JSONValue(hold?.rawValue),
      "updated_at": JSONValue(updatedAt),
    ]
  }
}
