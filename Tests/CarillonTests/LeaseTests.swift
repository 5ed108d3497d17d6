import Testing

@testable import Carillon

@Suite struct LeaseTests {
  private let lease = Lease(
    duration: .seconds(18), interval: .seconds(4), startedAt: .seconds(100))

  @Test func `runs out a lease after the renewal was asked for, not after it was answered`() {
    var lease = lease
    #expect(lease.expiresAt == .seconds(118))
    lease.renew(askedAt: .seconds(104))
    #expect(lease.expiresAt == .seconds(122))
    #expect(!lease.isExpired(at: .seconds(122) - .microseconds(1)))
    #expect(lease.isExpired(at: .seconds(122)))
  }

  @Test func `isn't shortened by an answer that comes late`() {
    var lease = lease
    lease.renew(askedAt: .seconds(108))
    lease.renew(askedAt: .seconds(104))
    #expect(lease.expiresAt == .seconds(126))
  }

  @Test func `is unbroken while renewals come in time`() {
    var lease = lease
    for uptime in stride(from: 104, through: 140, by: 4) { lease.renew(askedAt: .seconds(uptime)) }
    #expect(lease.isUnbroken(from: .seconds(100), to: .seconds(141)))
    #expect(!lease.isUnbroken(from: .seconds(99), to: .seconds(141)))
  }

  @Test func `is broken by a failed renewal, and whole again only from there on`() {
    var lease = lease
    lease.renew(askedAt: .seconds(104))
    lease.fail(at: .seconds(108))
    #expect(!lease.isUnbroken(from: .seconds(104), to: .seconds(109)))
    lease.renew(askedAt: .seconds(109))
    #expect(!lease.isUnbroken(from: .seconds(107), to: .seconds(110)))
    #expect(lease.isUnbroken(from: .seconds(108), to: .seconds(110)))
  }

  @Test func `is broken by a gap, as after a suspended host`() {
    var lease = lease
    lease.renew(askedAt: .seconds(104))
    #expect(!lease.isUnbroken(from: .seconds(100), to: .seconds(113)))
    lease.renew(askedAt: .seconds(500))
    #expect(!lease.isUnbroken(from: .seconds(100), to: .seconds(501)))
    #expect(lease.isUnbroken(from: .seconds(500), to: .seconds(501)))
  }
}
