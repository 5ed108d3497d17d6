import Testing

@testable import Carillon

private protocol Mailer: Sendable { var name: String { get } }
private struct Post: Mailer { let name: String }

@Suite struct ServicesTests {
  @Test func `are found by their type`() throws {
    let services = Services().adding(Post(name: "a")).adding(7)
    #expect(try services.find(Post.self).name == "a")
    #expect(try services.find(Int.self) == 7)
  }

  @Test func `are found by a protocol when handed over as one`() throws {
    let services = Services().adding(Post(name: "a"), as: (any Mailer).self)
    #expect(try services.find((any Mailer).self).name == "a")
    #expect(throws: MissingService.self) { try services.find(Post.self) }
  }

  @Test func `give way to a later one of the same type`() throws {
    #expect(try Services().adding(1).adding(2).find(Int.self) == 2)
  }

  @Test func `say which one is missing, and what to do`() {
    let error = #expect(throws: MissingService.self) { try Services().find(Post.self) }
    #expect(error?.description.contains("Post") == true)
    #expect(error?.description.contains("Services().adding") == true)
  }

  @Test func `are values: adding leaves the others as they were`() throws {
    let none = Services()
    _ = none.adding(1)
    #expect(throws: MissingService.self) { try none.find(Int.self) }
  }
}
