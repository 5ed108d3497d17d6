import Foundation

/// The folder of posts. It is read anew at each question, so an edit needs no restart.
struct PostLibrary: Sendable {
  let folder: URL

  /// The post with that uuid, or nil if there is none.
  ///
  /// A broken file hides no other post; but when the one that was asked for isn't among the
  /// readable ones, the answer is the broken files, not "there is none".
  func find(_ uuid: UUID) throws(PostError) -> Post? {
    var matches: [Post] = []
    var broken: [PostError] = []
    for file in try files() {
      do throws(PostError) {
        let post = try read(file)
        if post.uuid == uuid { matches.append(post) }
      } catch {
        broken.append(error)
      }
    }
    if matches.count > 1 {
      throw .sharedUUID(uuid, files: matches.map { "\($0.slug).md" })
    }
    if matches.isEmpty, !broken.isEmpty {
      throw .notFoundAmongBroken(uuid, errors: broken)
    }
    return matches.first
  }

  /// All posts, newest first.
  func all() throws(PostError) -> [Post] {
    var posts: [Post] = []
    for file in try files() { posts.append(try read(file)) }
    return posts.sorted { ($0.date, $0.slug) > ($1.date, $1.slug) }
  }

  private func files() throws(PostError) -> [String] {
    guard let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path) else {
      throw .noFolder(path: folder.path)
    }
    return names.filter { $0.hasSuffix(".md") && !$0.hasPrefix(".") }.sorted()
  }

  private func read(_ file: String) throws(PostError) -> Post {
    guard let data = try? Data(contentsOf: folder.appending(path: file)),
      let text = String(data: data, encoding: .utf8)
    else { throw .notText(file: file) }
    return try Post(file: file, text: text)
  }
}
