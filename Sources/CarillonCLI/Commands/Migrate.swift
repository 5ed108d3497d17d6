import ArgumentParser
import Carillon
import CarillonSQLite

/// Brings a store's tables to this version.
struct Migrate: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "migrate",
      abstract: "Make the store's tables, or bring them to this version.",
      discussion: """
        Every command does this when it opens a SQLite file; run it alone to do it before a deploy.

        \(ProgramName.examples("migrate --store sqlite:/var/lib/jobs.db"))
        """)
  }

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let url = try StoreURL(option: common.store, environment: session.environment)
    switch url {
    case .memory:
      throw UsageError("memory: has no tables. Give a store that lasts: --store sqlite:PATH.")
    case .sqlite(let path):
      let (from, to) = try await SQLiteStore.migrate(path: path)
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
}
