import Foundation

/// The site: a folder that any web server can serve as it is.
///
///     index.html   feed.xml   style.css   posts/SLUG.html   images/…
struct Site: Sendable {
  let folder: URL
  let records: PublicationRecords
  /// Where the images of the posts are taken from.
  let images: URL
  let lock: FileLock
  let masthead: Masthead

  /// Puts a post onto the site, or its newer text in the place of the older.
  ///
  /// The order makes a crash harmless: the page before its record, the record before index and
  /// feed; so nothing ever points at a page that isn't there, and the next publication, or the
  /// next attempt at this one, brings index and feed up to date. The lock covers the record as
  /// well as what is made from all of them: of two posts published at once, by two threads or two
  /// processes, neither drops out.
  func publish(_ post: Post) throws -> Publication {
    let markdown = Markdown(post.markdown)
    let publication = try Publication(post, markdown: markdown, masthead: masthead)
    let page = PostPage(publication: publication, markdown: markdown, masthead: masthead)
    let pictures = try imageNames(in: markdown, post: post)
    return try lock.withLock {
      let before = try records.find(post.uuid)
      for name in pictures { try copyImage(name, post: post) }
      try write(Stylesheet.css, to: "style.css")
      try write(page.html, to: publication.path)
      try records.save(publication)
      let published = try records.all()
      try write(IndexPage(publications: published, masthead: masthead).html, to: "index.html")
      try write(AtomFeed(publications: published, masthead: masthead).xml(), to: "feed.xml")
      if let before { removeFormerPage(of: before, among: published) }
      return publication
    }
  }

  private func write(_ text: String, to path: String) throws(FileError) {
    try DurableFile.refresh(folder.appending(path: path), with: Data(text.utf8))
  }

  /// A post whose file was renamed leaves its old page, unless another post has that name now.
  private func removeFormerPage(of before: Publication, among published: [Publication]) {
    guard !published.contains(where: { $0.slug == before.slug }) else { return }
    try? FileManager.default.removeItem(at: folder.appending(path: before.path))
  }
}

// MARK: - Images

extension Site {
  /// The names of the site's own images in an article; images elsewhere stay where they are.
  private func imageNames(in markdown: Markdown, post: Post) throws(SiteError) -> [String] {
    var names: [String] = []
    for source in markdown.imageSources where !source.contains("://") {
      let name = source.dropFirst("../images/".count)
      guard source.hasPrefix("../images/"), !name.isEmpty, !name.contains("/"),
        !name.hasPrefix(".")
      else { throw .strayImage(post: post.slug, source: source) }
      names.append(String(name))
    }
    return names
  }

  private func copyImage(_ name: String, post: Post) throws {
    guard let data = try? Data(contentsOf: images.appending(path: name)) else {
      throw SiteError.missingImage(post: post.slug, source: "../images/\(name)")
    }
    try DurableFile.refresh(folder.appending(path: "images/\(name)"), with: data)
  }
}
