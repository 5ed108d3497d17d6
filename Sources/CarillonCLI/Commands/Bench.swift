import ArgumentParser
import Carillon

struct Bench: SessionCommand {
  @OptionGroup var common: CommonOptions
  func run(in session: Session) async throws -> ExitStatus { .failed }
}
