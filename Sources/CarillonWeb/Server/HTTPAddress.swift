/// Where a server listens.
public struct HTTPAddress: Sendable, Hashable, CustomStringConvertible {
  public let host: String
  public let port: Int

  /// `127.0.0.1:7117`: reached from this machine alone.
  public static let standard = HTTPAddress(host: "127.0.0.1", port: 7117)

  public init(host: String, port: Int) {
    self.host = host
    self.port = port
  }

  /// Reads `HOST:PORT`, or `[::1]:PORT`; nil for anything else.
  public init?(_ text: String) {
    guard let colon = text.lastIndex(of: ":"),
      let port = UInt16(text[text.index(after: colon)...])
    else { return nil }
    var host = text[..<colon]
    if host.hasPrefix("["), host.hasSuffix("]") {
      host = host.dropFirst().dropLast()
    } else if host.contains(":") {
      return nil
    }
    guard !host.isEmpty, host.utf8.count <= 253,
      host.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "/") })
    else { return nil }
    self.init(host: String(host), port: Int(port))
  }

  /// Whether only this machine reaches it.
  public var isLoopback: Bool { LoopbackHost.isLoopback(host) }

  public var description: String { host.contains(":") ? "[\(host)]:\(port)" : "\(host):\(port)" }
}
