/// The front page: what is published, newest first.
struct IndexPage: Sendable {
  /// Newest first.
  let publications: [Publication]
  let masthead: Masthead

  var html: String {
    let layout = PageLayout(
      masthead: masthead, title: masthead.title, description: masthead.tagline, root: "")
    let entries = publications.map { publication in
      """
      <li>
      <h2><a href="\(publication.path)">\(Markup.escape(publication.title))</a></h2>
      <p>\(Markup.escape(publication.summary))</p>
      <p class="byline">\(Markup.escape(publication.author)) <span class="dot">·</span> \
      \(Dateline(publication).html)</p>
      </li>
      """
    }
    return layout.html(
      """
      <ol class="front">
      \(entries.joined(separator: "\n"))
      </ol>
      """)
  }
}
