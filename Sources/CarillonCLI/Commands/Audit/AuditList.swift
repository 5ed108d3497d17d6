import ArgumentParser
import Carillon

/// Shows audit entries, newest first.
struct AuditList: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "list", abstract: "List what was done and by whom, newest first.",
      discussion: """
        Jobs that programs schedule, and what the engine does, aren't listed. Entries are kept for \
        400 days.

        \(ProgramName.examples(
          "audit list --since 2d", "audit list --target UUID",
          "audit list --actor ada@host --limit 20 --json"))
        """)
  }

  @Option(
    help: ArgumentHelp(
      "Only what was done since: 2h, that long ago, or a time.", valueName: "time"))
  var since: String?

  @Option(
    help: ArgumentHelp(
      "Only what was done before: 2h, that long ago, or a time.", valueName: "time"))
  var until: String?

  @Option(help: ArgumentHelp("Only what this one did.", valueName: "name"))
  var actor: String?

  @Option(
    help: ArgumentHelp(
      "Only what was done to this: a uuid, a name, TYPE/UUID of a resource.", valueName: "target"))
  var target: String?

  @Option(
    parsing: .unconditional, help: ArgumentHelp("At most so many, up to 10000.", valueName: "n"),
    transform: OptionText.whole)
  var limit = 100

  @Option(help: ArgumentHelp("Go on after this entry of an earlier list.", valueName: "uuid"))
  var after: String?

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    guard (1...10_000).contains(limit) else {
      throw UsageError("--limit: \(limit) is out of range; it goes from 1 to 10000.")
    }
    let since = try since.map { text throws(UsageError) in try OptionText.since(text, "--since") }
    let until = try until.map { text throws(UsageError) in try OptionText.since(text, "--until") }
    let after = try after.map { text throws(UsageError) in
      try OptionText.uuid(text, "--after")
    }
    let (entries, now) = try await session.withStoreToShow(common) { store in
      let now = try await store.now()
      let query = AuditQuery(
        since: since?(now), until: until?(now), actor: actor, target: target, limit: limit,
        after: after)
      return (try await store.audit(query), now)
    }
    if common.json {
      session.print(.array(entries.map(\.jsonValue)))
    } else if entries.isEmpty {
      session.say("Nobody has done anything that is listed here.")
    } else {
      AuditList.table(of: entries, now: now).print(on: session.out)
    }
    return .done
  }

  private static func table(of entries: [AuditEntry], now: Instant) -> Table {
    let time = TimeText(now: now)
    var table = Table([
      .init(title: "WHEN"), .init(title: "BY", narrowest: 10), .init(title: "FROM", leftOut: 2),
      .init(title: "ACTION"), .init(title: "TARGET", narrowest: 16),
      .init(title: "DETAIL", narrowest: 16, leftOut: 1), .init(title: "AT", leftOut: 3),
    ])
    for entry in entries {
      let note = entry.note
      table.add([
        .init(time.relative(entry.at)), .init(entry.actor.name),
        .init(entry.actor.source.rawValue), .init(note.action),
        .init("\(note.targetKind.rawValue) \(note.target)"),
        .init(note.detail.isEmpty ? "" : JSONValue.object(note.detail).json),
        .init(TimeText.exact(entry.at), .dim),
      ])
    }
    return table
  }
}
