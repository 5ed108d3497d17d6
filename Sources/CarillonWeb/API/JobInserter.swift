import Carillon
import Synchronization

/// Stores single jobs of many callers together: what arrives while one transaction is being written
/// shares the next, so that a thousand calls don't wait for a thousand flushes of the disk.
final class JobInserter: Sendable {
  private struct Waiting {
    let request: JobRequest
    let continuation: CheckedContinuation<Result<Job, StoreError>, Never>
  }

  private struct State {
    var waiting: [Waiting] = []
    var isWriting = false
  }

  /// The most jobs in one transaction.
  private static let batch = 500

  typealias Store = @Sendable ([JobRequest]) async throws(StoreError) -> [Job]

  private let store: Store
  private let state = Mutex(State())

  /// - Parameter store: stores all of them, or none.
  init(store: @escaping Store) { self.store = store }

  /// How many wait for the next transaction.
  var waiting: Int { state.withLock { $0.waiting.count } }

  /// The stored job, or the existing one of the same uuid and content.
  func insert(_ request: JobRequest) async throws(StoreError) -> Job {
    var request = request
    request.askedBy = AuditActor.current
    let result = await withCheckedContinuation { [request] continuation in
      let starts = state.withLock { state in
        state.waiting.append(Waiting(request: request, continuation: continuation))
        if state.isWriting { return false }
        state.isWriting = true
        return true
      }
      // A task of its own: the caller may be cancelled, while others wait for what it would write.
      guard starts else { return }
      AuditActor.$current.withValue(nil) { _ = Task { await write() } }
    }
    return try result.get()
  }

  private func write() async {
    while true {
      let batch = state.withLock { state in
        let batch = Array(state.waiting.prefix(JobInserter.batch))
        state.waiting.removeFirst(batch.count)
        if batch.isEmpty { state.isWriting = false }
        return batch
      }
      guard !batch.isEmpty else { return }
      await write(batch)
    }
  }

  private func write(_ batch: [Waiting]) async {
    do throws(StoreError) {
      let jobs = try await store(batch.map(\.request))
      if jobs.count == batch.count {
        for (one, job) in zip(batch, jobs) { one.continuation.resume(returning: .success(job)) }
        return
      }
    } catch {
      switch error {
      case .unreachable, .newerSchema, .moved, .filling:
        for one in batch { one.continuation.resume(returning: .failure(error)) }
        return
      case .conflict, .failed, .operationExists, .scheduleExists, .schedule: break
      }
    }
    // One of them is to blame, and the others have nothing to do with it.
    for one in batch { one.continuation.resume(returning: await alone(one.request)) }
  }

  private func alone(_ request: JobRequest) async -> Result<Job, StoreError> {
    do throws(StoreError) {
      if let job = try await store([request]).first { return .success(job) }
      return .failure(.failed(operation: "store a job", why: "it answered with nothing"))
    } catch {
      return .failure(error)
    }
  }
}
