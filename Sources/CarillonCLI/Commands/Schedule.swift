import ArgumentParser
import Carillon
import Foundation

/// Stores jobs.
struct Schedule: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "schedule",
      abstract: "Store a job, and print its uuid.",
      usage: ProgramName.usage(
        "schedule HANDLER --resource UUID [--at TIME | --in DURATION] [options]",
        "schedule --from FILE [options]"),
      discussion: """
        HANDLER is a handler's type name or its job type (see `handlers`). Without --at or --in \
        the job is due now. --from stores many jobs, all or none: each line is a JSON object with \
        handler_module, resource_uuid and, where wanted, uuid, args, args_version, scheduled_at \
        or in, queue, priority, max_attempts, created_by_uuid, job_type, resource_type.

        \(ProgramName.examples(
          "schedule publish_post --resource UUID --in 10m",
          "schedule publish_post --resource UUID --args '{\"notify\":true}'",
          "schedule --from jobs.jsonl"))
        """)
  }

  @Argument(help: ArgumentHelp("A handler's name or job type.", valueName: "handler"))
  var handler: String?

  @Option(help: ArgumentHelp("What the job works on.", valueName: "uuid"))
  var resource: String?

  @OptionGroup var when: TimeOptions

  @Option(help: ArgumentHelp("A JSON object for the handler. (default: {})", valueName: "json"))
  var args: String?

  @Option(help: ArgumentHelp("The queue; the handler's otherwise.", valueName: "name"))
  var queue: String?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Higher runs first; the handler's otherwise.", valueName: "n"),
    transform: OptionText.whole)
  var priority: Int?

  @Option(
    parsing: .unconditional,
    help: ArgumentHelp("Attempts before it fails; the handler's otherwise.", valueName: "n"),
    transform: OptionText.whole)
  var maxAttempts: Int?

  @Option(help: ArgumentHelp("Its identity, to make the command repeatable.", valueName: "uuid"))
  var uuid: String?

  @Option(help: ArgumentHelp("Who asks for it.", valueName: "uuid"))
  var createdBy: String?

  @Option(help: ArgumentHelp("For a handler of another program.", valueName: "type"))
  var jobType: String?

  @Option(help: ArgumentHelp("For a handler of another program.", valueName: "type"))
  var resourceType: String?

  @Option(help: ArgumentHelp("A file with a job a line; - for stdin.", valueName: "file"))
  var from: String?

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    if let from {
      try refuseOptionsBesideFrom()
      return try await store(linesOf: from, in: session)
    }
    let request = try request(in: session)
    let job = try await session.withStore(common, mayBeNew: true) { store in
      try await store.insert([request]).first
    }
    guard let job else {
      throw StoreError.failed(operation: "schedule a job", why: "it answered with nothing")
    }
    if common.json {
      session.print(job.jsonValue)
    } else {
      session.out.line(job.uuid.text)
    }
    return .done
  }

  private func request(in session: Session) throws -> JobRequest {
    guard let handler else {
      throw UsageError(
        "Which handler? Give its name or job type (`\(session.name) handlers` lists them), or "
          + "--from FILE.")
    }
    let choice = try HandlerChoice(
      named: handler, jobType: jobType, resourceType: resourceType, in: session.catalog,
      labels: .options)
    guard let resource else {
      throw UsageError("--resource is missing: the UUID of what the job works on.")
    }
    let options = ScheduleOptions(
      queue: queue, priority: priority, maxAttempts: maxAttempts,
      createdByUUID: try createdBy.map { text throws(UsageError) in
        try OptionText.uuid(text, "--created-by")
      })
    return try choice.request(
      resourceUUID: try OptionText.uuid(resource, "--resource"),
      time: try when.time() ?? .now,
      args: try args.map { text throws(UsageError) in try OptionText.args(text) } ?? [:],
      options: options,
      uuid: try uuid.map { text throws(UsageError) in try OptionText.uuid(text, "--uuid") }
        ?? session.makeUUID())
  }

  private func refuseOptionsBesideFrom() throws(UsageError) {
    let given: [(String, Bool)] = [
      ("HANDLER", handler != nil), ("--resource", resource != nil), ("--at", when.at != nil),
      ("--in", when.delay != nil), ("--args", args != nil), ("--queue", queue != nil),
      ("--priority", priority != nil), ("--max-attempts", maxAttempts != nil),
      ("--uuid", uuid != nil), ("--created-by", createdBy != nil),
      ("--job-type", jobType != nil), ("--resource-type", resourceType != nil),
    ]
    if let (name, _) = given.first(where: \.1) {
      throw UsageError("\(name) can't stand beside --from: each line of the file says it all.")
    }
  }

  private func store(linesOf path: String, in session: Session) async throws -> ExitStatus {
    let source = path == "-" ? JobFile.Source.standardInput : .file(path)
    // Inserting from a file that can't be read must not make a store.
    _ = try StoreURL(option: common.store, environment: session.environment)
    let requests = try await JobFile(source: source, catalog: session.catalog).read(
      makeUUID: session.makeUUID, progress: ProgressBar("Reading", on: session.err))
    let jobs: [Job] =
      requests.isEmpty
      ? [] : try await session.withStore(common, mayBeNew: true) { try await $0.insert(requests) }
    if common.json {
      session.print(.array(jobs.map { .string($0.uuid.text) }))
    } else if !jobs.isEmpty {
      session.out.line(jobs.map(\.uuid.text).joined(separator: "\n"))
    }
    return .done
  }
}

extension Session {
  /// A new identity for a job.
  func makeUUID() -> UUID { chance.uuid(at: SystemClock().now()) }
}
