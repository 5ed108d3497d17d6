import Foundation
import Testing

@testable import Newsroom

#if canImport(FoundationXML)
  import FoundationXML
#endif

struct SiteTests {
  @Test func `a published post has its page, its images and its place in index and feed`() throws {
    let newsroom = ScratchNewsroom()
    for post in try newsroom.workspace.posts.all() { _ = try newsroom.workspace.site.publish(post) }
    let index = try newsroom.text("site/index.html")
    let pages = newsroom.names(in: "site/posts")
    #expect(pages.count >= 4)
    for page in pages { #expect(index.contains("href=\"posts/\(page)\"")) }
    #expect(newsroom.names(in: "site/images") == ["tower.svg"])
    #expect(
      try newsroom.text("site/posts/bells-return-to-tower.html")
        .contains("<img src=\"../images/tower.svg\""))
    #expect(newsroom.names(in: "site").filter { $0.hasSuffix(".tmp") } == [])
  }

  @Test func `the index shows the newest first`() throws {
    let newsroom = ScratchNewsroom()
    for (slug, day) in [("middle", 2.0), ("newest", 3.0), ("oldest", 1.0)] {
      let date = Date(timeIntervalSince1970: day * 86_400)
      _ = try newsroom.workspace.site.publish(.sample(slug: slug, date: date))
    }
    let index = try newsroom.text("site/index.html")
    let found = ["newest", "middle", "oldest"].compactMap { slug in
      index.range(of: "posts/\(slug).html")?.lowerBound
    }
    #expect(found.count == 3)
    #expect(found == found.sorted())
  }

  @Test func `publishing again changes no byte`() throws {
    let newsroom = ScratchNewsroom()
    let post = Post.sample()
    _ = try newsroom.workspace.site.publish(post)
    let before = try ["index.html", "feed.xml"].map { try newsroom.text("site/\($0)") }
    _ = try newsroom.workspace.site.publish(post)
    #expect(try ["index.html", "feed.xml"].map { try newsroom.text("site/\($0)") } == before)
  }

  @Test func `posts published at once all stay in index and feed`() async throws {
    let newsroom = ScratchNewsroom()
    let slugs = (1...40).map { "post-\($0)" }
    try await withThrowingTaskGroup { group in
      for slug in slugs {
        // A workspace of its own for each, as different processes would have.
        let workspace = Newsroom.Workspace(
          content: ScratchNewsroom.sampleContent, output: newsroom.folder)
        group.addTask { _ = try workspace.site.publish(.sample(slug: slug)) }
      }
      try await group.waitForAll()
    }
    let index = try newsroom.text("site/index.html")
    for slug in slugs { #expect(index.contains("posts/\(slug).html")) }
    let feed = try FeedReader.read(newsroom.text("site/feed.xml"))
    #expect(feed.values["entry/id"]?.count == AtomFeed.limit)
  }

  @Test func `a renamed post leaves no old page behind`() throws {
    let newsroom = ScratchNewsroom()
    let uuid = UUID()
    _ = try newsroom.workspace.site.publish(.sample(slug: "before", uuid: uuid))
    _ = try newsroom.workspace.site.publish(.sample(slug: "after", uuid: uuid))
    #expect(newsroom.names(in: "site/posts") == ["after.html"])
    #expect(try !newsroom.text("site/index.html").contains("before.html"))
  }

  @Test func `a missing or stray image stops the publication before anything is written`() {
    let newsroom = ScratchNewsroom()
    #expect(throws: SiteError.missingImage(post: "a", source: "../images/no.svg")) {
      try newsroom.workspace.site.publish(.sample(slug: "a", markdown: "![x](../images/no.svg)"))
    }
    #expect(throws: SiteError.strayImage(post: "a", source: "../images/../../secret")) {
      try newsroom.workspace.site.publish(
        .sample(slug: "a", markdown: "![x](../images/../../secret)"))
    }
    #expect(newsroom.names(in: "site/posts") == [])
  }

  @Test func `an address that no browser opens is refused`() {
    #expect(throws: SiteError.badAddress("example")) { try Masthead(address: "example").url("a") }
    #expect(throws: SiteError.badAddress("ftp://a")) { try Masthead(address: "ftp://a").url("a") }
  }

  @Test func `titles are text, not HTML`() throws {
    let newsroom = ScratchNewsroom()
    _ = try newsroom.workspace.site.publish(.sample(title: "<script>&\u{0}", summary: "\"x\""))
    #expect(try newsroom.text("site/index.html").contains("&lt;script&gt;&amp;</a>"))
  }
}

