import Carillon
import CarillonTesting
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

extension APIUnderTest {
  /// The pages that can be looked at; a job, a resource and a schedule that exist stand in them.
  func pages(job: Job?, schedule: String?) -> [String] {
    var pages = [
      "/", "/?range=24h", "/jobs", "/jobs?filter=status:failed", "/jobs?filter=nonsense",
      "/failures", "/queues", "/schedules", "/nodes", "/handlers", "/sign-in",
    ]
    if let job {
      pages.append("/jobs/\(job.uuid.text)")
      pages.append(
        "/resource?type=\(Query.encoded(job.resourceType))&uuid=\(job.resourceUUID.text)")
    }
    if let schedule { pages.append("/schedule?name=\(Query.encoded(schedule))") }
    return pages
  }

  func stored(_ uuid: String) async throws -> Job {
    let uuid = try #require(UUID(uuidString: uuid))
    return try #require(try await store.job(uuid))
  }

  /// The token that forms on a page carry.
  func formToken(_ headers: [String: String] = [:], on page: String = "/jobs") async -> String {
    let page = Page(await get(page, headers).text)
    return page.all("input").first { $0.attributes["name"] == "form_token" }?
      .attributes["value"] ?? ""
  }

  func submit(
    _ target: String, _ fields: [(String, String)], _ headers: [String: String] = [:]
  ) async -> Reply {
    let body = fields.map { "\(Query.encoded($0))=\(Query.encoded($1))" }.joined(separator: "&")
    return await ask(
      .post, target, text: body,
      headers.merging(["Content-Type": "application/x-www-form-urlencoded"]) { $1 })
  }

  /// Sends a form of this page's with the token that it has.
  func send(
    _ target: String, _ fields: [(String, String)], from page: String = "/jobs",
    _ headers: [String: String] = [:]
  ) async -> Reply {
    let token = await formToken(headers, on: page)
    return await submit(target, [("form_token", token)] + fields, headers)
  }

  /// The page to which a reply leads, with the notice that it brings.
  func follow(
    _ reply: Reply, from target: String, _ headers: [String: String] = [:]
  ) async throws -> Reply {
    let location = try #require(reply.headers[.location])
    let base = try #require(URL(string: "http://localhost\(target)"))
    let url = try #require(URL(string: location, relativeTo: base)?.absoluteURL)
    var headers = headers
    if let cookie = reply.headers[.setCookie]?.prefix(while: { $0 != ";" }) {
      headers["Cookie"] = [headers["Cookie"], String(cookie)].compactMap(\.self)
        .joined(separator: "; ")
    }
    let query = url.query(percentEncoded: true).map { "?\($0)" } ?? ""
    return await get(url.path(percentEncoded: true) + query, headers)
  }

  /// A token of this role in the store, as a session's cookie.
  func signedIn(_ role: Role) async throws -> [String: String] {
    let token = AccessToken(name: "test \(role.rawValue)", role: role, at: clock.now())
    try await #require(store as? any TokenStore).addToken(token.record)
    clock.advance(by: .seconds(3))
    let reply = await send("/sign-in", [("token", token.text)], from: "/sign-in")
    let cookie = try #require(reply.headers[.setCookie]).prefix { $0 != ";" }
    return ["Cookie": String(cookie)]
  }
}
