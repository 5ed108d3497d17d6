import Carillon
import Foundation
import HTTPTypes

/// The pages: rendered here, readable without a script, and every link in them relative, so that they
/// work under any path.
struct Dashboard: Sendable {
  let parts: APIParts
  let gatekeeper: Gatekeeper
  let templates: Templates
  /// Whether browsers reach it by TLS: then cookies are kept off plain connections.
  let isBehindTLS: Bool
  let examination: ExaminationMemory

  init(parts: APIParts, gatekeeper: Gatekeeper, templates: Templates, isBehindTLS: Bool) {
    self.parts = parts
    self.gatekeeper = gatekeeper
    self.templates = templates
    self.isBehindTLS = isBehindTLS
    examination = ExaminationMemory(store: parts.store, catalog: parts.catalog, clock: parts.clock)
  }

  var routes: [Route] {
    SignInPages(dashboard: self).routes + AssetRoutes().routes
      + [OverviewPage(dashboard: self).route]
      + JobsPage(dashboard: self).routes + JobPage(dashboard: self).routes
      + [FailuresPage(dashboard: self).route] + ResourcePage(dashboard: self).routes
      + SchedulePages(dashboard: self).routes + SystemPages(dashboard: self).routes
      + GatePages(dashboard: self).routes
      + OperationPages(dashboard: self).routes + [AuditPage(dashboard: self).route]
  }

  // MARK: Pages

  /// A page in its frame.
  func page(_ call: Call, _ page: Page) async throws -> Answer {
    let key = try await parts.cursorKey.key()
    var frame = page.frame(of: call)
    frame["formToken"] = .text(FormToken.text(for: call.caller, key: key))
    var answer = Answer(status: page.status)
    let brought = Notice.shown(to: call, key: key)
    if brought != nil { answer.headers[.setCookie] = Notice.forgotten(by: call) }
    if let notice = page.notice ?? brought {
      frame["notice"] = .text(notice.text)
      frame["noticeKind"] = .text(notice.kind.rawValue)
      frame["noticeRole"] = .text(notice.kind == .done ? "status" : "alert")
    }
    answer.body = .text(
      templates.render(frame, "layout").html, type: "text/html; charset=utf-8")
    answer.guardPage()
    return answer
  }

  /// Renders a template for a page of this call's: with the way to the root, and its forms' token.
  func render(_ view: View, _ name: String, _ call: Call) async throws -> Markup {
    var view = view
    view["base"] = .text(call.base)
    view["program"] = .text(parts.program)
    view["formToken"] = .text(
      FormToken.text(for: call.caller, key: try await parts.cursorKey.key()))
    return templates.render(view, name)
  }

  /// What went wrong, as a page.
  func page(for problem: Problem, _ call: Call) async -> Answer {
    var view: View = [
      "heading": .text(problem.kind.title), "detail": .text(problem.detail),
      "status": "\(problem.kind.status.code)", "requestID": .text(call.requestID),
      "base": .text(call.base),
    ]
    if problem.kind == .storeUnreachable {
      view["advice"] = "This page shows it again as soon as the store answers: load it anew."
    }
    var page = Page(title: problem.kind.title, main: templates.render(view, "problem"))
    page.status = problem.kind.status
    page.isBare = call.caller.role == nil
    page.isLive = false
    var frame = page.frame(of: call)
    if let key = try? await parts.cursorKey.key() {
      frame["formToken"] = .text(FormToken.text(for: call.caller, key: key))
    }
    var answer = Answer(
      status: page.status, headers: problem.headers,
      body: .text(templates.render(frame, "layout").html, type: "text/html; charset=utf-8"))
    answer.headers[.wwwAuthenticate] = nil
    answer.guardPage()
    return answer
  }

  // MARK: Forms

  /// The fields of a form that one of our own pages has shown to this visitor.
  func form(_ call: Call) async throws -> Form {
    let form = try await call.form()
    let key = try await parts.cursorKey.key()
    guard AccessToken.areEqual(form[FormToken.field], FormToken.text(for: call.caller, key: key))
    else {
      throw Problem(
        .crossOrigin,
        "This form is too old, or isn't ours. Go back, load the page anew, and try again.")
    }
    return form
  }

  /// Leads on to another page, which then says what was done.
  func redirect(_ call: Call, to target: String, saying notice: Notice? = nil) async throws
    -> Answer
  {
    var answer = Answer(status: .seeOther, headers: [.location: "\(call.base)/\(target)"])
    if let notice {
      let key = try await parts.cursorKey.key()
      answer.headers[.setCookie] = notice.cookie(for: call, key: key, isSecure: isBehindTLS)
    }
    answer.guardPage()
    return answer
  }
}

/// One page, before it stands in its frame.
struct Page: Sendable {
  let title: String
  let main: Markup
  var current: NavigationEntry?
  var status = HTTPResponse.Status.ok
  /// Whether it is shown anew when something happens.
  var isLive = true
  /// Without navigation: for visitors that aren't signed in.
  var isBare = false
  /// What is said above it.
  var notice: Notice?
  /// Its address from the root, where the request's own is one that only takes forms.
  var address: String?

