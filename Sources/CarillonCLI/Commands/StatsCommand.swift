import ArgumentParser
import Carillon

/// Shows the store in numbers.
struct StatsCommand: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "stats",
      abstract: "Show jobs by status, schedules, queues, nodes, and what finds no handler.",
      discussion: ProgramName.examples("stats", "stats --json"))
  }

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let known = session.catalog.keys
    let (statistics, schedules) = try await session.withStoreToShow(common) { store in
      (try await store.statistics(known: known), try await ScheduleSurvey(of: store))
    }
    let reason = UnresolvedReason(
      catalog: session.catalog, nodes: statistics.nodes, now: statistics.now)
    if common.json {
      var members = statistics.jsonValue(reason: reason.text).object ?? [:]
      members["schedules"] = schedules.jsonValue
      session.print(.object(members))
    } else {
      StatsPage(statistics: statistics, schedules: schedules, reason: reason).print(on: session.out)
    }
    return .done
  }
}
