import Foundation

/// A connection string taken apart: what is for libpq, and what is Carillon's own.
struct ConnectionString {
  /// Parameters that libpq doesn't know and Carillon takes out.
  static let own: Set<String> = [
    "pool_size", "reserved_size", "schema", "listen_url", "pooler", "statement_timeout",
    "pool_timeout", "poll",
  ]

  /// Whether this can be the name of Carillon's schema. PostgreSQL cuts longer names, and then finds
  /// no schema of the whole name; `$body$` ends the text of a function.
  static func isSchema(_ name: String) -> Bool {
    (1...63).contains(name.utf8.count) && !name.contains("$body$") && !name.contains("\0")
  }

  /// The string without Carillon's parameters, as libpq wants it.
  private(set) var forServer = ""
  private(set) var parameters: [String: String] = [:]
  /// Names after a URL's question mark that hold nothing secret for sure.
  private(set) var names: [String] = []
  /// Passwords as they are written in the string, encoded.
  private(set) var writtenSecrets: [String] = []
  /// It can't be told where the password of a URL ends: a part of it would be taken for the server's
  /// name, and shown.
  private(set) var isAmbiguous = false

  /// Takes a URL (`postgres://…`) or pairs (`host=… dbname=…`).
  init(_ text: String) {
    if text.hasPrefix("postgres://") || text.hasPrefix("postgresql://") {
      readURL(text)
    } else {
      readPairs(text)
    }
  }

  // MARK: URLs

  private mutating func readURL(_ text: String) {
    guard let scheme = text.range(of: "://") else { return }
    let rest = text[scheme.upperBound...]
    // A question mark may stand in user and password, which end at the first @ before a slash.
    var query = rest.startIndex
    if let stop = rest.firstIndex(where: { $0 == "@" || $0 == "/" }), rest[stop] == "@" {
      let user = rest[..<stop]
      if let colon = user.firstIndex(of: ":") {
        writtenSecrets.append(String(user[user.index(after: colon)...]))
      }
      query = rest.index(after: stop)
    }
    isAmbiguous = rest[query...].prefix { $0 != "?" }.contains("@")
    guard let mark = rest[query...].firstIndex(of: "?") else {
      forServer = text
      return
    }
    var kept: [Substring] = []
    for pair in rest[rest.index(after: mark)...].split(separator: "&") {
      let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let name = String(parts[0]).removingPercentEncoding ?? String(parts[0])
      let value = parts.count > 1 ? String(parts[1]) : ""
      if ConnectionString.own.contains(name) {
        parameters[name] = value.removingPercentEncoding ?? value
      } else {
        if name.hasSuffix("password") { writtenSecrets.append(value) }
        kept.append(pair)
      }
    }
    let tail = rest[rest.index(after: mark)...]
    if !tail.contains("@"), !tail.contains("?") {
      names = kept.map { String($0.prefix { $0 != "=" }) }.filter { name in
        name.utf8.count <= 40
          && name.utf8.allSatisfy { (0x61...0x7A).contains($0) || $0 == UInt8(ascii: "_") }
      }
    }
    forServer = String(text[..<mark]) + (kept.isEmpty ? "" : "?" + kept.joined(separator: "&"))
  }

  // MARK: Pairs

  /// Follows libpq's rules: spaces around `=` are allowed, values may be quoted with `'`, and a
  /// backslash protects the next character. What isn't a pair is left for libpq to complain about.
  private mutating func readPairs(_ text: String) {
    var kept: [String] = []
    var rest = text[...]
    func skipSpaces() { rest = rest.drop(while: \.isWhitespace) }
    while true {
      skipSpaces()
      guard !rest.isEmpty else { break }
      let begin = rest
      let name = String(rest.prefix { $0 != "=" && !$0.isWhitespace })
      rest = rest.dropFirst(name.count)
      skipSpaces()
      guard rest.first == "=" else {
        kept.append(String(begin))
        break
      }
      rest = rest.dropFirst()
      skipSpaces()
      let written = rest
      let value = ConnectionString.takeValue(&rest)
      if ConnectionString.own.contains(name) {
        parameters[name] = value
      } else {
        let raw = String(written[..<rest.startIndex])
        if name.hasSuffix("password") { writtenSecrets += [raw, value] }
        kept.append("\(name)=\(raw)")
      }
    }
    forServer = kept.joined(separator: " ")
  }

  private static func takeValue(_ rest: inout Substring) -> String {
    var value = ""
    let isQuoted = rest.first == "'"
    if isQuoted { rest = rest.dropFirst() }
    while let character = rest.first {
      if isQuoted ? character == "'" : character.isWhitespace { break }
      rest = rest.dropFirst()
      if character == "\\", let next = rest.first {
        value.append(next)
        rest = rest.dropFirst()
      } else {
        value.append(character)
      }
    }
    if isQuoted { rest = rest.dropFirst() }
    return value
  }
}
