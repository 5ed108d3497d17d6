import Carillon
import Foundation
import Testing

@testable import Newsroom

struct HandlerTests {
  private let newsroom = ScratchNewsroom()

  private func inNewsroom(_ body: () async throws -> Outcome) async throws -> Outcome.Kind {
    try await Newsroom.Workspace.$current.withValue(newsroom.workspace, operation: body).kind
  }

  private func somePost() throws -> Post {
    try #require(try newsroom.workspace.posts.all().first)
  }

  @Test func `the handlers are found under the names that the records carry`() {
    #expect(String(reflecting: ScheduledPostHandler.self) == "Newsroom.ScheduledPostHandler")
    #expect(String(reflecting: SendEmailHandler.self) == "Newsroom.SendEmailHandler")
    #expect(String(reflecting: ShareLinkHandler.self) == "Newsroom.ShareLinkHandler")
  }

  @Test func `a post is published, and the result says where`() async throws {
    let post = try somePost()
    let outcome = try await inNewsroom {
      try await ScheduledPostHandler().execute(resourceUUID: post.uuid, args: [:])
    }
    guard case .ok(let result) = outcome, let result = result as? ScheduledPostHandler.Result
    else { throw Unexpected(outcome) }
    #expect(result.path == "posts/\(post.slug).html")
    #expect(result.words > 100)
    #expect(result.letters == 0)
    #expect(newsroom.names(in: "site/posts") == ["\(post.slug).html"])
  }

  @Test func `an unknown post is not_found for every handler`() async throws {
    let uuid = UUID()
    let outcomes = [
      try await inNewsroom {
        try await ScheduledPostHandler().execute(resourceUUID: uuid, args: [:])
      },
      try await inNewsroom {
        try await ShareLinkHandler().execute(resourceUUID: uuid, args: [:])
      },
      try await inNewsroom {
        try await SendEmailHandler().execute(
          resourceUUID: uuid, args: .init(post: uuid, subscriber: uuid))
      },
    ]
    for outcome in outcomes {
      guard case .error(let reason) = outcome else { throw Unexpected(outcome) }
      #expect(reason == "not_found")
    }
  }

  @Test func `a letter is delivered once for a run of its job`() async throws {
    let post = try somePost()
    let reader = try #require(try newsroom.workspace.subscribers.all().last)
    for isFirst in [true, false] {
      let outcome = try await inNewsroom {
        try await SendEmailHandler().execute(
          resourceUUID: reader.letterUUID(about: post.uuid),
          args: .init(post: post.uuid, subscriber: reader.uuid))
      }
      guard case .ok(let result) = outcome, let result = result as? SendEmailHandler.Result
      else { throw Unexpected(outcome) }
      #expect(result.delivered == isFirst)
    }
    #expect(newsroom.names(in: "maildir/new").count == 1)
  }

  @Test func `someone who has left gets no letter`() async throws {
    let post = try somePost()
    let outcome = try await inNewsroom {
      try await SendEmailHandler().execute(
        resourceUUID: UUID(), args: .init(post: post.uuid, subscriber: UUID()))
    }
    guard case .cancel = outcome else { throw Unexpected(outcome) }
    #expect(newsroom.names(in: "maildir/new") == [])
  }

  @Test func `the link service refuses twice and then answers`() async throws {
    let post = try somePost()
    for call in 1...2 {
      await #expect(throws: LinkShortenerError.unavailable(post: post.slug, call: call)) {
        _ = try await inNewsroom {
          try await ShareLinkHandler().execute(resourceUUID: post.uuid, args: [:])
        }
      }
    }
    let outcome = try await inNewsroom {
      try await ShareLinkHandler().execute(resourceUUID: post.uuid, args: [:])
    }
    guard case .ok(let result) = outcome, let link = result as? LinkShortener.ShortLink
    else { throw Unexpected(outcome) }
    #expect(link.calls == 3)
    #expect(link.url.hasPrefix("https://bell.example/"))
  }

  /// An outcome that the test didn't expect.
  private struct Unexpected: Error {
    let outcome: Outcome.Kind
    init(_ outcome: Outcome.Kind) { self.outcome = outcome }
  }
}

struct WorkspaceTests {
  @Test func `the environment decides where content and output are`() {
    let workspace = Newsroom.Workspace(
      environment: [
        "NEWSROOM_CONTENT": "/news", "NEWSROOM_OUT": "made", "NEWSROOM_URL": "https://example.org",
      ],
      workingFolder: URL(filePath: "/srv/here"), program: nil)
    #expect(workspace.posts.folder.path == "/news/posts")
    #expect(workspace.site.folder.path == "/srv/here/made/site")
    #expect(workspace.masthead.address == "https://example.org")
  }

  @Test func `without it, the content above the program is found from anywhere`() {
    let program = ScratchNewsroom.sampleContent.deletingLastPathComponent()
      .appending(path: ".build/debug/newsroom")
    let workspace = Newsroom.Workspace(
      environment: [:], workingFolder: URL(filePath: "/"), program: program)
    #expect(workspace.posts.folder.path == ScratchNewsroom.sampleContent.path + "/posts")
    #expect(workspace.maildir.folder.path == "/out/maildir")
  }
}
