import Foundation

extension Newsroom {
  /// Where the newsroom reads and writes, and the desks that work there.
  ///
  /// The handlers are made by name, with no arguments, so they ask for `Workspace.current`. It
  /// comes from the environment; a test binds one of its own for the length of a call.
  struct Workspace: Sendable {
    @TaskLocal static var current = Workspace(
      environment: ProcessInfo.processInfo.environment,
      workingFolder: URL(filePath: FileManager.default.currentDirectoryPath),
      program: Bundle.main.executableURL)

    let posts: PostLibrary
    let subscribers: SubscriberList
    let site: Site
    let maildir: Maildir
    let shortener: LinkShortener
    let masthead: Masthead

    init(content: URL, output: URL, masthead: Masthead = Masthead()) {
      self.masthead = masthead
      posts = PostLibrary(folder: content.appending(path: "posts"))
      subscribers = SubscriberList(file: content.appending(path: "subscribers.csv"))
      site = Site(
        folder: output.appending(path: "site"),
        records: PublicationRecords(folder: output.appending(path: "published")),
        images: content.appending(path: "images"),
        lock: FileLock(file: output.appending(path: "site.lock")),
        masthead: masthead)
      maildir = Maildir(
        folder: output.appending(path: "maildir"),
        receipts: output.appending(path: "receipts"))
      shortener = LinkShortener(file: output.appending(path: "shortener.json"))
    }

    /// - `NEWSROOM_CONTENT`: the folder of `posts/`, `images/` and `subscribers.csv`
    /// - `NEWSROOM_OUT`: the folder that receives the site and the mail
    /// - `NEWSROOM_URL`: where the site will be served; feed and mail need whole addresses
    init(environment: [String: String], workingFolder: URL, program: URL?) {
      var masthead = Masthead()
      if let address = environment["NEWSROOM_URL"], !address.isEmpty {
        masthead.address = address
      }
      self.init(
        content: Self.folder(environment["NEWSROOM_CONTENT"], in: workingFolder)
          ?? Self.nearestContent(workingFolder: workingFolder, program: program),
        output: Self.folder(environment["NEWSROOM_OUT"], in: workingFolder)
          ?? workingFolder.appending(path: "out"),
        masthead: masthead)
    }

    private static func folder(_ path: String?, in workingFolder: URL) -> URL? {
      guard let path, !path.isEmpty else { return nil }
      return path.hasPrefix("/") ? URL(filePath: path) : workingFolder.appending(path: path)
    }

    /// `content` of the working folder; else the one that came with the program, which stands
    /// above its build folder. So `swift run --package-path Examples/Newsroom` works anywhere.
    private static func nearestContent(workingFolder: URL, program: URL?) -> URL {
      let here = workingFolder.appending(path: "content")
      var candidates = [here]
      if var folder = program?.resolvingSymlinksInPath().deletingLastPathComponent() {
        while folder.pathComponents.count > 1 {
          candidates.append(folder.appending(path: "content"))
          folder.deleteLastPathComponent()
        }
      }
      let found = candidates.first {
        FileManager.default.fileExists(atPath: $0.appending(path: "posts").path)
      }
      return found ?? here
    }
  }
}
