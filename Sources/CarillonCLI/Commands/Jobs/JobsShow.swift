import ArgumentParser
import Carillon

/// Shows one job and all its attempts.
struct JobsShow: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "show",
      abstract: "Show one job: its record, its attempts, what they logged.",
      usage: ProgramName.usage("jobs show UUID [options]"),
      discussion: ProgramName.examples(
        "jobs show UUID",
        "jobs show UUID --json"))
  }

  @Argument(help: "The job.")
  var uuid: String

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let uuid = try OptionText.uuid(uuid, "UUID")
    let (job, attempts, nodes, gates, now) = try await session.withStoreToShow(common) { store in
      guard let job = try await store.job(uuid) else { throw JobRefusal.notFound(uuid) }
      return (
        job, try await store.attempts(of: uuid), try await store.nodes(),
        try await store.gates(), try await store.now()
      )
    }
    if common.json {
      session.print(job.jsonValue(attempts: attempts))
    } else {
      let names = Dictionary(
        nodes.map { ($0.uuid, $0.name) }, uniquingKeysWith: { first, _ in first })
      JobPage(job: job, attempts: attempts, nodeNames: names, gates: gates, now: now)
        .print(on: session.out)
    }
    return .done
  }
}