  /// The same as the answer to a form that can't be carried out as it was filled in: what was typed
  /// still stands in it.
  func after(mistake problem: Problem, at address: String) -> Page {
    var page = self
    if page.status == .ok { page.status = .unprocessableContent }
    // It is looked at anew by GET, and there it isn't.
    page.isLive = false
    page.notice = .refused("Nothing was done. \(problem.detail)")
    page.address = address
    return page
  }

  func frame(of call: Call) -> View {
    let theme = Theme(of: call)
    var view: View = [
      "title": .text(title), "main": .markup(main), "base": .text(call.base),
      "bare": .flag(isBare), "live": .flag(isLive && !isBare),
      "role": .optional(call.caller.role?.rawValue),
      "who": .optional(call.caller.session == nil ? nil : call.caller.name),
      "canSignOut": .flag(call.caller.session != nil), "back": .text(address ?? call.ownTarget),
      "theme": .optional(theme == .system ? nil : theme.rawValue),
      "isLight": .flag(theme == .light), "isDark": .flag(theme == .dark),
      "isSystem": .flag(theme == .system),
      "nav": .list(
        NavigationEntry.allCases.map { entry in
          [
            "href": .text("\(call.base)/\(entry.path)"), "label": .text(entry.rawValue),
            "key": .text(entry.key), "current": .flag(entry == current),
          ]
        }),
    ]
    for (name, file) in [
      ("styleVersion", "dashboard.css"), ("scriptVersion", "dashboard.js"),
      ("iconVersion", "icon.svg"),
    ] {
      view[name] = .optional(DashboardFiles.assets[file]?.version)
    }
    return view
  }
}

/// The pages that stand in the navigation.
enum NavigationEntry: String, Sendable, CaseIterable {
  case overview = "Overview"
  case jobs = "Jobs"
  case failures = "Failures"
  case queues = "Queues"
  case schedules = "Schedules"
  case operations = "Operations"
  case nodes = "Nodes"
  case handlers = "Handlers"
  case audit = "Audit"

  var path: String {
    switch self {
    case .overview: ""
    case .jobs: "jobs"
    case .failures: "failures"
    case .queues: "queues"
    case .schedules: "schedules"
    case .operations: "operations"
    case .nodes: "nodes"
    case .handlers: "handlers"
    case .audit: "audit"
    }
  }

  /// What is typed after `g`: the first letter, but for one whose first letter was taken.
  var key: String {
    switch self {
    case .operations: "p"
    case .overview, .jobs, .failures, .queues, .schedules, .nodes, .handlers, .audit:
      String(rawValue.lowercased().prefix(1))
    }
  }
}

extension Answer {
  /// The headers that keep a page from running or loading what isn't ours.
  mutating func guardPage() {
    headers[.contentSecurityPolicy] = """
      default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; \
      connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'
      """
    // Not `no-referrer`: browsers would then send `Origin: null` with our own forms.
    headers[.referrerPolicy] = "same-origin"
    headers[.crossOriginOpenerPolicy] = "same-origin"
  }
}

extension HTTPField.Name {
  static var referrerPolicy: HTTPField.Name { HTTPField.Name("Referrer-Policy") ?? .cacheControl }
  static var crossOriginOpenerPolicy: HTTPField.Name {
    HTTPField.Name("Cross-Origin-Opener-Policy") ?? .cacheControl
  }
}

extension Call {
  /// The way from this page to the dashboard's root, as a relative address without a slash at its end.
  var base: String {
    let depth = path.dropFirst(prefix.utf8.count).utf8.count { $0 == UInt8(ascii: "/") }
    return depth < 2 ? "." : Array(repeating: "..", count: depth - 1).joined(separator: "/")
  }

  /// This page's own address from the root, without a slash before it.
  var ownTarget: String {
    let own = path.dropFirst(prefix.utf8.count).drop { $0 == "/" }
    guard !query.isEmpty else { return String(own) }
    return "\(own)?\(Query.text(query))"
  }

  /// The page that a form was on, as `next` says it; nil where the browser doesn't tell.
  var pageBefore: String? {
    guard let referer = headers[.referer], let url = URLComponents(string: referer),
      url.percentEncodedPath.hasPrefix("\(prefix)/")
    else { return nil }
    let own = url.percentEncodedPath.dropFirst(prefix.count + 1)
    let target = url.percentEncodedQuery.map { "\(own)?\($0)" } ?? String(own)
    return SignInPages.isOurs(target) ? target : nil
  }

  var mayOperate: Bool { caller.role.map { $0 >= .operator } ?? false }
  var isAdmin: Bool { caller.role == .admin }
}

extension Query {
  /// A query string of these, by name.
  static func text(_ values: [String: String]) -> String {
    values.sorted { $0.key < $1.key }.map { "\(encoded($0.key))=\(encoded($0.value))" }
      .joined(separator: "&")
  }
}

extension Route {
  /// A page, or what one of its forms asks for.
  static func page(
    _ method: HTTPRequest.Method, _ path: String, role: Role?,
    answer: @escaping @Sendable (Call) async throws -> Answer
  ) -> Route {
    Route(
      method, path, role: role, Operation(id: "\(method) \(path)", summary: "", responses: []),
      answer: answer)
  }
}
