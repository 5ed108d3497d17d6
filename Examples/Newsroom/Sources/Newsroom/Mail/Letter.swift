import Foundation

/// What a subscriber gets about a post.
struct Letter: Sendable {
  let post: Post
  let subscriber: Subscriber
  let masthead: Masthead

  /// `key` names the letter: the same key gives the same Message-ID, so that even a mail program
  /// that gets a letter twice can tell.
  func message(key: String, date: Date) throws(SiteError) -> MIMEMessage {
    let markdown = Markdown(post.markdown)
    let page = try masthead.url("posts/\(post.slug).html")
    let links = LinkPolicy(base: page)
    let sender = masthead.sender
    return MIMEMessage(
      id: "\(UUID(name: key, in: subscriber.uuid).lowercase)@\(sender.domain)",
      date: date,
      from: sender,
      to: Mailbox(subscriber),
      subject: post.title,
      extra: [
        ("List-Id", "<news.\(sender.domain)>"),
        ("List-Unsubscribe", "<mailto:\(sender.address)?subject=unsubscribe>"),
        ("Auto-Submitted", "auto-generated"),
      ],
      plain: plain(PlainTextRenderer(links: links).render(markdown), page: page),
      html: html(HTMLRenderer(links: links).render(markdown), page: page))
  }

  private func plain(_ article: String, page: URL) -> String {
    let width = PlainTextRenderer.width
    let summary = PlainTextRenderer.wrap(post.summary, width: width).joined(separator: "\n")
    return """
      Dear \(subscriber.name),

      \(summary)

      \(post.title.uppercased())
      By \(post.author), \(NewsDate.spelledOut(post.date))

      \(article)
      -- \("")
      \(masthead.title)
      Read it on the site: \(page.absoluteString)
      To get no more letters, answer with the subject "unsubscribe".

      """
  }

  /// Mail programs know little of style sheets, so the few styles stand on their elements.
  private func html(_ article: String, page: URL) -> String {
    let address = Markup.escape(page.absoluteString)
    let small = "color:#667;font:14px/1.5 sans-serif"
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head><meta charset="utf-8" /><title>\(Markup.escape(post.title))</title></head>
      <body style="margin:0 auto;padding:24px;max-width:40em;font:17px/1.6 Georgia,serif">
      <p style="\(small)">\(Markup.escape(masthead.title))</p>
      <p>Dear \(Markup.escape(subscriber.name)),</p>
      <p><em>\(Markup.escape(post.summary))</em></p>
      <h1 style="line-height:1.2"><a href="\(address)" style="color:inherit">\
      \(Markup.escape(post.title))</a></h1>
      <p style="\(small)">By \(Markup.escape(post.author)), \(NewsDate.spelledOut(post.date))</p>
      \(article)
      <hr />
      <p style="\(small)"><a href="\(address)">Read it on the site</a>. \
      To get no more letters, answer with the subject “unsubscribe”.</p>
      </body>
      </html>

      """
  }
}