struct AtomFeedTests {
  @Test func `the feed is well-formed and has what the standard asks for`() throws {
    let newsroom = ScratchNewsroom()
    let posts = try newsroom.workspace.posts.all()
    for post in posts { _ = try newsroom.workspace.site.publish(post) }
    let feed = try FeedReader.read(newsroom.text("site/feed.xml"))
    for path in ["id", "title", "updated"] { #expect(feed.values[path]?.count == 1) }
    for path in ["entry/id", "entry/title", "entry/updated", "entry/author/name"] {
      #expect(feed.values[path]?.count == posts.count)
    }
    #expect(feed.values["entry/title"] == posts.map(\.title))
    #expect(feed.values["entry/id"] == posts.map { "urn:uuid:\($0.uuid.lowercase)" })
    let newest = try #require(posts.map(\.updated).max())
    #expect(feed.values["updated"] == [NewsDate.rfc3339(newest)])
    #expect(feed.links.contains("self https://harbour-bell.example/feed.xml"))
    #expect(
      feed.links.contains("alternate https://harbour-bell.example/posts/ferry-timetable.html"))
    let content = try #require(feed.values["entry/content"]?.joined())
    #expect(content.contains("src=\"https://harbour-bell.example/images/tower.svg\""))
    #expect(!content.contains("=\"../"))
  }

  @Test func `odd characters leave it well-formed`() throws {
    let newsroom = ScratchNewsroom()
    _ = try newsroom.workspace.site.publish(
      .sample(title: "a & b <c> \u{0}\u{B}\u{FFFF} ]]>", markdown: "x\u{1B} <y> & `z\u{C}`"))
    let feed = try FeedReader.read(newsroom.text("site/feed.xml"))
    #expect(feed.values["entry/title"] == ["a & b <c>  ]]>"])
  }

  @Test func `a feed of nothing is still a feed`() throws {
    let xml = try AtomFeed(publications: [], masthead: Masthead()).xml()
    #expect(try FeedReader.read(xml).values["updated"] == ["1970-01-01T00:00:00Z"])
  }
}

/// The texts of a feed by the path of their element, as an XML parser sees them.
private final class FeedReader: NSObject, XMLParserDelegate {
  private(set) var values: [String: [String]] = [:]
  private(set) var links: [String] = []
  private var path: [String] = []
  private var text = ""

  static func read(_ xml: String) throws -> FeedReader {
    let reader = FeedReader()
    let parser = XMLParser(data: Data(xml.utf8))
    parser.delegate = reader
    if !parser.parse() { throw parser.parserError ?? CocoaError(.fileReadCorruptFile) }
    return reader
  }

  func parser(
    _ parser: XMLParser, didStartElement name: String, namespaceURI: String?,
    qualifiedName: String?, attributes: [String: String]
  ) {
    path.append(name)
    text = ""
    if name == "link" { links.append("\(attributes["rel"] ?? "") \(attributes["href"] ?? "")") }
  }

  func parser(_ parser: XMLParser, foundCharacters string: String) {
    text += string
  }

  func parser(
    _ parser: XMLParser, didEndElement name: String, namespaceURI: String?, qualifiedName: String?
  ) {
    values[path.dropFirst().joined(separator: "/"), default: []].append(text)
    path.removeLast()
    text = ""
  }
}
