/// The statements that a connection knows by name; the one unused for longest makes room.
struct PreparedStatements {
  struct Key: Hashable {
    let sql: String
    let types: [UInt32]
  }

  private struct Entry {
    let name: String
    var used: UInt64
  }

  private let limit: Int
  /// Random, so that behind a pooler two clients never mean different statements by one name.
  private let prefix: String
  private var entries: [Key: Entry] = [:]
  private var clock: UInt64 = 0

  init(limit: Int) {
    self.limit = max(limit, 1)
    prefix = "carillon_" + String(UInt64.random(in: 0 ... .max), radix: 36)
  }

  /// The name of a statement that the server knows.
  mutating func name(of statement: PostgresStatement) -> String? {
    clock += 1
    let key = Key(sql: statement.sql, types: statement.types)
    guard let index = entries.index(forKey: key) else { return nil }
    entries.values[index].used = clock
    return entries.values[index].name
  }

  /// A new name for a statement that is about to be prepared.
  mutating func add(_ statement: PostgresStatement) -> String {
    clock += 1
    let name = "\(prefix)_\(clock)"
    entries[Key(sql: statement.sql, types: statement.types)] = Entry(name: name, used: clock)
    return name
  }

  /// The names to give up so that `more` statements fit.
  mutating func makeRoom(for more: Int) -> [String] {
    let surplus = entries.count + more - limit
    guard surplus > 0 else { return [] }
    let oldest = entries.sorted { $0.value.used < $1.value.used }.prefix(surplus)
    for entry in oldest { entries[entry.key] = nil }
    return oldest.map(\.value.name)
  }

  mutating func forget(_ statement: PostgresStatement) {
    entries[Key(sql: statement.sql, types: statement.types)] = nil
  }

  mutating func forgetAll() { entries = [:] }
}
