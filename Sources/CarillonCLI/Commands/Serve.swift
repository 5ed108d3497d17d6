import ArgumentParser
import Carillon
import CarillonWeb
import Logging

/// Runs jobs until it is told to stop.
struct Serve: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "serve",
      abstract: "Run jobs at their time, until SIGTERM or SIGINT.",
      usage: ProgramName.usage(
        "serve [--http HOST:PORT | --no-http] [--concurrency N | --queues a=10,b=5] [options]"),
      discussion: """
        The first signal ends it gently: nothing more is started, and what runs may finish. A \
        second one stops what runs; its jobs run again elsewhere and are not charged for it.

        The dashboard and the HTTP API are at http://\(HTTPAddress.standard), for this machine \
        alone. Any other address \
        needs a token first: `\(ProgramName.current) tokens add NAME`.

        \(ProgramName.examples(
          "serve", "serve --concurrency 50 --store sqlite:/var/lib/jobs.db",
          "serve --queues default=10,mail=5", "serve --http 0.0.0.0:7117"))
        """)
  }

  static var standardLogLevel: Logger.Level { .info }

  @OptionGroup var web: HTTPOptions
  @OptionGroup var work: WorkOptions
  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    _ = try web.wish()
    let limits = try work.limits()
    let level = try logLevel(in: session)
    return try await session.withStore(common, mayBeNew: true) { store in
      let (scheduler, configuration) = try await session.scheduler(store: store, logLevel: level) {
        if let limits { $0.queues = limits }
      }
      let endpoint = try await HTTPEndpoint(
        web, store: store, session: session, logLevel: level)
      let signals = try await Supervision(
        service: scheduler, companions: endpoint.map { [$0.server] } ?? [],
        onStart: { Serve.greet(session, store, configuration, endpoint) },
        onFirstSignal: {
          endpoint?.api.drain()
          await Serve.announceDrain(session, store, configuration)
        },
        onSecondSignal: { session.say("Stopping at once; running jobs are handed back.") }
      ).run()
      session.say(signals > 1 ? "Stopped." : "Drained; stopped.")
      return .done
    }
  }

  private static func greet(
    _ session: Session, _ store: any JobStore, _ configuration: SchedulerConfiguration,
    _ endpoint: HTTPEndpoint?
  ) {
    func line(_ label: String, _ text: String) {
      session.err.line("  \(session.err.styled(label.padded(to: 9), .dim)) \(text.harmless)")
    }
    session.err.line(session.err.styled("\(session.name.harmless) serves", .bold))
    line("store", store.location)
    let entries = session.catalog.entries
    if entries.isEmpty {
      line("handlers", "none in this program, so it runs nothing; it looks after other nodes' jobs")
    }
    let width = entries.map(\.jobType.displayWidth).max() ?? 0
    for (index, entry) in entries.enumerated() {
      line(
        index == 0 ? "handlers" : "", "\(entry.jobType.padded(to: width))  \(entry.name)")
    }
    line("queues", configuration.queues.text)
    if let endpoint {
      line("http", "http://\(endpoint.address) \(endpoint.isOpen ? "(open)" : "(with a token)")")
    }
    line(
      "stop",
      "Ctrl-C or SIGTERM; running jobs then get \(configuration.shutdownGrace.text) to finish")
  }

  private static func announceDrain(
    _ session: Session, _ store: any JobStore, _ configuration: SchedulerConfiguration
  ) async {
    let running = await runningHere(store)
    let what = running.map { $0 == 0 ? "no job runs" : "\(counted($0, "job")) still running" }
    session.say(
      "Draining: \(what ?? "waiting for running jobs"); at most \(configuration.shutdownGrace.text)."
        + " A second signal stops at once.")
  }

  /// How many jobs this process runs; nil when the store doesn't say.
  private static func runningHere(_ store: any JobStore) async -> Int? {
    do {
      var count = 0
      let name = SchedulerEnvironment.system.nodeName
      for node in try await store.nodes() where node.name == name {
        count += try await store.claims(of: node.uuid).count
      }
      return count
    } catch {
      return nil
    }
  }
}

extension QueueLimits {
  /// `all queues, 10 jobs at once`.
  var text: String {
    switch self {
    case .all(let count): "all, \(counted(count, "job")) at once"
    case .each(let counts):
      counts.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: ", ")
    }
  }
}
