import ArgumentParser
import Carillon
import CarillonPostgres
import CarillonSQLite

/// Brings a store's tables to this version.
struct Migrate: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "migrate",
      abstract: "Make the store's tables, or bring them to this version.",
      discussion: """
        Every command does this when it opens a store; run it alone to do it before a deploy, or \
        as a user who may change the tables where the program's may not.

        \(ProgramName.examples(
          "migrate --store sqlite:/var/lib/jobs.db",
          "migrate --store postgres://owner@db.example.com/jobs"))
        """)
  }

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let url = try StoreURL(option: common.store, environment: session.environment)
    let (from, to) =
      switch url {
      case .memory:
        throw UsageError(
          "memory: has no tables. Give a store that lasts: --store sqlite:PATH or postgres://….")
      case .sqlite(let path): try await SQLiteStore.migrate(path: path)
      case .postgres(let url, _): try await PostgresStore.migrate(url: url)
      }
    if common.json {
      session.print(.object(["from": JSONValue(from), "to": JSONValue(to)]))
    } else if from == to {
      session.out.line("\("\(url)".harmless) has schema \(to) already")
    } else {
      session.out.line("\("\(url)".harmless) migrated from schema \(from) to \(to)")
    }
    return .done
  }
}
