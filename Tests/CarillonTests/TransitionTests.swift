import Carillon
import Foundation
import Testing

@Suite struct TransitionTests {
  @Test func `has every transition among the samples`() {
    #expect(Set(Transition.samples.map(\.name)).count == Transition.samples.count)
    #expect(Transition.samples.count == 14)
  }

  @Test(arguments: Transition.samples, JobStatus.allCases)
  func `moves only along its edge`(_ transition: Transition, _ status: JobStatus) throws {
    let job = try makeJob(in: status)
    guard transition.edge.from.contains(status) else {
      let error = #expect(throws: IllegalTransition.self) {
        try job.applying(transition, at: job.updatedAt)
      }
      #expect(error?.description.contains(transition.name) == true)
      return
    }
    let moved = try job.applying(transition, at: job.updatedAt)
    #expect(moved.status == transition.edge.to)
  }

  @Test(arguments: Transition.samples)
  func `ends an attempt if and only if it leads out of processing`(_ transition: Transition) {
    let endsOne = transition.edge.from == [.processing]
    #expect((transition.attemptOutcome != nil) == endsOne)
  }

  @Test(arguments: Transition.samples)
  func `gives way to a requested cancel only where it would leave the job alive or lost`(
    _ transition: Transition
  ) throws {
    var job = try makeJob(in: .processing)
    #expect(transition.honouring(cancelRequestOf: job) == transition)
    job = try #require(
      try JobCommand.requestCancel(reason: "x").applied(to: job, at: job.updatedAt))
    let honoured = transition.honouring(cancelRequestOf: job)
    let isOverruled =
      transition.edge.from == [.processing]
      && (transition.edge.to == .pending || transition.attemptOutcome == .lost)
      && transition.edge.to != .cancelled
    #expect((honoured.edge != transition.edge) == isOverruled)
    #expect(!isOverruled || honoured.edge.to == .cancelled)
  }

  // MARK: The document

  @Test func `stands in the document as in the code`() throws {
    let found = try LifecycleDocument().transitions
    let expected = Transition.samples.map { transition in
      LifecycleDocument.Row(
        name: transition.name, from: transition.edge.from, to: transition.edge.to,
        outcome: transition.attemptOutcome)
    }
    #expect(found == expected)
  }

  @Test func `stands in the document's chart as in the code`() throws {
    let expected = Set(
      Transition.samples.flatMap { transition in
        transition.edge.from.map {
          "\($0.rawValue) --> \(transition.edge.to.rawValue): \(transition.name)"
        }
      })
    let found = try LifecycleDocument().arrows
    #expect(Set(found) == expected)
    #expect(found.count == expected.count)
  }

  @Test func `gives way in the document as in the code`() throws {
    let expected = Transition.samples.compactMap { transition in
      transition.insteadWhenCancelled.map { [transition.name, $0.name] }
    }
    #expect(try LifecycleDocument().overruled == expected)
  }

  @Test func `has the statuses of the document`() throws {
    let found = try LifecycleDocument().statuses
    #expect(found.map(\.status) == JobStatus.allCases)
    #expect(found.map(\.isFinal) == JobStatus.allCases.map(\.isFinal))
  }
}

/// `docs/job-lifecycle.md`, read.
private struct LifecycleDocument {
  struct Row: Equatable {
    let name: String
    let from: Set<JobStatus>
    let to: JobStatus
    let outcome: AttemptOutcome?
  }

  private let lines: [String]

  init() throws {
    let document = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../docs/job-lifecycle.md")
    lines = try String(contentsOf: document, encoding: .utf8).components(separatedBy: "\n")
  }

  var statuses: [(status: JobStatus, isFinal: Bool)] {
    get throws {
      try rows(under: "| status |").map { cells in
        let name = cells[0].trimmingCharacters(in: ["`"])
        return (try #require(JobStatus(rawValue: name)), cells[2] == "yes")
      }
    }
  }

  var transitions: [Row] {
    get throws {
      try rows(under: "| transition |").map { cells in
        let from = try cells[1].components(separatedBy: ", ").map {
          try #require(JobStatus(rawValue: $0))
        }
        return Row(
          name: cells[0], from: Set(from), to: try #require(JobStatus(rawValue: cells[2])),
          outcome: AttemptOutcome(rawValue: cells[3]))
      }
    }
  }

  var overruled: [[String]] {
    get throws { try rows(under: "| outcome |") }
  }

  var arrows: [String] {
    lines.map { $0.trimmingCharacters(in: .whitespaces) }
      .filter { $0.contains(" --> ") && !$0.hasPrefix("[*]") }
  }

  /// The cells of the table whose head begins with `head`.
  private func rows(under head: String) throws -> [[String]] {
    let start = try #require(lines.firstIndex { $0.hasPrefix(head) })
    return lines[(start + 2)...].prefix { $0.hasPrefix("|") }.map { line in
      line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
    }
  }
}
