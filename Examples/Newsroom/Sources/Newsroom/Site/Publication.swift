import Foundation

/// What the site knows of a published post; index and feed are made of these alone.
///
/// It follows from the post and from nothing else, no clock in particular: publishing a post again
/// changes no byte, which is what makes a second attempt harmless.
struct Publication: Codable, Sendable, Equatable {
  let uuid: UUID
  let slug: String
  let title: String
  let author: String
  let date: Date
  let updated: Date
  let summary: String
  let words: Int
  /// The article with whole addresses, for readers elsewhere.
  let html: String

  var path: String { "posts/\(slug).html" }

  /// At 220 words a minute, and never none.
  var minutes: Int { max(1, (words + 110) / 220) }

  init(_ post: Post, markdown: Markdown, masthead: Masthead) throws(SiteError) {
    uuid = post.uuid
    slug = post.slug
    title = post.title
    author = post.author
    date = post.date
    updated = post.updated
    summary = post.summary
    words = markdown.wordCount
    let base = try masthead.url("posts/\(post.slug).html")
    html = HTMLRenderer(links: LinkPolicy(base: base)).render(markdown)
  }
}
