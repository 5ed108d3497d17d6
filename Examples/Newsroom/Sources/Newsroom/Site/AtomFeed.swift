import Foundation

/// The feed, as RFC 4287 wants it.
struct AtomFeed: Sendable {
  /// Feed readers keep what they have seen, so the newest are enough.
  static let limit = 20

  /// Newest first.
  let publications: [Publication]
  let masthead: Masthead

  func xml() throws(SiteError) -> String {
    var entries = ""
    for publication in publications.prefix(Self.limit) { entries += try entry(publication) }
    // An empty feed needs a date too; the oldest there is says that nothing has happened yet.
    let updated = publications.map(\.updated).max() ?? Date(timeIntervalSince1970: 0)
    return """
      <?xml version="1.0" encoding="utf-8"?>
      <feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en">
        <id>\(Markup.escape(masthead.feedID))</id>
        <title>\(Markup.escape(masthead.title))</title>
        <subtitle>\(Markup.escape(masthead.tagline))</subtitle>
        <updated>\(NewsDate.rfc3339(updated))</updated>
        <link rel="self" type="application/atom+xml" href="\(try link("feed.xml"))" />
        <link rel="alternate" type="text/html" href="\(try link("index.html"))" />
        <generator>Carillon Newsroom</generator>
      \(entries)</feed>

      """
  }

  private func entry(_ publication: Publication) throws(SiteError) -> String {
    """
      <entry>
        <id>urn:uuid:\(publication.uuid.lowercase)</id>
        <title>\(Markup.escape(publication.title))</title>
        <link rel="alternate" type="text/html" href="\(try link(publication.path))" />
        <author><name>\(Markup.escape(publication.author))</name></author>
        <published>\(NewsDate.rfc3339(publication.date))</published>
        <updated>\(NewsDate.rfc3339(publication.updated))</updated>
        <summary>\(Markup.escape(publication.summary))</summary>
        <content type="html">\(Markup.escape(publication.html))</content>
      </entry>

    """
  }

  private func link(_ path: String) throws(SiteError) -> String {
    Markup.escape(try masthead.url(path).absoluteString)
  }
}
