import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct InboxTests {
  private let clock = ManualClock()
  private let inbox: Inbox

  init() {
    inbox = Inbox(clock: clock, executor: globalConcurrentExecutor)
  }

  private func ended() throws -> Ended {
    let job = try makeJob(in: .processing)
    let (fence, attempt) = (try #require(job.fence), try #require(Attempt(running: job)))
    return Ended(
      settlement: Settlement(fence: fence, transition: .release, attempt: attempt), job: job)
  }

  @Test func `gives what is there at once`() async throws {
    let (one, other) = (try ended(), try ended())
    inbox.post(one)
    inbox.post(other)
    let taken = await inbox.next(until: .seconds(60), enough: 1)
    #expect(taken.ended.map(\.job.uuid) == [one.job.uuid, other.job.uuid])
  }

  @Test func `waits for what ends`() async throws {
    let ended = try ended()
    let waiter = Task { [inbox] in await inbox.next(until: .seconds(60), enough: 1) }
    await clock.untilAsleep()
    inbox.post(ended)
    #expect(await waiter.value.ended.map(\.job.uuid) == [ended.job.uuid])
    inbox.close()
  }

  @Test func `waits until enough have ended or the store has answered`() async throws {
    let ended = try ended()
    let waiter = Task { [inbox] in await inbox.next(until: .seconds(60), enough: 3) }
    await clock.untilAsleep()
    inbox.post(ended)
    inbox.post(ended)
    inbox.post(ended)
    #expect(await waiter.value.ended.count == 3)
    inbox.post(ended)
    let other = Task { [inbox] in await inbox.next(until: .seconds(60), enough: 3) }
    inbox.post(Landing(flight: 7, result: .success(Exchange(now: Instant(microseconds: 0)))))
    let news = await other.value
    #expect(news.ended.count == 1)
    #expect(news.landings.map(\.flight) == [7])
    inbox.close()
  }

  @Test func `returns empty-handed when it is woken`() async {
    let waiter = Task { [inbox] in await inbox.next(until: .seconds(60), enough: 1) }
    await clock.untilAsleep()
    inbox.wake()
    #expect(await waiter.value.ended.isEmpty)
    inbox.close()
  }

  @Test func `remembers a wake-up that came while nobody waited, once`() async {
    inbox.wake()
    inbox.wake()
    #expect(await inbox.next(until: .seconds(60), enough: 1).ended.isEmpty)
    let waiter = Task { [inbox] in await inbox.next(until: .seconds(60), enough: 1) }
    await clock.untilAsleep()
    clock.advance(by: .seconds(60))
    #expect(await waiter.value.ended.isEmpty)
  }

  @Test func `returns at its deadline, not before`() async {
    let waiter = Task { [inbox, clock] in
      let taken = await inbox.next(until: .seconds(10), enough: 1)
      return (taken.ended.count, clock.uptime())
    }
    await clock.untilAsleep()
    clock.advance(by: .seconds(9))
    clock.advance(by: .seconds(1))
    let (count, uptime) = await waiter.value
    #expect(count == 0)
    #expect(uptime == .seconds(10))
  }

  @Test func `returns at once when its deadline is over`() async {
    #expect(await inbox.next(until: .zero, enough: 1).ended.isEmpty)
  }

  @Test func `waits for an earlier deadline although a later alarm is set`() async {
    let first = Task { [inbox] in await inbox.next(until: .seconds(60), enough: 1) }
    await clock.untilAsleep()
    inbox.wake()
    _ = await first.value
    let second = Task { [inbox] in await inbox.next(until: .seconds(5), enough: 1) }
    // The later alarm is taken off and the earlier one set, in either order.
    while clock.nextDeadline != .seconds(5) { await Task.yield() }
    clock.advance(by: .seconds(5))
    #expect(await second.value.ended.isEmpty)
  }

  @Test func `waits on after an alarm that an earlier wait had set`() async throws {
    let first = Task { [inbox] in await inbox.next(until: .seconds(5), enough: 1) }
    await clock.untilAsleep()
    inbox.wake()
    _ = await first.value
    let ended = try ended()
    let second = Task { [inbox] in await inbox.next(until: .seconds(60), enough: 1) }
    clock.advance(by: .seconds(5))
    inbox.post(ended)
    #expect(await second.value.ended.count == 1)
    inbox.close()
  }

  @Test func `loses nothing that many tasks post`() async throws {
    let ended = try ended()
    let taken = await withTaskGroup(of: Void.self) { group in
      for _ in 0..<8 {
        group.addTask { [inbox] in for _ in 0..<500 { inbox.post(ended) } }
      }
      var count = 0
      while count < 4_000 { count += await inbox.next(until: .seconds(60), enough: 1).ended.count }
      return count
    }
    #expect(taken == 4_000)
    inbox.close()
  }
}
