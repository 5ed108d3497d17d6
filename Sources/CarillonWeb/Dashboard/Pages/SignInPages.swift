import Carillon
import HTTPTypes

/// Signing in with a token, signing out, and the theme.
struct SignInPages: Sendable {
  let dashboard: Dashboard

  var routes: [Route] {
    [
      .page(.get, "/sign-in", role: nil, answer: show),
      .page(.post, "/sign-in", role: nil, answer: signIn),
      .page(.post, "/sign-out", role: nil, answer: signOut),
      .page(.post, "/theme", role: nil, answer: choose),
    ]
  }

  /// Where somebody who isn't signed in is led from a page.
  static func redirect(_ call: Call) -> Answer {
    var query: [String: String] = [:]
    let isForm = call.method == .post
    let next = isForm ? call.pageBefore ?? "" : call.ownTarget
    if !next.isEmpty { query["next"] = next }
    if isForm { query["undone"] = "yes" }
    let text = query.isEmpty ? "" : "?\(Query.text(query))"
    var answer = Answer(
      status: .seeOther, headers: [.location: "\(call.base)/sign-in\(text)"])
    answer.guardPage()
    return answer
  }

  @Sendable private func show(_ call: Call) async throws -> Answer {
    guard try await !dashboard.gatekeeper.needsNoToken() else {
      return try await dashboard.redirect(call, to: "")
    }
    return try await page(call, next: call.query["next"] ?? "")
  }

  private func page(_ call: Call, next: String, error: String? = nil) async throws -> Answer {
    let view: View = [
      "next": .text(next), "error": .optional(error),
      "isUndone": .flag(call.query["undone"] == "yes"),
      "hours": "\(Session.life.components.seconds / 3_600)",
    ]
    var page = Page(
      title: "Sign in", main: try await dashboard.render(view, "sign-in", call))
    page.isBare = true
    page.status = error == nil ? .ok : .forbidden
    return try await dashboard.page(call, page)
  }

  @Sendable private func signIn(_ call: Call) async throws -> Answer {
    let form = try await dashboard.form(call)
    let next = SignInPages.isOurs(form["next"]) ? form["next"] : ""
    let now = dashboard.parts.clock.now()
    guard
      let session = try await dashboard.gatekeeper.session(token: form["token"], at: now)
    else {
      return try await page(
        call, next: next,
        error: "This token is unknown or revoked. It looks like carillon_… and is shown once, when "
          + "it is made.")
    }
    var answer = try await dashboard.redirect(call, to: next)
    answer.headers[.setCookie] = Cookies.set(
      Session.cookie, session.text(key: try await dashboard.parts.cursorKey.key()),
      maxAge: Int(Session.life.components.seconds), isSecure: dashboard.isBehindTLS)
    return answer
  }

  @Sendable private func signOut(_ call: Call) async throws -> Answer {
    _ = try await dashboard.form(call)
    var answer = try await dashboard.redirect(call, to: "sign-in")
    answer.headers[.setCookie] = Cookies.set(
      Session.cookie, "", maxAge: 0, isSecure: dashboard.isBehindTLS)
    return answer
  }

  @Sendable private func choose(_ call: Call) async throws -> Answer {
    let form = try await dashboard.form(call)
    let back = SignInPages.isOurs(form["back"]) ? form["back"] : ""
    var answer = try await dashboard.redirect(call, to: back)
    let theme = Theme(rawValue: form["theme"]) ?? .system
    answer.headers[.setCookie] = Cookies.set(
      Theme.cookie, theme.rawValue, maxAge: 365 * 86_400, isSecure: dashboard.isBehindTLS,
      isForScripts: true)
    return answer
  }

  /// Whether an address is one below our own root: no other site's, and none with a way up.
  static func isOurs(_ target: String) -> Bool {
    let path = target.prefix { $0 != "?" }
    guard target.utf8.count <= 4_000, !path.hasPrefix("/"),
      target.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\\") })
    else { return false }
    return !path.contains(":")
      && path.split(separator: "/", omittingEmptySubsequences: false)
        .allSatisfy { $0 != ".." && $0 != "." }
  }
}

/// What pages load: their style, their script, their mark.
struct AssetRoutes: Sendable {
  var routes: [Route] {
    [
      .page(.get, "/assets/{name}", role: nil) { call in
        guard let asset = DashboardFiles.assets[call.parameters["name"] ?? ""] else {
          throw Problem(.notFound, "There is no such file.")
        }
        var answer = Answer(body: .text(asset.text, type: asset.type))
        // An address with a version means this very text for ever.
        answer.headers[.cacheControl] =
          call.query["v"] == asset.version
          ? "public, max-age=31536000, immutable" : "no-cache"
        return answer
      },
      .page(.get, "/robots.txt", role: nil) { _ in
        Answer(body: .text("User-agent: *\nDisallow: /\n", type: "text/plain; charset=utf-8"))
      },
    ]
  }
}
