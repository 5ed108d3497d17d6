import Foundation
import Synchronization

/// The zones of the system, each read at most once.
final class ZoneCatalog: Sendable {
  static let shared = ZoneCatalog()

  /// Where Linux and macOS keep the data; `TZDIR` comes first, as it does for the C library.
  static let folders =
    [ProcessInfo.processInfo.environment["TZDIR"]].compactMap(\.self)
    + ["/usr/share/zoneinfo", "/usr/share/lib/zoneinfo", "/var/db/timezone/zoneinfo"]

  private let known = Mutex<[String: ZoneRules]>(["UTC": .utc])

  func rules(_ name: String) throws(ZoneError) -> ZoneRules {
    if let rules = known.withLock({ $0[name] }) { return rules }
    guard ZoneCatalog.isPlausible(name) else {
      throw ZoneError(
        description:
          "'\(name.prefix(60))' is no time zone; write an IANA name such as Europe/Paris.")
    }
    for folder in ZoneCatalog.folders {
      guard let data = FileManager.default.contents(atPath: "\(folder)/\(name)") else { continue }
      do throws(TZif.Malformed) {
        let rules = ZoneRules(name: name, spans: try TZif.spans(of: [UInt8](data)))
        known.withLock { $0[name] = rules }
        return rules
      } catch {
        throw ZoneError(description: "The file of time zone \(name) can't be read: \(error.why).")
      }
    }
    guard ZoneCatalog.folders.contains(where: FileManager.default.fileExists(atPath:)) else {
      throw ZoneError(
        description: "This machine has no time zone data; install the package tzdata.")
    }
    throw ZoneError(
      description: "There is no time zone '\(name)'; write an IANA name such as Europe/Paris.")
  }

  /// A name is only ever a path below the folder of zones.
  private static func isPlausible(_ name: String) -> Bool {
    guard (1...64).contains(name.utf8.count), let first = name.utf8.first,
      first >= 0x41, first != 0x5F
    else { return false }
    return !name.contains("//") && !name.hasSuffix("/")
      && name.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, 0x2B, 0x2D, 0x2F, 0x5F: true
        default: false
        }
      }
  }
}
