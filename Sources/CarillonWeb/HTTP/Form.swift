import Foundation
import HTTPTypes

/// What a page's form sends: names and values, a name perhaps several times.
struct Form: Sendable {
  /// Fields in one form at most.
  static let mostFields = 2_000

  private let fields: [(name: String, value: String)]

  init(_ text: String) throws(Problem) {
    var fields: [(String, String)] = []
    for pair in text.split(separator: "&") {
      let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      guard fields.count < Form.mostFields, let name = Form.decoded(sides[0]),
        let value = sides.count > 1 ? Form.decoded(sides[1]) : ""
      else { throw Problem(.malformedRequest, "The form's fields can't be read.") }
      fields.append((name, value))
    }
    self.fields = fields
  }

  private static func decoded(_ text: some StringProtocol) -> String? {
    String(text).replacing("+", with: " ").removingPercentEncoding
  }

  /// The first value of that name, without spaces around it; empty when there is none.
  subscript(_ name: String) -> String {
    (fields.first { $0.name == name }?.value ?? "").trimmingCharacters(in: .whitespaces)
  }

  func all(_ name: String) -> [String] { fields.filter { $0.name == name }.map(\.value) }
}

extension Call {
  /// The body as a form; bounded, for forms hold no job's args.
  func form() async throws -> Form {
    guard mediaType == "application/x-www-form-urlencoded" else {
      throw Problem(
        .unsupportedMediaType, "A page's form is sent as application/x-www-form-urlencoded.")
    }
    return try Form(String(decoding: try await readBody(262_144), as: UTF8.self))
  }
}
