import Carillon
import Foundation
import Testing

@testable import CarillonCLI

@Suite struct `queues, blackouts and paused handlers` {
  private let line = CommandLineUnderTest()

  @Test func `a queue is paused, shown and resumed`() async throws {
    let paused = try await line.run(
      "queues", "pause", "mail", "--for", "2h", "--reason", "upgrade", "--json"
    ).json()
    #expect(paused["reason"] == "upgrade" && paused["replaced"] == .null)
    #expect(paused["by"]?.string?.contains("@") == true)
    let again = try await line.run("queues", "pause", "mail", "--json").json()
    #expect(again["replaced"]?["reason"] == "upgrade" && again["until"] == .null)
    let queues = try await line.run("queues", "list", "--json").json()
    #expect(queues[0]?["name"] == "mail" && queues[0]?["closed"]?["by"] == again["by"])
    let stats = await line.run("stats")
    #expect(stats.lines.contains { $0.contains("mail") && $0.contains("paused since") })
    #expect(await line.run("queues", "resume", "mail").status == .done)
    #expect(await line.run("queues", "resume", "mail").status == .conflict)
  }

  @Test func `a handler is paused by its job type or an older name`() async throws {
    for name in ["publish_post", "Old.Publisher", PublishPost.handlerModule] {
      let paused = try await line.run("handlers", "pause", name, "--json").json()
      #expect(paused["name"]?.string == PublishPost.handlerModule, "\(name)")
    }
    #expect(await line.run("handlers", "resume", "publish_post").status == .done)
  }

  @Test func `a blackout is added, replaced, listed and removed`() async throws {
    let added = try await line.run(
      "blackouts", "add", "night", "--queue", "mail", "--window", "22:00-06:00", "--window",
      "*-12-25", "--tz", "Europe/Paris", "--json"
    ).json()
    #expect(added["scope_name"] == "mail" && added["time_zone"] == "Europe/Paris")
    let again = try await line.run(
      "blackouts", "add", "night", "--handler", "publish_post", "--window", "SAT,SUN", "--json"
    ).json()
    #expect(again["replaced"]?["scope_name"] == "mail")
    let listed = try await line.run("blackouts", "list", "--json").json()
    #expect(listed.array?.count == 1 && listed[0]?["scope"] == "handler")
    #expect(await line.run("blackouts", "rm", "nigth").status == .notFound)
    #expect(await line.run("blackouts", "rm", "night").status == .done)
  }

  @Test(arguments: [
    ["queues", "pause", "mail", "--for", "1h", "--until", "2099-01-01T00:00:00Z"],
    ["queues", "pause", "mail", "--until", "2001-01-01T00:00:00Z"],
    ["queues", "pause", "mail", "--for", "soon"],
    ["blackouts", "add", "night", "--window", "22:00-06:00"],
    ["blackouts", "add", "night", "--queue", "mail"],
    ["blackouts", "add", "night", "--queue", "mail", "--window", "26:00-06:00"],
    ["blackouts", "add", "night", "--queue", "a", "--handler", "b", "--window", "SAT"],
    ["blackouts", "add", "night", "--queue", "a", "--window", "SAT", "--tz", "Mars/Olympus"],
  ])
  func `what makes no sense is wrong usage and changes nothing`(
    _ arguments: [String]
  ) async throws {
    let answer = await line.run(arguments)
    #expect(answer.status == .usage)
    #expect(try await line.run("blackouts", "list", "--json").json() == [])
    #expect(try await line.run("queues", "list", "--json").json() == [])
  }
}
