import ArgumentParser
import Carillon
import Foundation
import Logging

/// Measures how fast this machine is with jobs that do nothing.
struct Bench: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "bench",
      abstract: "Measure how fast jobs are stored, run and picked up here.",
      usage: ProgramName.usage("bench [--jobs N] [--lateness] [--pickup] [options]"),
      discussion: """
        Without --store it works on a file of its own in the temporary directory, and removes it. \
        With one, its finished jobs stay there until they are pruned. In PostgreSQL a schema of \
        its own keeps them apart: postgres://…/jobs?schema=bench makes it, DROP SCHEMA bench \
        CASCADE removes it.

        \(ProgramName.examples(
          "bench", "bench --jobs 100000 --finished 1000000 --repeat 1",
          "bench --lateness --pickup --json"))
        """)
  }

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Jobs to store and run.", valueName: "n"),
    transform: OptionText.whole)
  var jobs = 50_000

  @Option(
    parsing: .unconditional, help: ArgumentHelp("Jobs at once.", valueName: "n"),
    transform: OptionText.whole)
  var concurrency = 500

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Also run them beside so many finished jobs.", valueName: "n"),
    transform: OptionText.whole)
  var finished = 0

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("And beside so many jobs of a distant future.", valueName: "n"),
    transform: OptionText.whole)
  var future = 0

  @Option(
    name: .customLong("repeat"), parsing: .unconditional,
    help: ArgumentHelp("Measurements of each rate; the median is shown.", valueName: "n"),
    transform: OptionText.whole)
  var repetitions = 3

  @Flag(help: "Also measure how late jobs start: 500 over 20 s.")
  var lateness = false

  @Flag(help: "Also measure how soon an idle scheduler starts a job of its own, of another node.")
  var pickup = false

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let plan = try plan()
    var logger = Logger(label: "carillon.bench")
    logger.logLevel = try logLevel(in: session)
    let benchmark = Benchmark(plan: plan, chance: session.chance, logger: logger)
    let figures: BenchFigures
    if common.store == nil {
      figures = try await Bench.inTemporaryFile { url in
        try await session.withStore(url) { try await measure(benchmark, $0, url, session) }
      }
    } else {
      let url = try StoreURL(option: common.store, environment: session.environment)
      figures = try await session.withStore(common, mayBeNew: true) { store in
        try await measure(benchmark, store, url, session)
      }
    }
    if common.json {
      session.print(figures.jsonValue)
    } else {
      figures.print(on: session.out)
    }
    return .done
  }

  private func plan() throws(UsageError) -> BenchPlan {
    func checked(_ value: Int, _ range: ClosedRange<Int>, _ option: String) throws(UsageError)
      -> Int
    {
      guard range.contains(value) else {
        throw UsageError(
          "\(option): \(value) is out of range; it goes from \(range.lowerBound) to "
            + "\(range.upperBound).")
      }
      return value
    }
    return BenchPlan(
      jobs: try checked(jobs, 1...10_000_000, "--jobs"),
      concurrency: try checked(concurrency, 1...100_000, "--concurrency"),
      finished: try checked(finished, 0...100_000_000, "--finished"),
      future: try checked(future, 0...100_000_000, "--future"),
      repetitions: try checked(repetitions, 1...100, "--repeat"),
      lateness: lateness, pickup: pickup)
  }

  /// As a program stores its jobs: what nobody asks for by hand has no audit entry.
  private func measure(
    _ benchmark: Benchmark, _ store: any JobStore, _ url: StoreURL, _ session: Session
  ) async throws -> BenchFigures {
    try await AuditActor.$current.withValue(nil) {
      try await figures(benchmark, store, url, session)
    }
  }

  private func figures(
    _ benchmark: Benchmark, _ store: any JobStore, _ url: StoreURL, _ session: Session
  ) async throws -> BenchFigures {
    let plan = benchmark.plan
    var figures = BenchFigures(store: store.location, plan: plan)
    let times = ProgressBar("Measuring", on: session.err)
    var (singles, bulks, drains): ([Double], [Double], [Double]) = ([], [], [])
    for index in 0..<plan.repetitions {
      times.update(2 * index, of: 2 * plan.repetitions)
      singles.append(try await benchmark.singleInserts(into: store))
      times.update(2 * index + 1, of: 2 * plan.repetitions)
      let (insert, drain) = try await benchmark.bulkInsertAndDrain(store)
      bulks.append(insert)
      drains.append(drain)
    }
    times.end()
    figures.singleInserts = BenchFigures.median(singles)
    figures.bulkInserts = BenchFigures.median(bulks)
    figures.drain = BenchFigures.median(drains)
    figures.nextInstants = BenchFigures.median(
      try (0..<plan.repetitions).map { _ in try benchmark.nextInstants() })
    if plan.isBesideOthers {
      try await benchmark.addOthers(
        to: store, progress: ProgressBar("Storing other jobs", on: session.err))
      drains = []
      for _ in 0..<plan.repetitions {
        drains.append(try await benchmark.bulkInsertAndDrain(store).drain)
      }
      figures.drainBeside = BenchFigures.median(drains)
    }
    if plan.lateness {
      figures.lateness = .init(
        try await benchmark.lateness(
          in: store, progress: ProgressBar("Lateness", on: session.err)))
    }
    if plan.pickup {
      figures.pickup = .init(
        try await benchmark.pickup(
          in: store, from: store, progress: ProgressBar("Pick-up", on: session.err)))
      // Memory is nobody else's.
      if url != .memory {
        figures.pickupFromOther = .init(
          try await session.withStore(url) { other in
            try await benchmark.pickup(
              in: store, from: other,
              progress: ProgressBar("Pick-up from another node", on: session.err))
          })
      }
    }
    return figures
  }

  /// Lends `body` a store's file in a folder of its own, and removes both.
  private static func inTemporaryFile<Answer>(
    _ body: (StoreURL) async throws -> Answer
  ) async throws -> Answer {
    let folder = FileManager.default.temporaryDirectory.appending(
      path: "carillon-bench-\(UUID().text)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    return try await body(.sqlite(path: folder.appending(path: "bench.db").path()))
  }
}
