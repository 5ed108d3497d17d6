import Carillon
import CarillonTesting
import Foundation
import Synchronization
import Testing

@testable import CarillonWeb

@Suite struct JobInserterTests {
  /// A store that writes when it is told to, and remembers what was written together.
  private final class Writer: Sendable {
    private let batches = Mutex<[Int]>([])
    private let (begun, beginning) = AsyncStream.makeStream(of: Void.self)
    private let (leaves, leaving) = AsyncStream.makeStream(of: Void.self)
    let refuses: @Sendable ([JobRequest]) -> StoreError?

    init(refuses: @escaping @Sendable ([JobRequest]) -> StoreError? = { _ in nil }) {
      self.refuses = refuses
    }

    var sizes: [Int] { batches.withLock { $0 } }

    /// Lets so many writes end, once the first has begun.
    func allow(_ count: Int) { for _ in 0..<count { leaving.yield() } }
    func hasBegun() async { for await _ in begun { return } }

    func write(_ requests: [JobRequest]) async throws(StoreError) -> [Job] {
      batches.withLock { $0.append(requests.count) }
      beginning.yield()
      for await _ in leaves { break }
      if let error = refuses(requests) { throw error }
      return requests.map { $0.job(at: ManualClock.start) }
    }
  }

  private func request(_ queue: String = "default") throws -> JobRequest {
    try JobRequest(
      uuid: UUID(), jobType: "x", handlerModule: "X.Y", resource: Resource("x", UUID()),
      queue: queue)
  }

  /// Inserts one, and then, while that is written, these.
  private func insert(
    _ requests: [JobRequest], by writer: Writer, allowing writes: Int
  ) async throws -> [Result<Job, StoreError>] {
    let inserter = JobInserter { requests throws(StoreError) in try await writer.write(requests) }
    let first = Task { try await inserter.insert(try request()) }
    await writer.hasBegun()
    let others = requests.map { request in
      Task<Result<Job, StoreError>, Never> {
        do throws(StoreError) {
          return .success(try await inserter.insert(request))
        } catch {
          return .failure(error)
        }
      }
    }
    while inserter.waiting < requests.count { await Task.yield() }
    writer.allow(writes)
    _ = await first.result
    var results: [Result<Job, StoreError>] = []
    for other in others { results.append(await other.value) }
    return results
  }

  @Test func `what arrives while one transaction is written shares the next`() async throws {
    let writer = Writer()
    let requests = try (0..<600).map { _ in try request() }
    let results = try await insert(requests, by: writer, allowing: 3)
    #expect(writer.sizes == [1, 500, 100])
    #expect(try results.map { try $0.get().uuid } == requests.map(\.uuid))
  }

  @Test func `one that is refused fails alone`() async throws {
    let writer = Writer { requests in
      requests.contains { $0.queue == "bad" } ? .conflict(uuid: UUID()) : nil
    }
    let requests = try ["a", "bad", "b"].map { try request($0) }
    let results = try await insert(requests, by: writer, allowing: 5)
    #expect(writer.sizes == [1, 3, 1, 1, 1])
    #expect(results.map { (try? $0.get()) != nil } == [true, false, true])
  }

  @Test func `a store that can't be reached fails all, and isn't asked for each`() async throws {
    let outage = StoreError.unreachable(store: "x", why: "y")
    let writer = Writer { _ in outage }
    let results = try await insert(
      (0..<20).map { _ in try request() }, by: writer, allowing: 2)
    #expect(writer.sizes == [1, 20])
    #expect(results.allSatisfy { $0 == .failure(outage) })
  }
}
