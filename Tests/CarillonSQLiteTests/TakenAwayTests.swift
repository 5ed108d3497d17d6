import Carillon
import CarillonSQLite
import Foundation
import Testing

@Suite struct `A file that is taken away while it is open` {
  private let file: DamagedFile

  init() async throws { file = try await DamagedFile() }

  @Test func `takes no more jobs and renews no lease, until it is back`() async throws {
    let job = try await file.insert()
    let node = try await file.join()
    let elsewhere = file.path + ".elsewhere"
    try FileManager.default.moveItem(atPath: file.path, toPath: elsewhere)
    try await expectUnreachable(node)
    try Data().write(to: URL(filePath: file.path))
    try await expectUnreachable(node)
    try FileManager.default.removeItem(atPath: file.path)
    try FileManager.default.moveItem(atPath: elsewhere, toPath: file.path)
    #expect(try await file.claim(by: node).map(\.uuid) == [job.uuid])
  }

  private func expectUnreachable(_ node: UUID) async throws {
    for attempt in [
      { _ = try await file.insert() }, { _ = try await file.claim(by: node) },
      { _ = try await file.store.jobs(JobQuery()) },
      { _ = try await file.store.heartbeat(node, lease: .seconds(1), draining: false) },
    ] as [() async throws -> Void] {
      let error = await #expect(throws: StoreError.self) { try await attempt() }
      #expect(error?.description.contains("deleted or replaced") == true)
    }
  }
}
