import Foundation

/// What an Accept header takes (RFC 9110, 12.5.1).
enum Accept {
  /// Whether an answer of this media type may be sent.
  static func allows(_ type: String, _ header: String?) -> Bool {
    guard let header, !header.isEmpty else { return true }
    let wanted = type.prefix { $0 != ";" }.lowercased()
    let group = wanted.prefix { $0 != "/" } + "/*"
    // The most precise range counts.
    var best: (precision: Int, quality: Double)?
    for range in header.split(separator: ",") {
      let parts = range.split(separator: ";").map {
        $0.trimmingCharacters(in: .whitespaces).lowercased()
      }
      guard let name = parts.first else { continue }
      let precision =
        switch name {
        case wanted: 3
        case String(group): 2
        case "*/*", "*": 1
        default: 0
        }
      guard precision > 0, precision >= best?.precision ?? 0 else { continue }
      let quality = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap {
        Double($0.dropFirst(2))
      }
      best = (precision, quality ?? 1)
    }
    return (best?.quality ?? 0) > 0
  }
}
