import Foundation

@testable import Newsroom

/// A newsroom in a folder of its own, which goes away with it.
final class ScratchNewsroom: Sendable {
  /// The content that comes with the example.
  static let sampleContent = URL(filePath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "content")

  let folder: URL
  let workspace: Newsroom.Workspace

  init(content: URL = ScratchNewsroom.sampleContent) {
    folder = FileManager.default.temporaryDirectory
      .appending(path: "newsroom-tests-\(UUID().lowercase)")
    workspace = Newsroom.Workspace(content: content, output: folder)
  }

  deinit {
    try? FileManager.default.removeItem(at: folder)
  }

  func text(_ path: String) throws -> String {
    try String(contentsOf: folder.appending(path: path), encoding: .utf8)
  }

  func names(in path: String) -> [String] {
    let names = try? FileManager.default.contentsOfDirectory(
      atPath: folder.appending(path: path).path)
    return (names ?? []).sorted()
  }
}

extension Post {
  /// A post about nothing, for tests that need some post.
  static func sample(
    slug: String = "quiet-day", uuid: UUID = UUID(), title: String = "A quiet day",
    date: Date = Date(timeIntervalSince1970: 1_772_528_400), summary: String = "Nothing happened.",
    markdown: String = "Nothing happened, *twice*."
  ) -> Post {
    Post(
      slug: slug, uuid: uuid, title: title, author: "Ines Calloway", date: date, updated: date,
      summary: summary, markdown: markdown)
  }
}
