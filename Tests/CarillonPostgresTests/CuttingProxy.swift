import Dispatch
import Foundation
import Synchronization

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

#if canImport(Glibc)
  private let streamSocket = CInt(SOCK_STREAM.rawValue)
#else
  private let streamSocket = SOCK_STREAM
#endif

#if canImport(Darwin)
  private let noSignal: CInt = 0
#else
  private let noSignal = CInt(truncatingIfNeeded: Int(MSG_NOSIGNAL))
#endif

/// A way to the server that breaks when told to: just as COMMIT passes, before or after the server has
/// got it.
final class CuttingProxy: Sendable {
  enum Cut: Sendable, CaseIterable { case beforeCommit, afterCommit }

  let port: Int
  private let listening: CInt
  private let target: Int
  private let cut = Mutex<Cut?>(nil)
  private let open = Mutex<Set<CInt>>([])

  /// To a server on this machine.
  init(to url: String) throws {
    target = Int(url.split(separator: ":").last?.prefix { $0.isNumber } ?? "") ?? 5_432
    listening = socket(AF_INET, streamSocket, 0)
    guard let port = CuttingProxy.opened(listening) else { throw CocoaError(.fileNoSuchFile) }
    self.port = port
    Thread.detachNewThread { [self] in accepting() }
  }

  /// The next COMMIT that passes ends its connection.
  func arm(_ cut: Cut) { self.cut.withLock { $0 = cut } }

  func stop() {
    shutdown(listening, CInt(SHUT_RDWR))
    close(listening)
    for descriptor in open.withLock({ $0 }) { shutdown(descriptor, CInt(SHUT_RDWR)) }
  }

  private static func address(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    return address
  }

  /// Listens on a free port; answers with it.
  private static func opened(_ descriptor: CInt) -> Int? {
    var address = CuttingProxy.address(0)
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    return withUnsafeMutablePointer(to: &address) { address in
      address.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer -> Int? in
        guard bind(descriptor, pointer, length) == 0, listen(descriptor, 50) == 0,
          getsockname(descriptor, pointer, &length) == 0
        else { return nil }
        return 0
      } == nil ? nil : Int(UInt16(bigEndian: address.pointee.sin_port))
    }
  }

  private func accepting() {
    while true {
      let client = accept(listening, nil, nil)
      guard client >= 0 else { return }
      let server = socket(AF_INET, streamSocket, 0)
      var address = CuttingProxy.address(target)
      let connected = withUnsafePointer(to: &address) {
        $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          connect(server, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard connected == 0 else {
        close(client)
        continue
      }
      open.withLock { $0.formUnion([client, server]) }
      Thread.detachNewThread { [self] in pump(client, server, isToServer: true) }
      Thread.detachNewThread { [self] in pump(server, client, isToServer: false) }
    }
  }

  private func pump(_ from: CInt, _ to: CInt, isToServer: Bool) {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = read(from, &buffer, buffer.count)
      guard count > 0 else { break }
      var cut: Cut?
      if isToServer, Data(buffer[..<count]).range(of: Data("COMMIT\0".utf8)) != nil {
        cut = self.cut.withLock { armed in
          defer { armed = nil }
          return armed
        }
      }
      if cut == .beforeCommit { break }
      // The answer must not come back.
      if cut == .afterCommit { shutdown(from, CInt(SHUT_WR)) }
      var sent = 0
      while sent < count {
        let written = buffer[sent..<count].withUnsafeBytes {
          send(to, $0.baseAddress, $0.count, noSignal)
        }
        guard written > 0 else { break }
        sent += written
      }
      if cut == .afterCommit {
        // Until the server has carried it out.
        usleep(200_000)
        break
      }
    }
    shutdown(from, CInt(SHUT_RDWR))
    shutdown(to, CInt(SHUT_RDWR))
  }
}
