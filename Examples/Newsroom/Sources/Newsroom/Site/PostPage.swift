/// The page of one post.
struct PostPage: Sendable {
  let publication: Publication
  let markdown: Markdown
  let masthead: Masthead

  var html: String {
    let layout = PageLayout(
      masthead: masthead,
      title: "\(publication.title) · \(masthead.title)",
      description: publication.summary,
      root: "../")
    return layout.html(
      """
      <article>
      <header>
      <h1>\(Markup.escape(publication.title))</h1>
      <p class="summary">\(Markup.escape(publication.summary))</p>
      <p class="byline">By <strong>\(Markup.escape(publication.author))</strong> \
      <span class="dot">·</span> \(Dateline(publication).html)</p>
      </header>
      <div class="text">
      \(HTMLRenderer().render(markdown))
      </div>
      <p class="back"><a href="../index.html">All news</a></p>
      </article>
      """)
  }
}

/// When it was published, when it changed, and how long it takes to read.
struct Dateline: Sendable {
  let publication: Publication

  init(_ publication: Publication) {
    self.publication = publication
  }

  var html: String {
    let date = publication.date
    var parts = [
      "<time datetime=\"\(NewsDate.rfc3339(date))\">\(NewsDate.spelledOut(date))</time>"
    ]
    if publication.updated > date {
      parts.append("updated \(NewsDate.spelledOut(publication.updated))")
    }
    parts.append("\(publication.minutes) min read")
    return parts.joined(separator: " <span class=\"dot\">·</span> ")
  }
}
