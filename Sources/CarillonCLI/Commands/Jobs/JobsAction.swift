import Carillon
import Foundation

/// One command carried out on several jobs: all are tried, each is told of, the worst counts.
struct JobsAction {
  let command: JobCommand
  /// What has happened to a job, after its uuid: `cancelled`.
  let done: @Sendable (Job) -> String

  func run(on texts: [String], json: Bool, in session: Session, _ common: CommonOptions)
    async throws -> ExitStatus
  {
    let uuids = try texts.map { try OptionText.uuid($0, "UUID") }
    return try await session.withStore(common) { store in
      var worst = ExitStatus.done
      var answers: [JSONValue] = []
      for uuid in uuids {
        switch try await store.apply(command, to: uuid) {
        case .done(let job):
          answers.append(job.jsonValue)
          if !json { session.out.line("\(job.uuid.text) \(done(job).harmless)") }
        case .refused(let refusal):
          worst = max(worst, ExitStatus(of: refusal))
          answers.append(JobsAction.json(of: refusal))
          session.complain(refusal.description)
        }
      }
      if json {
        if uuids.count > 1 {
          session.print(.array(answers))
        } else if worst == .done, let answer = answers.first {
          session.print(answer)
        }
      }
      return worst
    }
  }

  private static func json(of refusal: JobRefusal) -> JSONValue {
    .object([
      "uuid": .string(refusal.uuid.text),
      "error": .object([
        "code": .string(refusal.code), "message": .string(refusal.description),
      ]),
    ])
  }
}
