public import Foundation

/// Where jobs live: semantic operations, each all or nothing, each obeying `Transition`.
///
/// A store has one clock, and it alone decides what is due, when "in 2 s" is, and whose lease has
/// run out. Every rule that a store must obey is a `StoreRule` in `CarillonTesting`; a store is done
/// when all of them pass. Operations throw `StoreError`; after one that throws, the fate of a write
/// is unknown, and repeating it is safe.
public protocol JobStore: Sendable {
  /// Where it is, for people; never with a secret in it.
  var location: String { get }

  /// The store's clock.
  func now() async throws(StoreError) -> Instant

  // MARK: Scheduling and reading

  /// Stores all of them, or none. A uuid that exists with the same content answers with the existing
  /// job; with other content it throws `conflict`.
  func insert(_ requests: [JobRequest]) async throws(StoreError) -> [Job]

  /// The job; nil when there is none, or it was pruned.
  func job(_ uuid: UUID) async throws(StoreError) -> Job?

  /// One look, newest first, of bounded cost: what it has found, and where the next one begins. A
  /// row that can't be read is left out and shown by `diagnose`.
  func list(_ query: JobQuery) async throws(StoreError) -> JobList

  /// Every attempt of a job, oldest first, the running one included.
  func attempts(of uuid: UUID) async throws(StoreError) -> [Attempt]

  // MARK: Acting

  /// Carries out a command on one job. Who asks for it is `AuditActor.current`; this and every other
  /// change that somebody asks for is written with its audit entry, or not at all.
  func apply(_ command: JobCommand, to uuid: UUID) async throws(StoreError) -> CommandAnswer

  /// Cancels every pending job of a resource; answers with them.
  func cancelJobs(for resource: Resource, reason: String) async throws(StoreError) -> [Job]

  // MARK: Operations

  /// Stores an operation that is to begin. One of that uuid that does the same is answered as it is;
  /// one that does something else throws `operationExists`.
  func begin(_ request: OperationRequest) async throws(StoreError) -> JobOperation

  func operation(_ uuid: UUID) async throws(StoreError) -> JobOperation?

  /// Newest first; a row that this program can't read is left out.
  func operations(_ query: OperationQuery) async throws(StoreError) -> [JobOperation]

  /// Jobs that the filter means among those stored by `instant`, in the order of their uuid, from the
  /// one after `cursor` on: at most `limit`, and fewer where that takes long. Locks nothing.
  func survey(
    _ filter: JobFilter, storedBy instant: Instant, after cursor: UUID?, limit: Int
  ) async throws(StoreError) -> JobSurvey

  /// Carries out an operation's next step, on at most `limit` jobs: they, and how far the operation
  /// has come, are written in one transaction. Nothing happens if somebody else has done that step
  /// meanwhile. Answers with the operation as it now is; nil when there is none.
  func advance(_ uuid: UUID, limit: Int) async throws(StoreError) -> JobOperation?

  /// Stops an operation; one that has ended stays as it is. Nil when there is none.
  func cancelOperation(_ uuid: UUID) async throws(StoreError) -> JobOperation?

  /// What operations have done to a job, newest first, at most a hundred; also to one that they have
  /// deleted.
  func effects(on job: UUID) async throws(StoreError) -> [OperationEffect]

  // MARK: Audit

  /// Newest first.
  func audit(_ query: AuditQuery) async throws(StoreError) -> [AuditEntry]

  /// Deletes audit entries, operations that have ended and what they did to jobs, that are older than
  /// `age`, at most `limit` of each; answers with how many.
  func pruneAudit(olderThan age: Duration, limit: Int) async throws(StoreError) -> Int

  // MARK: The engine's turn

  /// Writes what has ended, then claims what is due: one transaction where the store has them.
  ///
  /// Claims only for a registered node, only jobs whose handler key is in the request, highest
  /// priority first, then `run_at`, then `uuid`. One settlement that can't be written never fails
  /// the others.
  func exchange(
    _ settlements: [Settlement], claim: ClaimRequest?, by node: UUID
  ) async throws(StoreError) -> Exchange

  /// All jobs that the node holds, for a node that doesn't know the fate of a claim.
  func claims(of node: UUID) async throws(StoreError) -> [Job]

  /// Keeps the records of running attempts (progress, log so far); answers with the claims that are
  /// lost.
  func report(_ attempts: [Attempt]) async throws(StoreError) -> [Fence]

  // MARK: Schedules

  /// Stores all of them, or none. A name that exists with the same content answers with the existing
  /// schedule; with other content it throws `scheduleExists`.
  func addSchedules(_ requests: [ScheduleRequest]) async throws(StoreError) -> [Schedule]

