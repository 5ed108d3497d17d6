import ArgumentParser
import Carillon

/// Examines the store, the program and the nodes.
struct Doctor: SessionCommand {
  static var configuration: CommandConfiguration {
    CommandConfiguration(
      commandName: "doctor",
      abstract: "Examine the store, this program and the nodes, and say what to do.",
      discussion: """
        It exits 1 when anything is an error, 0 with warnings.

        \(ProgramName.examples("doctor", "doctor --json"))
        """)
  }

  @OptionGroup var common: CommonOptions

  func run(in session: Session) async throws -> ExitStatus {
    let catalog = session.catalog
    let findings = try await session.withStore(common) { store in
      try await Examination(store: store, catalog: catalog).findings()
    }
    if common.json {
      session.print(.array(findings.map(\.jsonValue)))
    } else {
      for finding in findings { show(finding, on: session.out) }
    }
    return findings.contains { $0.severity == .error } ? .failed : .done
  }

  private func show(_ finding: Finding, on screen: Screen) {
    let label = finding.severity.text(symbols: screen.hasSymbols).padded(to: 10)
    let room = max(20, (screen.width ?? .max) - 11)
    for (index, line) in finding.message.harmless.wrapped(to: room).enumerated() {
      let head =
        index == 0
        ? screen.styled(label, finding.severity.style) : String(repeating: " ", count: 10)
      screen.line("\(head) \(line)")
    }
    for line in (finding.advice ?? "").harmless.wrapped(to: room) where !line.isEmpty {
      screen.line(String(repeating: " ", count: 11) + screen.styled(line, .dim))
    }
  }
}
