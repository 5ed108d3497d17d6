import Foundation
import Testing

@testable import Newsroom

private func line(_ source: String) -> String {
  let html = HTMLRenderer().render(Markdown(source))
  return html.hasPrefix("<p>") ? String(html.dropFirst(3).dropLast(4)) : html
}

struct MarkdownInlineTests {
  @Test(arguments: [
    ("*a*", "<em>a</em>"),
    ("_a_", "<em>a</em>"),
    ("**a**", "<strong>a</strong>"),
    ("***a***", "<em><strong>a</strong></em>"),
    ("**_a_ b**", "<strong><em>a</em> b</strong>"),
    ("*a **b** c*", "<em>a <strong>b</strong> c</em>"),
    ("snake_case_name", "snake_case_name"),
    ("2 * 3 * 4", "2 * 3 * 4"),
    ("*open", "*open"),
    ("**a*", "*<em>a</em>"),
    ("*a _b* c_", "<em>a _b</em> c_"),
    ("f*oo*bar", "f<em>oo</em>bar"),
    ("\\*a\\*", "*a*"),
    ("Łódź *żółć*", "Łódź <em>żółć</em>"),
  ])
  func `stars and underscores make emphasis`(source: String, html: String) {
    #expect(line(source) == html)
  }

  @Test(arguments: [
    ("`a*b*`", "<code>a*b*</code>"),
    ("`` a`b ``", "<code>a`b</code>"),
    ("`<i>`", "<code>&lt;i&gt;</code>"),
    ("`a", "`a"),
    ("``a` b", "``a` b"),
  ])
  func `backticks make code`(source: String, html: String) {
    #expect(line(source) == html)
  }

  @Test(arguments: [
    ("[a](https://example.org)", "<a href=\"https://example.org\">a</a>"),
    (
      "[*a*](x.html \"The \\\"x\\\"\")",
      "<a href=\"x.html\" title=\"The &quot;x&quot;\"><em>a</em></a>"
    ),
    ("[a](<b c>)", "<a href=\"bc\">a</a>"),
    ("[a](b(c)d)", "<a href=\"b(c)d\">a</a>"),
    ("[a [b](c) d](e)", "[a <a href=\"c\">b</a> d](e)"),
    ("[a]", "[a]"),
    ("[a](b", "[a](b"),
    ("a] b", "a] b"),
    ("<http://a.b/?c&d>", "<a href=\"http://a.b/?c&amp;d\">http://a.b/?c&amp;d</a>"),
    ("![A *bell*](bell.svg)", "<img src=\"bell.svg\" alt=\"A bell\" />"),
    ("[![a](i.svg)](x)", "<a href=\"x\"><img src=\"i.svg\" alt=\"a\" /></a>"),
    ("[a](/straße)", "<a href=\"/stra%C3%9Fe\">a</a>"),
  ])
  func `brackets make links and images`(source: String, html: String) {
    #expect(line(source) == html)
  }

  @Test(arguments: [
    "javascript:alert(1)", "JavaScript:alert(1)", "<java script:alert(1)>", "java\tscript:x",
    "vbscript:x", "data:text/html,x", "\u{1}javascript:x", "file:///etc/passwd",
  ])
  func `an address with a scheme of its own is refused`(address: String) {
    let html = line("[a](\(address)) ![b](\(address))")
    #expect(!html.contains("href"))
    #expect(!html.contains("src"))
  }

  @Test func `a disguised scheme stays a harmless relative address`() {
    #expect(line("[a](&#106;avascript:x)") == "<a href=\"&amp;#106;avascript:x\">a</a>")
  }

  @Test func `HTML in the source is shown, not obeyed`() {
    #expect(
      line("<script>alert('x')</script> & \"co\"")
        == "&lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;co&quot;")
    #expect(line("[a](x\"onmouseover=\"y)").contains("x%22onmouseover=%22y"))
  }

  @Test func `relative addresses become whole ones for readers elsewhere`() {
    let base = URL(string: "https://example.org/posts/a.html")
    let renderer = HTMLRenderer(links: LinkPolicy(base: base))
    #expect(
      renderer.render(Markdown("![a](../images/b.svg) [c](#d)"))
        == "<p><img src=\"https://example.org/images/b.svg\" alt=\"a\" /> "
        + "<a href=\"https://example.org/posts/a.html#d\">c</a></p>")
  }

  @Test func `plain text keeps the structure within 72 columns`() {
    let source = """
      ## Part

      Some *words* and a [link](https://example.org/) that go on
      for long enough to need a second line.

      > quoted

      1. one
         - inner
      2. two
      """
    let text = PlainTextRenderer().render(Markdown(source))
    #expect(
      text == """
        Part
        ----

        Some _words_ and a link <https://example.org/> that go on for long
        enough to need a second line.

        > quoted

        1. one
           - inner
        2. two

        """)
  }
}
