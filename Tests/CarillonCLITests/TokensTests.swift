import Carillon
import Foundation
import Testing

@testable import CarillonCLI

@Suite struct `tokens` {
  let line = CommandLineUnderTest()

  @Test func `a token is shown once, and listed without its secret`() async throws {
    let added = await line.run("tokens", "add", "grafana", "--role", "viewer")
    #expect(added.status == .done && added.lines.count == 1)
    let token = added.lines[0]
    #expect(token.hasPrefix("carillon_"))
    let listed = try await line.run("tokens", "list", "--json").json()
    #expect(listed[0]?["name"] == "grafana" && listed[0]?["role"] == "viewer")
    let secret = String(token.suffix(64))
    #expect(!listed.json.contains(secret))
    #expect(await line.run("tokens", "list").out.contains("grafana"))
  }

  @Test func `a token is revoked once`() async throws {
    let added = try await line.run("tokens", "add", "ci", "--json").json()
    #expect(added["role"] == "operator" && added["token"]?.string?.hasPrefix("carillon_") == true)
    let id = try #require(added["id"]?.string)
    let first = try await line.run("tokens", "revoke", id, "--json").json()
    #expect(first["revoked_at"]?.string != nil)
    #expect(try await line.run("tokens", "revoke", id, "--json").json() == first)
    #expect(await line.run("tokens", "revoke", "nobody").status == .notFound)
  }

  @Test func `another token of a name is added, and the first is named`() async throws {
    func add() async throws -> (id: String, err: String) {
      let added = await line.run("tokens", "add", "ci", "--json")
      return (try #require(try added.json()["id"]?.string), added.err)
    }
    let first = try await add()
    #expect(!first.err.contains("has this name too"))
    let second = try await add()
    #expect(second.err.contains("tokens revoke \(first.id)"))
    _ = await line.run("tokens", "revoke", first.id)
    let third = try await add()
    #expect(third.err.contains(second.id) && !third.err.contains(first.id))
  }

  @Test func `a wrong role or name is refused, and nothing is kept`() async throws {
    let answer = await line.run("tokens", "add", "x", "--role", "admn")
    #expect(answer.status == .usage && answer.err.contains("'admin'"))
    #expect(await line.run("tokens", "add", "").status == .usage)
    #expect(await line.run("tokens", "add", "a\nb").status == .usage)
    #expect(try await line.run("tokens", "list", "--json").json() == [])
  }

  @Test func `an address that others reach needs a token that is good`() async throws {
    let refused = await line.run("serve", "--http", "0.0.0.0:0")
    #expect(refused.status == .usage && refused.err.contains("tokens add"))
    let id = try #require(
      try await line.run("tokens", "add", "x", "--json").json()["id"]?.string)
    _ = await line.run("tokens", "revoke", id)
    #expect(await line.run("serve", "--http", "0.0.0.0:0").status == .usage)
  }
}
