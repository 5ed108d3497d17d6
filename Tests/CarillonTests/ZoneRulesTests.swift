import Foundation
import Testing

@testable import Carillon

@Suite struct ZoneRulesTests {
  @Test(arguments: [
    "Europe/Paris", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "Asia/Kolkata",
    "America/Nuuk", "Pacific/Kiritimati", "UTC", "Etc/GMT+12",
  ])
  func `offsets are those of the system`(_ name: String) throws {
    let rules = try ZoneRules.named(name)
    let zone = try #require(TimeZone(identifier: name))
    var random = SystemRandomNumberGenerator()
    for _ in 0..<2_000 {
      // 1975 to 2037: what both sources write out.
      let second = Int.random(in: 157_766_400...2_114_380_800, using: &random)
      let instant = Instant(microseconds: Int64(second) * 1_000_000)
      #expect(rules.offset(at: instant) == zone.secondsFromGMT(for: instant.date), "\(second)")
    }
  }

  @Test func `the rule of a file's footer goes on for centuries`() throws {
    let paris = try ZoneRules.named("Europe/Paris")
    #expect(paris.offset(at: try Instant(rfc3339: "2400-07-01T00:00:00Z")) == 7_200)
    #expect(paris.offset(at: try Instant(rfc3339: "2400-12-01T00:00:00Z")) == 3_600)
  }

  @Test(arguments: [
    "Europe/Pariss", "", "../etc/passwd", "/etc/passwd", "Europe/../../etc/passwd", "Europe",
    "Europe/Paris\0", "posixrules\n",
  ])
  func `a name that is no zone is refused`(_ name: String) {
    #expect(throws: ZoneError.self) { _ = try ZoneRules.named(name) }
  }

  @Test func `a damaged file is refused, not believed`() throws {
    let whole = try #require(
      ZoneCatalog.folders.lazy.compactMap {
        FileManager.default.contents(atPath: $0 + "/Europe/Paris")
      }.first)
    for length in stride(from: 0, to: whole.count - 60, by: 37) {
      #expect(throws: TZif.Malformed.self) { _ = try TZif.spans(of: [UInt8](whole.prefix(length))) }
    }
    var random = SystemRandomNumberGenerator()
    for _ in 0..<500 {
      var bytes = [UInt8](whole)
      for _ in 0..<4 { bytes[Int.random(in: bytes.indices, using: &random)] = .random(in: 0...255) }
      // It may still be sound; it must not trap.
      _ = try? TZif.spans(of: bytes)
    }
  }

  @Test func `rules of POSIX are read in all their forms`() throws {
    #expect(try PosixZone("<-02>2<-01>,M3.5.0/-1,M10.5.0/0").changes(in: 2_027).count == 2)
    #expect(try PosixZone("EST5EDT,J60/2,300/2:30:15").changes(in: 2_028).count == 2)
    #expect(try PosixZone("IST-5:30").standard == 19_800)
    for text in ["", "5", "EST", "EST5EDT,M13.1.0,M10.1.0", "EST5EDT,M3.2.0", "EST99"] {
      #expect(throws: TZif.Malformed.self, "\(text)") { _ = try PosixZone(text) }
    }
  }
}