  /// The schedule of that name; nil when there is none.
  func schedule(_ name: String) async throws(StoreError) -> Schedule?

  /// By name; a row that can't be read is left out and shown by `diagnose`.
  func schedules(_ query: ScheduleQuery) async throws(StoreError) -> [Schedule]

  /// Carries out a command on one schedule.
  func apply(
    _ command: ScheduleCommand, toSchedule name: String
  ) async throws(StoreError) -> ScheduleAnswer

  /// At most `limit` schedules whose time has come, but for those named in `except`.
  func dueSchedules(
    limit: Int, except: Set<String>
  ) async throws(StoreError) -> DueSchedules

  /// The schedule and its jobs that haven't ended, as of now; nil when there is none of that name.
  func scheduleInUse(_ name: String) async throws(StoreError) -> (use: ScheduleInUse, now: Instant)?

  /// Writes each firing whose schedule is still as it was read: the row, its occurrences and their
  /// jobs, in one transaction. An occurrence that has fired before gets no other job. A lost race is
  /// no error: the other one has written the same.
  func fire(_ firings: [ScheduleFiring]) async throws(StoreError) -> [FiringAnswer]

  /// The schedule's history, newest nominal time first.
  func occurrences(
    of schedule: UUID, _ query: OccurrenceQuery
  ) async throws(StoreError) -> [OccurrenceRecord]

  /// Deletes occurrences that were noted longer than `age` ago, at most `limit`; answers with how
  /// many.
  func pruneOccurrences(olderThan age: Duration, limit: Int) async throws(StoreError) -> Int

  // MARK: Gates

  /// The pauses that aren't over, and the blackouts.
  func gates() async throws(StoreError) -> Gates

  /// Closes or opens gates. What a later exchange claims obeys it, in whichever process: a job of a
  /// closed scope isn't claimed, but stays where it is or is held as `paused`, and is freed by the
  /// claims that follow the gate's opening.
  func apply(_ command: GateCommand) async throws(StoreError) -> GateAnswer

  // MARK: Nodes

  /// Registers a node with a lease of so long, and frees jobs that were held for want of one that
  /// knows them.
  func join(_ node: Node, lease: Duration) async throws(StoreError)

  /// Renews the node's lease. `draining` is shown to others.
  func heartbeat(
    _ node: UUID, lease: Duration, draining: Bool
  ) async throws(StoreError) -> HeartbeatAnswer

  /// Takes the node off; what it still holds is given back unspent.
  func leave(_ node: UUID) async throws(StoreError)

  /// All registered nodes, also those whose lease has run out.
  func nodes() async throws(StoreError) -> [Node]

  /// Takes a dead node's jobs away, if it hasn't renewed since it had `beats` renewals and its lease
  /// has run out; answers with the jobs as they now are, or nil if it is alive after all.
  func rescue(_ node: UUID, at beats: Int64) async throws(StoreError) -> [Job]?

  // MARK: Housekeeping

  /// Holds due jobs that no registered node knows, at most `limit`; answers with how many.
  func holdUnresolved(limit: Int) async throws(StoreError) -> Int

  /// Fails jobs that have been unresolved for longer than `timeout`, if a node with a catalogue is
  /// alive; answers with them.
  func giveUpUnresolved(
    after timeout: Duration, limit: Int
  ) async throws(StoreError) -> [Job]

  /// Deletes finished jobs of these statuses that ended longer than `age` ago, at most `limit`, with
  /// their attempts; answers with how many.
  func prune(
    olderThan age: Duration, statuses: Set<JobStatus>, limit: Int
  ) async throws(StoreError) -> Int

  /// The store in numbers. `known` are handlers of the asking program.
  func statistics(known: Set<HandlerKey>) async throws(StoreError) -> StoreStatistics

  /// Counts per minute, from the one that holds `from` to the one that holds `to`.
  func minuteCounts(
    from: Instant, to: Instant
  ) async throws(StoreError) -> [MinuteCount]

  /// Attempts that failed since then, grouped by error; at most `limit` groups, of the newest attempts,
  /// with how many of their jobs nobody has put right since. What it costs doesn't depend on how many
  /// attempts there are.
  func failures(since: Instant, limit: Int) async throws(StoreError) -> FailureReport

  /// Looks after the store's own health once; called every few seconds by each node.
  func maintain() async throws(StoreError)

  /// What `doctor` should say about the store.
  func diagnose() async throws(StoreError) -> [Finding]

  /// An element whenever something may have become due or been asked to end: at once for a change in
  /// this process, within 100 ms for one elsewhere. Elements may be merged, and may be false alarms.
  func wakeUps() -> AsyncStream<Void>
}
