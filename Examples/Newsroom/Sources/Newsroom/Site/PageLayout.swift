/// What all pages share: the head, the paper's name on top, the line at the foot.
struct PageLayout: Sendable {
  let masthead: Masthead
  let title: String
  let description: String
  /// The way from the page to the site's root: empty, or `../`.
  let root: String

  func html(_ main: String) -> String {
    """
    <!DOCTYPE html>
    <html lang="en">
    <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>\(Markup.escape(title))</title>
    <meta name="description" content="\(Markup.escape(description))" />
    <link rel="stylesheet" href="\(root)style.css" />
    <link rel="alternate" type="application/atom+xml" \
    title="\(Markup.escape(masthead.title))" href="\(root)feed.xml" />
    </head>
    <body>
    <header class="masthead">
    <p class="name"><a href="\(root)index.html">\(Markup.escape(masthead.title))</a></p>
    <p class="tagline">\(Markup.escape(masthead.tagline))</p>
    </header>
    <main>
    \(main)
    </main>
    <footer>
    <p>\(Markup.escape(masthead.title)) is printed by the tide and published by Carillon.
    <a href="\(root)feed.xml">Follow the feed</a>.</p>
    </footer>
    </body>
    </html>

    """
  }
}
