import HTTPTypes

/// The cookies of a request, and those of an answer.
enum Cookies {
  /// The value of the first cookie of that name.
  static func value(_ name: String, in headers: HTTPFields) -> String? {
    for header in headers[values: .cookie] {
      for pair in header.split(separator: ";") {
        let sides = pair.drop { $0 == " " }.split(
          separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        if sides.count == 2, sides[0] == name { return String(sides[1]) }
      }
    }
    return nil
  }

  /// A Set-Cookie header. Without a path it is for the folder of the address that sets it.
  static func set(
    _ name: String, _ value: String, path: String? = nil, maxAge: Int, isSecure: Bool,
    isForScripts: Bool = false
  ) -> String {
    var text = "\(name)=\(value); Max-Age=\(maxAge); SameSite=Strict"
    if let path { text += "; Path=\(path)" }
    if !isForScripts { text += "; HttpOnly" }
    if isSecure { text += "; Secure" }
    return text
  }
}
