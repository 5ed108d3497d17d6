public import Foundation

/// Makes UUIDs of version 7 (RFC 9562): a millisecond clock first, so that keys grow with time.
///
/// Within one generator they are strictly increasing, also when several are made in the same
/// millisecond or the clock steps back: the 74 random bits are then counted up (RFC 9562, 6.2,
/// method 2).
package struct UUIDv7Generator: Sendable {
  private var milliseconds: UInt64 = 0
  private var high: UInt64 = 0  // 12 bits
  private var low: UInt64 = 0  // 62 bits

  package init() {}

  /// The next identity at `now`, with randomness from `random`.
  package mutating func next(
    at now: Instant, using random: inout some RandomNumberGenerator
  ) -> UUID {
    let time = UInt64(clamping: now.microseconds / 1_000) & 0xFFFF_FFFF_FFFF
    if time > milliseconds {
      milliseconds = time
      high = random.next() & 0xFFF
      low = random.next() & 0x3FFF_FFFF_FFFF_FFFF
    } else {
      // A step of random size keeps the value hard to guess and the order strict.
      low += 1 + (random.next() & 0xFFFF_FFFF)
      if low > 0x3FFF_FFFF_FFFF_FFFF {
        low &= 0x3FFF_FFFF_FFFF_FFFF
        high += 1
      }
      if high > 0xFFF {
        high = 0
        milliseconds += 1
      }
    }
    return UUID(
      high: milliseconds << 16 | 0x7000 | high,
      low: 0x8000_0000_0000_0000 | low)
  }
}

extension UUID {
  /// The UUID of two halves, most significant byte first.
  package init(high: UInt64, low: UInt64) {
    func byte(_ half: UInt64, _ index: UInt64) -> UInt8 {
      UInt8(truncatingIfNeeded: half >> (56 - 8 * index))
    }
    self.init(
      uuid: (
        byte(high, 0), byte(high, 1), byte(high, 2), byte(high, 3),
        byte(high, 4), byte(high, 5), byte(high, 6), byte(high, 7),
        byte(low, 0), byte(low, 1), byte(low, 2), byte(low, 3),
        byte(low, 4), byte(low, 5), byte(low, 6), byte(low, 7)
      ))
  }

  /// The sixteen bytes as two halves, most significant byte first.
  package var halves: (high: UInt64, low: UInt64) {
    withUnsafeBytes(of: uuid) { bytes in
      (
        UInt64(bigEndian: bytes.loadUnaligned(as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
  }

  /// Whether this UUID's bytes come before the other's: the order that both databases use.
  package func precedes(_ other: UUID) -> Bool { halves < other.halves }

  /// The text form of RFC 9562: lower case, `018f3c1e-…`.
  public var text: String { uuidString.lowercased() }
}
