import Carillon
import Crypto
import Foundation
import HTTPTypes

/// What a form has come to, said once by the page after it; on its way there it is a signed cookie.
struct Notice: Sendable, Hashable {
  enum Kind: String, Sendable, Hashable {
    case done, refused
  }

  let kind: Kind
  let text: String

  private static let cookieName = "carillon_notice"
  private static let longest = 600

  static func done(_ text: String) -> Notice { Notice(kind: .done, text: text) }
  static func refused(_ text: String) -> Notice { Notice(kind: .refused, text: text) }

  func cookie(for call: Call, key: SymmetricKey, isSecure: Bool) -> String {
    let shown = Data(text.prefix(Notice.longest).utf8).base64EncodedString()
      .replacing("+", with: "-").replacing("/", with: "_").replacing("=", with: "")
    let content = "\(kind.rawValue).\(shown)"
    return Cookies.set(
      Notice.cookieName, "\(content).\(Signature.of(content, "notice", key))",
      path: "\(call.prefix)/", maxAge: 60, isSecure: isSecure)
  }

  /// The notice that the request brings, if it is ours.
  static func shown(to call: Call, key: SymmetricKey) -> Notice? {
    guard let text = Cookies.value(cookieName, in: call.headers) else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
    guard parts.count == 3, let kind = Kind(rawValue: parts[0]),
      Signature.isGood(parts[2], of: "\(parts[0]).\(parts[1])", "notice", key)
    else { return nil }
    let base = parts[1].replacing("-", with: "+").replacing("_", with: "/")
    let padded = base + String(repeating: "=", count: (4 - base.utf8.count % 4) % 4)
    guard let data = Data(base64Encoded: padded) else { return nil }
    return Notice(kind: kind, text: String(decoding: data, as: UTF8.self))
  }

  static func forgotten(by call: Call) -> String {
    Cookies.set(cookieName, "", path: "\(call.prefix)/", maxAge: 0, isSecure: false)
  }
}

/// Light, dark, or as the system has it.
enum Theme: String, Sendable, CaseIterable {
  case light, dark, system

  static let cookie = "carillon_theme"

  init(of call: Call) {
    self = Cookies.value(Theme.cookie, in: call.headers).flatMap(Theme.init) ?? .system
  }
}
