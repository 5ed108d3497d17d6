import Foundation

/// Reads the compiled zone files of the IANA data (RFC 8536), versions 1 to 4.
enum TZif {
  struct Malformed: Error { let why: String }

  /// How far the rule in a file's footer is written out: the Gregorian calendar repeats after 400
  /// years, and no schedule looks further.
  static let lastYear = 2_500

  static func spans(of data: [UInt8]) throws(Malformed) -> [ZoneRules.Span] {
    var reader = Reader(data)
    var header = try reader.header()
    var size = 4
    if header.version >= 2 {
      // The first block is for readers that know only 32 bits.
      try reader.skip(header.length(timeSize: 4))
      header = try reader.header()
      size = 8
    }
    let times = try (0..<header.times).map { _ throws(Malformed) in
      size == 8 ? Int(try reader.int64()) : Int(try reader.int32())
    }
    let kinds = try (0..<header.times).map { _ throws(Malformed) in Int(try reader.byte()) }
    let offsets = try (0..<header.kinds).map { _ throws(Malformed) in
      let offset = Int(try reader.int32())
      try reader.skip(2)
      return offset
    }
    try reader.skip(header.rest(timeSize: size))
    guard let first = offsets.first, kinds.allSatisfy({ $0 < offsets.count }),
      zip(times, times.dropFirst()).allSatisfy(<), offsets.allSatisfy({ abs($0) <= 93_600 }),
      times.allSatisfy({ abs($0) < 1 << 50 })
    else { throw Malformed(why: "its transitions make no sense") }

    var changes = zip(times, kinds.map { offsets[$0] }).map { (at: $0, offset: $1) }
    if size == 8, let footer = reader.footer(), !footer.isEmpty {
      let rule = try PosixZone(footer)
      let known = changes.last?.at ?? .min
      let last = changes.last.map { $0.at.dividedDown(by: 86_400).quotient }
      let beginning = max(last.map { civilFromDays($0).year } ?? 1_970, 1_800)
      for year in beginning..<max(lastYear, beginning) {
        changes += rule.changes(in: year).filter { $0.at > known }
      }
      if changes.isEmpty { changes = [(Int.min, rule.standard)] }
    }
    return spans(first, changes)
  }

  /// Joins changes to spans; what changes no offset (only a name, or daylight saving alone) is none.
  private static func spans(_ first: Int, _ changes: [(at: Int, offset: Int)]) -> [ZoneRules.Span] {
    var spans: [ZoneRules.Span] = []
    var (start, offset) = (Int.min, first)
    for change in changes where change.offset != offset {
      if change.at > start {
        spans.append(.init(start: start, end: change.at, offset: offset))
      }
      (start, offset) = (change.at, change.offset)
    }
    spans.append(.init(start: start, end: .max, offset: offset))
    return spans
  }

  private struct Header {
    let version: Int
    let counts: [Int]

    var times: Int { counts[3] }
    var kinds: Int { counts[4] }
    /// What follows the types: names, leap seconds, indicators.
    func rest(timeSize: Int) -> Int {
      counts[5] + counts[2] * (timeSize + 4) + counts[1] + counts[0]
    }
    func length(timeSize: Int) -> Int {
      times * (timeSize + 1) + kinds * 6 + rest(timeSize: timeSize)
    }
  }

  private struct Reader {
    private let data: [UInt8]
    private var position = 0

    init(_ data: [UInt8]) { self.data = data }

    mutating func skip(_ count: Int) throws(Malformed) {
      guard count >= 0, count <= data.count - position else {
        throw Malformed(why: "it is cut off")
      }
      position += count
    }

    mutating func byte() throws(Malformed) -> UInt8 {
      guard position < data.count else { throw Malformed(why: "it is cut off") }
      defer { position += 1 }
      return data[position]
    }

    mutating func int32() throws(Malformed) -> Int32 {
      var value: UInt32 = 0
      for _ in 0..<4 { value = value << 8 | UInt32(try byte()) }
      return Int32(bitPattern: value)
    }

    mutating func int64() throws(Malformed) -> Int64 {
      var value: UInt64 = 0
      for _ in 0..<8 { value = value << 8 | UInt64(try byte()) }
      return Int64(bitPattern: value)
    }

    mutating func header() throws(Malformed) -> Header {
      guard data.count - position >= 44, Array(data[position..<position + 4]) == Array("TZif".utf8)
      else { throw Malformed(why: "it is no TZif file") }
      position += 4
      let version = Int(try byte())
      try skip(15)
      var counts: [Int] = []
      for _ in 0..<6 {
        let count = Int(try int32())
        // No zone comes near; a damaged file must not make us allocate.
        guard (0...20_000).contains(count) else { throw Malformed(why: "a count is absurd") }
        counts.append(count)
      }
      return Header(version: version == 0 ? 1 : version - 0x30, counts: counts)
    }

    /// The text between the last two newlines.
    func footer() -> String? {
      guard position < data.count, data[position] == 0x0A else { return nil }
      return String(
        decoding: data[(position + 1)...].prefix { $0 != 0x0A }, as: UTF8.self)
    }
  }
}
