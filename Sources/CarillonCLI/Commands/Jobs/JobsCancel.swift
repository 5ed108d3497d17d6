import ArgumentParser
import Carillon

/// Stops jobs.
struct JobsCancel: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "cancel",
      abstract: "Stop pending jobs; with --running, ask running ones to end.",
      usage: ProgramName.usage(
        "jobs cancel UUID… [--running] [options]",
        "jobs cancel --resource TYPE/UUID [--running] [options]",
        "jobs cancel --filter TERMS [--running] [--dry-run | --yes] [options]"),
      discussion: ProgramName.examples(
        "jobs cancel UUID", "jobs cancel UUID --running", "jobs cancel --resource post/UUID",
        "jobs cancel --filter 'status:pending queue:mail' --dry-run"))
  }

  @Argument(help: "The jobs.")
  var uuid: [String] = []

  @Flag(help: "Also ask jobs that are running to end.")
  var running = false

  @Option(help: ArgumentHelp("All pending jobs of this resource.", valueName: "type/uuid"))
  var resource: String?

  @OptionGroup var bulk: BulkOptions

  @Option(help: ArgumentHelp("Why; kept with the job.", valueName: "text"))
  var reason = Reason.cancelledByHand

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    if let resource {
      guard uuid.isEmpty, bulk.filter == nil else {
        throw UsageError(
          "\(uuid.isEmpty ? "--filter" : "UUIDs") and --resource can't stand together. Give one of "
            + "them.")
      }
      return try await cancelAll(
        of: try OptionText.resource(resource, "--resource"), in: session)
    }
    guard !uuid.isEmpty || bulk.filter != nil else {
      throw UsageError("Which jobs? Give their UUIDs, --resource TYPE/UUID, or --filter TERMS.")
    }
    let command: JobCommand =
      running ? .requestCancel(reason: reason) : .cancel(reason: reason)
    if try bulk.isMeant(besides: uuid) {
      return try await BulkAction(command: command, options: bulk).run(in: session, common)
    }
    return try await JobsAction(
      command: command,
      done: { $0.status == .processing ? "runs; it is asked to end" : "cancelled" }
    ).run(on: uuid, json: common.json, in: session, common)
  }

  private func cancelAll(of resource: Resource, in session: Session) async throws -> ExitStatus {
    try await session.withStore(common) { store in
      var jobs = try await store.cancelJobs(for: resource, reason: reason)
      if running {
        let query = JobQuery(status: .processing, resource: resource, limit: JobQuery.mostJobs)
        for job in try await store.jobs(query) {
          // One that has ended meanwhile needs no asking.
          if case .done(let job) = try await store.apply(
            .requestCancel(reason: reason), to: job.uuid)
          {
            jobs.append(job)
          }
        }
      }
      if common.json {
        session.print(.array(jobs.map(\.jsonValue)))
      } else if jobs.isEmpty {
        session.say("\(resource) has no \(running ? "live" : "pending") job.")
      }
      for job in jobs where !common.json {
        session.out.line(
          "\(job.uuid.text) "
            + (job.status == .processing ? "runs; it is asked to end" : "cancelled"))
      }
      return .done
    }
  }
}
