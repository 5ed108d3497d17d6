import Carillon
import CarillonTesting
import Foundation
import Synchronization
import Testing

@testable import CarillonPostgres

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `A connection that breaks during COMMIT` {
  @Test(arguments: CuttingProxy.Cut.allCases)
  func `loses no job and stores none twice`(_ cut: CuttingProxy.Cut) async throws {
    try await throughProxy { test, store, proxy in
      let request = try test.request()
      proxy.arm(cut)
      do {
        _ = try await store.insert([request])
      } catch {
        guard case .unreachable = error as? StoreError else { throw error }
      }
      let job = try #require(try await store.insert([request]).first)
      #expect(job.uuid == request.uuid)
      #expect(try await test.store.statistics(known: []).jobs[.pending] == 1)
    }
  }

  @Test(arguments: CuttingProxy.Cut.allCases)
  func `leaves an exchange safe to repeat`(_ cut: CuttingProxy.Cut) async throws {
    try await throughProxy { test, store, proxy in
      _ = try await test.insert(count: 4)
      let node = try await test.join()
      let claimed = try await test.claim(2, by: node, store)
      #expect(claimed.count == 2)
      let settlements = try claimed.map { try test.settlement($0) }
      let request = ClaimRequest(keys: [TestStore.key], free: .all(1), idle: false)
      proxy.arm(cut)
      await #expect(throws: StoreError.self) {
        _ = try await store.exchange(settlements, claim: request, by: node)
      }
      let again = try await store.exchange(settlements, claim: nil, by: node)
      let isApplied = again.answers.allSatisfy { if case .applied = $0 { true } else { false } }
      #expect(
        cut == .beforeCommit ? isApplied : again.answers == [.alreadyApplied, .alreadyApplied])
      // What was claimed without our knowing is found.
      let held = try await store.claims(of: node)
      #expect(held.count == (cut == .beforeCommit ? 0 : 1))
      let statistics = try await test.store.statistics(known: [])
      #expect(statistics.jobs[.executed] == 2)
    }
  }

  private func throughProxy(
    _ body: (TestStore, PostgresStore, CuttingProxy) async throws -> Void
  ) async throws {
    try await TestStore.with { test in
      let url = TestServer.url ?? ""
      let proxy = try CuttingProxy(to: url)
      defer { proxy.stop() }
      let port = url.split(separator: ":").last?.prefix { $0.isNumber } ?? ""
      let store = try await test.another(url: url.replacing(":\(port)", with: ":\(proxy.port)"))
      try await body(test, store, proxy)
    }
  }
}

@Suite(.serialized, .enabled(if: TestServer.isThere, "there is no server; see bin/postgres"))
struct `A server that is restarted` {
  @Test func `costs no job, and is found again`() async throws {
    try await OwnServer.with { server in try await work(through: server) }
  }

  private func work(through server: OwnServer) async throws {
    let test = try await TestStore.open(url: server.url, isOnDatabaseClock: true)
    _ = try await test.insert(count: 3_000)
    let node = try await test.join(lease: .seconds(600))
    let tally = Tally()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for _ in 0..<2 {
        group.addTask {
          let request = ClaimRequest(keys: [TestStore.key], free: .all(20), idle: true)
          var held: [Job] = []
          while tally.done.withLock(\.count) < 3_000 {
            do {
              let exchange = try await test.store.exchange(
                held.map { try test.settlement($0) }, claim: request, by: node)
              tally.done.withLock { done in
                for (job, answer) in zip(held, exchange.answers) {
                  switch answer {
                  case .applied, .alreadyApplied: done.insert(job.uuid)
                  case .lost, .refused, .busy: break
                  }
                }
              }
              held = exchange.claimed
              if held.isEmpty { held = try await test.store.claims(of: node) }
            } catch is StoreError {
              tally.faults.withLock { $0 += 1 }
              try await Task.sleep(for: .milliseconds(50))
            }
          }
        }
      }
      group.addTask {
        for kind in ["immediate", "fast"] {
          let target = kind == "immediate" ? 500 : 1_500
          while tally.done.withLock(\.count) < target {
            try await Task.sleep(for: .milliseconds(5))
          }
          try await server.order("restart", kind)
        }
      }
      try await group.waitForAll()
    }
    #expect(tally.faults.withLock { $0 } > 0)
    let statistics = try await test.store.statistics(known: [])
    #expect(statistics.jobs[.executed] == 3_000)
    #expect(statistics.jobs[.pending] ?? 0 == 0 && statistics.jobs[.processing] ?? 0 == 0)
    await test.store.close()
  }
}

private final class Tally: Sendable {
  let done = Mutex<Set<UUID>>([])
  let faults = Mutex(0)
}
