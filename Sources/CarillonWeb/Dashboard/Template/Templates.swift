import Foundation
import Mustache

/// The dashboard's templates, which stand in the program itself.
struct Templates: Sendable {
  private let library: MustacheLibrary

  /// Throws when a template is wrong; the tests read them all.
  init(_ texts: [String: String]) throws {
    var library = MustacheLibrary()
    for (name, text) in texts { try library.register(Templates.raw(text), named: name) }
    self.library = library
  }

  /// Those of this program. One that is wrong leaves the dashboard without pages, and the API as it is.
  static let ofThisProgram = try? Templates(DashboardFiles.templates)

  func render(_ view: View, _ name: String) -> Markup {
    Markup(trusted: library.render(view, withTemplate: name) ?? "")
  }

  /// The template with every value's tag as `{{{name}}}`: views escape their texts themselves.
  static func raw(_ text: String) -> String {
    var raw = ""
    var rest = Substring(text)
    while let open = rest.range(of: "{{") {
      raw += rest[..<open.lowerBound]
      rest = rest[open.upperBound...]
      guard let close = rest.range(of: "}}") else { break }
      let tag = rest[..<close.lowerBound]
      rest = rest[close.upperBound...]
      let isValue = tag.first.map { !"#^/!><$&{=%*".contains($0) } ?? false
      raw += isValue ? "{{{\(tag)}}}" : "{{\(tag)}}"
    }
    return raw + rest
  }
}
