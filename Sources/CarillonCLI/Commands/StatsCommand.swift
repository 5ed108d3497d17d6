import ArgumentParser
import Carillon

/// Shows the store in numbers.
struct StatsCommand: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "stats",
      abstract: "Show jobs by status, queues, nodes, and what finds no handler.",
      discussion: ProgramName.examples("stats", "stats --json"))
  }

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let known = session.catalog.keys
    let statistics = try await session.withStoreToShow(common) { store in
      try await store.statistics(known: known)
    }
    let reason = UnresolvedReason(
      catalog: session.catalog, nodes: statistics.nodes, now: statistics.now)
    if common.json {
      session.print(statistics.jsonValue(reason: reason.text))
    } else {
      StatsPage(statistics: statistics, reason: reason).print(on: session.out)
    }
    return .done
  }
}
