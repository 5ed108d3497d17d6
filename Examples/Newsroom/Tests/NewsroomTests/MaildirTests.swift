import Foundation
import Testing

@testable import Newsroom

struct MaildirTests {
  private let newsroom = ScratchNewsroom()
  private let message = Data("Subject: x\r\n\r\n".utf8)
  private var maildir: Maildir { newsroom.workspace.maildir }

  private func deliver(_ key: String) throws -> Maildir.Delivery {
    try maildir.deliver(message, key: key, at: Date(timeIntervalSince1970: 1_772_528_400))
  }

  @Test func `a letter ends in new, whole and alone`() throws {
    let delivery = try deliver("a/1")
    #expect(delivery.isNew)
    #expect(newsroom.names(in: "maildir") == ["cur", "new", "tmp"])
    #expect(newsroom.names(in: "maildir/new") == [delivery.file])
    #expect(newsroom.names(in: "maildir/tmp") == [])
    #expect(delivery.file.hasPrefix("1772528400."))
    #expect(!delivery.file.contains(":"))
    #expect(try newsroom.text("maildir/new/\(delivery.file)") == "Subject: x\r\n\r\n")
  }

  @Test func `the same key is delivered once, another key again`() throws {
    let first = try deliver("a/1")
    let again = try deliver("a/1")
    #expect(again == Maildir.Delivery(file: first.file, isNew: false))
    for key in ["a/2", "A/1", "a_2F1", "../a/1"] { #expect(try deliver(key).isNew) }
    #expect(newsroom.names(in: "maildir/new").count == 5)
  }

  @Test func `a letter that was read or deleted doesn't come back`() throws {
    let delivery = try deliver("a/1")
    let file = newsroom.folder.appending(path: "maildir/new/\(delivery.file)")
    try FileManager.default.removeItem(at: file)
    #expect(try !deliver("a/1").isNew)
    #expect(newsroom.names(in: "maildir/new") == [])
  }

  @Test func `many deliveries of one key at once leave one letter`() async throws {
    let (maildir, message) = (maildir, message)
    let news = try await withThrowingTaskGroup { group in
      for _ in 1...30 {
        group.addTask { try maildir.deliver(message, key: "a/1", at: Date()).isNew }
      }
      return try await group.reduce(0) { $0 + ($1 ? 1 : 0) }
    }
    #expect(news == 1)
    #expect(newsroom.names(in: "maildir/new").count == 1)
  }

  @Test(arguments: ["", "cur/1.x.host:2,S", "new/1.x.host", "tmp/1.x.host"])
  func `a crash between the receipts leaves exactly one letter`(found: String) throws {
    try DurableFile.replace(
      newsroom.folder.appending(path: "receipts/a_2F1.sending"), with: Data("1.x.host".utf8))
    if !found.isEmpty {
      try DurableFile.replace(
        newsroom.folder.appending(path: "maildir/\(found)"), with: Data("half".utf8))
    }
    let delivery = try deliver("a/1")
    let wasThere = found.hasPrefix("cur") || found.hasPrefix("new")
    #expect(delivery == Maildir.Delivery(file: "1.x.host", isNew: !wasThere))
    #expect(newsroom.names(in: "maildir/new").count + newsroom.names(in: "maildir/cur").count == 1)
    #expect(newsroom.names(in: "maildir/tmp") == [])
    #expect(newsroom.names(in: "receipts") == ["a_2F1.sent", "lock"])
  }
}
