import Carillon
import CarillonPostgres
import CarillonSQLite
import Foundation
import Logging

/// One run of the command line, and all that it touches of the world outside.
struct Session: Sendable {
  /// What the program is called.
  let name: String
  /// The handlers of this program.
  let catalog: HandlerCatalog
  /// The program's own part.
  let app: any CarillonApp
  let environment: [String: String]
  let out: Screen
  let err: Screen
  let openStore: @Sendable (StoreURL) async throws(StoreError) -> OpenStore
  /// Makes identities.
  let chance = Chance(SystemRandomNumberGenerator())
  /// Asks the person at the terminal; nil where nobody is there to answer.
  var ask: (@Sendable (String) async -> String?)?
  /// Called once it is known what is to be logged.
  let startLogging: @Sendable (Logger.Level) -> Void

  /// The session of a process.
  init(app: any CarillonApp, name: String, environment: [String: String]) {
    let err = Screen.standardError(environment)
    self.init(
      app: app, name: name, catalog: .ofThisProgram, environment: environment,
      out: .standardOutput(environment), err: err,
      openStore: OpenStore.init(url:),
      startLogging: { level in
        // On stderr, all of it: stdout belongs to what was asked for.
        LoggingSystem.bootstrap { label in
          StderrLogHandler(label: label, screen: err, logLevel: level)
        }
      })
    ask = Question.onTerminal(err)
  }

  init(
    app: any CarillonApp, name: String, catalog: HandlerCatalog, environment: [String: String],
    out: Screen, err: Screen,
    openStore: @escaping @Sendable (StoreURL) async throws(StoreError) -> OpenStore,
    startLogging: @escaping @Sendable (Logger.Level) -> Void = { _ in }
  ) {
    self.app = app
    self.name = name
    self.catalog = catalog
    self.environment = environment
    self.out = out
    self.err = err
    self.openStore = openStore
    self.startLogging = startLogging
  }

  /// Opens the store that the options name, lends it to `body`, and closes it.
  ///
  /// - Parameter mayBeNew: whether the command begins something; one that looks or acts on what is
  ///   there says so when the path it was given led to no file.
  func withStore<Answer: Sendable>(
    _ options: CommonOptions, mayBeNew: Bool = false,
    _ body: (any JobStore) async throws -> Answer
  ) async throws -> Answer {
    let url = try StoreURL(option: options.store, environment: environment)
    let wasThere = url.isThere
    return try await withStore(url) { store in
      if !mayBeNew, !wasThere, url.isThere {
        say("There was no \(url); it has been made, and is empty.")
      }
      return try await body(store)
    }
  }

  /// As `withStore`, for a command that shows what is there: of a store whose jobs have moved it must
  /// be said that this is how they were.
  func withStoreToShow<Answer: Sendable>(
    _ options: CommonOptions, _ body: (any JobStore) async throws -> Answer
  ) async throws -> Answer {
    try await withStore(options) { store in
      if let mark = try await (store as? any StoreArchive)?.moveMark(),
        let finding = Finding(of: mark)
      {
        warn(finding.message)
      }
      return try await body(store)
    }
  }

  /// Opens a store, lends it to `body`, and closes it.
  func withStore<Answer: Sendable>(
    _ url: StoreURL, _ body: (any JobStore) async throws -> Answer
  ) async throws -> Answer {
    let opened = try await openStore(url)
    let answer: Answer
    do {
      answer = try await actor.doing { try await body(opened.store) }
    } catch {
      await opened.close()
      throw error
    }
    await opened.close()
    return answer
  }

  /// Who is at the keyboard, for the audit.
  private var actor: AuditActor {
    AuditActor(name: user, source: .cli)
  }

  /// Who asks: `ada@host`.
  var user: String {
    let name = ["USER", "LOGNAME"].compactMap { environment[$0] }.first { !$0.isEmpty }
    return "\(name ?? "unknown")@\(ProcessInfo.processInfo.hostName)"
  }

  /// A scheduler with the program's handlers, services and settings.
  ///
  /// - Parameter adjust: what the command line says about the settings.
  func scheduler(
    store: any JobStore, logLevel: Logger.Level,
    adjust: (inout SchedulerConfiguration) throws -> Void
  ) async throws -> (scheduler: Scheduler, configuration: SchedulerConfiguration) {
    var configuration = SchedulerConfiguration()
    app.configure(&configuration)
    try adjust(&configuration)
    let services: Services
    do {
      services = try await app.services()
    } catch {
      throw CommandFailure(
        status: .failed, description: "\(name) could not make its services: \(error)")
    }
    var logger = Logger(label: "carillon")
    logger.logLevel = logLevel
    return (
      Scheduler(
        store: store, services: services, configuration: configuration, catalog: catalog,
        logger: logger),
      configuration
    )
  }

  /// A sentence for the person at the keyboard, on stderr.
  func say(_ text: String) { err.paragraph(text) }

  /// What went wrong, on stderr.
  func complain(_ text: String) { err.paragraph(text, label: "Error:", .red) }

  /// What isn't as it should be, on stderr.
  func warn(_ text: String) { err.paragraph(text, label: "Problem:", .yellow) }
}

/// A store in use.
struct OpenStore: Sendable {
  let store: any JobStore
  let close: @Sendable () async -> Void

  init(_ store: any JobStore, close: @escaping @Sendable () async -> Void = {}) {
    self.store = store
    self.close = close
  }

  init(url: StoreURL) async throws(StoreError) {
    switch url {
    case .memory: self.init(MemoryStore())
    case .sqlite(let path):
      let store = try await SQLiteStore(path: path)
      self.init(store, close: { store.close() })
    case .postgres(let url, _):
      let store = try await PostgresStore(url: url)
      self.init(store, close: { await store.close() })
    }
  }
}
