import Carillon

/// One command carried out on several schedules: all are tried, each is told of, the worst counts.
struct ScheduleAction {
  /// What has happened to a schedule, after its name: `removed`.
  let done: @Sendable (ScheduleView) -> String
  let act: @Sendable (Schedules, String) async throws -> Carillon.Schedule

  func run(on names: [String], json: Bool, in session: Session, _ common: CommonOptions)
    async throws -> ExitStatus
  {
    try await session.withSchedules(common) { schedules, store in
      var worst = ExitStatus.done
      var answers: [JSONValue] = []
      for name in names {
        do {
          let schedule = try await act(schedules, name)
          let view = ScheduleView(schedule: schedule, now: try await store.now())
          answers.append(view.jsonValue)
          if !json { session.out.line("\(name.harmless) \(done(view).harmless)") }
        } catch let refusal as ScheduleRefusal {
          worst = max(worst, ExitStatus(of: refusal))
          answers.append(refusal.jsonValue(of: name))
          if case .notFound = refusal {
            session.complain(try await store.explanation(ofMissing: name))
          } else {
            session.complain(refusal.description)
          }
        }
      }
      if json {
        if names.count > 1 {
          session.print(.array(answers))
        } else if worst == .done, let answer = answers.first {
          session.print(answer)
        }
      }
      return worst
    }
  }
}

extension ScheduleRefusal {
  fileprivate func jsonValue(of name: String) -> JSONValue {
    [
      "name": .string(name),
      "error": ["code": .string(code), "message": .string(description)],
    ]
  }
}
