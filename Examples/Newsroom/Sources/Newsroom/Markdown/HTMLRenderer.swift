/// An article as HTML.
struct HTMLRenderer: Sendable {
  var links = LinkPolicy()

  func render(_ markdown: Markdown) -> String {
    render(markdown.blocks)
  }

  private func render(_ blocks: [Block]) -> String {
    blocks.map { render($0) }.joined(separator: "\n")
  }

  private func render(_ block: Block) -> String {
    switch block {
    case .heading(let level, let inlines): "<h\(level)>\(render(inlines))</h\(level)>"
    case .paragraph(let inlines): "<p>\(render(inlines))</p>"
    case .code(let language, let code): render(code: code, language: language)
    case .quote(let blocks): "<blockquote>\n\(render(blocks))\n</blockquote>"
    case .list(let list): render(list)
    case .rule: "<hr />"
    }
  }

  private func render(code: String, language: String) -> String {
    let name = language.isEmpty ? "" : " class=\"language-\(Markup.escape(language))\""
    let end = code.isEmpty ? "" : "\n"
    return "<pre><code\(name)>\(Markup.escape(code))\(end)</code></pre>"
  }

  private func render(_ list: Block.List) -> String {
    let items = list.items.map { "<li>\(render(item: $0, isTight: list.isTight))</li>" }
    let lines = items.joined(separator: "\n")
    guard let start = list.start else { return "<ul>\n\(lines)\n</ul>" }
    return "<ol\(start == 1 ? "" : " start=\"\(start)\"")>\n\(lines)\n</ol>"
  }

  private func render(item blocks: [Block], isTight: Bool) -> String {
    blocks.map { block in
      if isTight, case .paragraph(let inlines) = block { return render(inlines) }
      return render(block)
    }.joined(separator: "\n")
  }

  private func render(_ inlines: [Inline]) -> String {
    inlines.map { render($0) }.joined()
  }

  private func render(_ inline: Inline) -> String {
    switch inline {
    case .text(let text): Markup.escape(text)
    case .emphasis(let children): "<em>\(render(children))</em>"
    case .strong(let children): "<strong>\(render(children))</strong>"
    case .code(let code): "<code>\(Markup.escape(code))</code>"
    case .link(let destination, let title, let children):
      render(link: destination, title: title, children)
    case .image(let source, let title, let alternative):
      render(image: source, title: title, alternative)
    case .softBreak: "\n"
    case .hardBreak: "<br />\n"
    }
  }

  /// A refused address leaves the words.
  private func render(link: String, title: String?, _ children: [Inline]) -> String {
    guard let address = links.address(link) else { return render(children) }
    return "<a href=\"\(Markup.escape(address))\"\(attribute(title))>\(render(children))</a>"
  }

  private func render(image: String, title: String?, _ alternative: String) -> String {
    guard let address = links.address(image) else { return Markup.escape(alternative) }
    return """
      <img src="\(Markup.escape(address))" alt="\(Markup.escape(alternative))"\(attribute(title)) />
      """
  }

  private func attribute(_ title: String?) -> String {
    title.map { " title=\"\(Markup.escape($0))\"" } ?? ""
  }
}
