import Testing

@testable import Newsroom

private func html(_ source: String) -> String {
  HTMLRenderer().render(Markdown(source))
}

struct MarkdownBlockTests {
  @Test func `hashes and underlines make headings`() {
    #expect(
      html("# One #\n## Two\n####### Seven") == """
        <h1>One</h1>
        <h2>Two</h2>
        <p>####### Seven</p>
        """)
    #expect(html("Title\n===\nPart\n---") == "<h1>Title</h1>\n<h2>Part</h2>")
    #expect(html("#hashtag") == "<p>#hashtag</p>")
  }

  @Test func `blank lines part paragraphs, and single line ends do not`() {
    #expect(html("a\nb\n\nc") == "<p>a\nb</p>\n<p>c</p>")
  }

  @Test func `two spaces or a backslash break a line`() {
    #expect(
      html("Quay Street\\\nPort Ansgar  \nCoast") == """
        <p>Quay Street<br />
        Port Ansgar<br />
        Coast</p>
        """)
  }

  @Test func `fenced code is kept as typed`() {
    #expect(
      html("```swift\nlet a = \"<b>\" // *no*\n\n  x\n```\nafter") == """
        <pre><code class="language-swift">let a = &quot;&lt;b&gt;&quot; // *no*

          x
        </code></pre>
        <p>after</p>
        """)
    #expect(html("~~~\n```\n~~~") == "<pre><code>```\n</code></pre>")
    #expect(html("```\nnever closed") == "<pre><code>never closed\n</code></pre>")
    #expect(html("    four\n      six") == "<pre><code>four\n  six\n</code></pre>")
  }

  @Test func `quotes hold blocks, other quotes too`() {
    #expect(
      html("> a\nlazy\n>\n> > b\n\nc") == """
        <blockquote>
        <p>a
        lazy</p>
        <blockquote>
        <p>b</p>
        </blockquote>
        </blockquote>
        <p>c</p>
        """)
  }

  @Test func `lists nest by indentation`() {
    #expect(
      html("1. one\n2. two\n   - a\n   - b\n     1. deep\n3. three") == """
        <ol>
        <li>one</li>
        <li>two
        <ul>
        <li>a</li>
        <li>b
        <ol>
        <li>deep</li>
        </ol></li>
        </ul></li>
        <li>three</li>
        </ol>
        """)
  }

  @Test func `a blank line makes a list loose`() {
    #expect(html("- a\n\n- b") == "<ul>\n<li><p>a</p></li>\n<li><p>b</p></li>\n</ul>")
    #expect(
      html("- a\n\n  still a\n- b") == """
        <ul>
        <li><p>a</p>
        <p>still a</p></li>
        <li><p>b</p></li>
        </ul>
        """)
  }

  @Test func `another sign or another kind begins another list`() {
    #expect(
      html("- a\n+ b\n3. c") == """
        <ul>
        <li>a</li>
        </ul>
        <ul>
        <li>b</li>
        </ul>
        <ol start="3">
        <li>c</li>
        </ol>
        """)
    #expect(html("3. c\n4. d") == "<ol start=\"3\">\n<li>c</li>\n<li>d</li>\n</ol>")
  }

  @Test func `a year at the start of a line begins no list inside a paragraph`() {
    #expect(html("The year was\n1986. A good one.") == "<p>The year was\n1986. A good one.</p>")
  }

  @Test func `three stars or hyphens are a rule`() {
    #expect(html("a\n\n* * *\n\n---") == "<p>a</p>\n<hr />\n<hr />")
  }

  @Test func `code fences stand inside list items`() {
    #expect(
      html("- a\n  ```\n  x\n  ```\n- b") == """
        <ul>
        <li>a
        <pre><code>x
        </code></pre></li>
        <li>b</li>
        </ul>
        """)
  }

  @Test func `windows line ends are line ends`() {
    #expect(html("a\r\n\r\n- b\r\n- c") == "<p>a</p>\n<ul>\n<li>b</li>\n<li>c</li>\n</ul>")
  }

  @Test(arguments: [
    String(repeating: ">", count: 50_000),
    String(repeating: "- ", count: 50_000) + "x",
    String(repeating: "[", count: 50_000) + String(repeating: "](x)", count: 50_000),
    String(repeating: "![", count: 20_000) + String(repeating: "](x)", count: 20_000),
    String(repeating: "*a _b ", count: 20_000) + String(repeating: "b_ a*", count: 20_000),
    String(repeating: "`a``b", count: 10_000),
  ])
  func `no nesting, however deep, is too much`(source: String) {
    #expect(!html(source).isEmpty)
  }

  @Test func `words are counted without code and addresses`() {
    let source = "# Two words\n\nThree *more* [words](https://a.b)\n\n- four\n\n```\nno\n```"
    #expect(Markdown(source).wordCount == 6)
  }
}
