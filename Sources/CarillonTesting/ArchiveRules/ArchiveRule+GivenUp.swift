import Carillon

extension ArchiveRule {
  /// What a move that came to nothing leaves in the way of the next one.
  static let givenUp: [ArchiveRule] = [
    ArchiveRule("says how to empty a store whose source was opened without it") { trial in
      try await trial.fill()
      let budget = WriteBudget(5)
      _ = try? await StoreMove(
        from: InterruptedArchive(trial.source, budget),
        to: InterruptedArchive(trial.target, budget), rowsAPage: 2
      ).run(as: trial.move)
      try trial.from.expect(
        try await StoreMove.undo(from: trial.source, to: nil), true, "it is undone")
      let expected = MoveObstacle.givenUp(
        store: trial.target.location, from: trial.source.location)
      try trial.to.expect(
        try await StoreMove.obstacles(from: trial.source, to: trial.target), [expected],
        "what a trial finds against it")
      do {
        _ = try await trial.mover().run(as: trial.from.uuid())
        throw trial.to.violation("a move anew", "\(expected)", "no obstacle")
      } catch MoveFailure.obstacle(let found) {
        try trial.to.expect(found, expected, "what stands against it")
      }
      try await trial.from.insert()
      try trial.to.expect(
        try await StoreMove.undo(from: trial.source, to: trial.target), true, "it is emptied")
      let before = try await trial.contents(of: trial.source)
      _ = try await trial.mover().run(as: trial.from.uuid())
      try trial.to.expect(try await trial.contents(of: trial.target), before, "the jobs")
    },

    ArchiveRule("isn't left closed when the other store can't be closed") { trial in
      try await trial.from.insert()
      let mover = StoreMove(
        from: InterruptedArchive(trial.source, WriteBudget(0)), to: trial.target)
      do {
        _ = try await mover.run(as: trial.move)
        throw trial.from.violation("closing the source", "an error", "none")
      } catch MoveFailure.store(WriteBudget.spent) {}
      try trial.to.expect(try await trial.target.moveMark(), nil, "the target's mark")
      try trial.from.expect(try await trial.source.moveMark(), nil, "the source's mark")
      _ = try await trial.mover().run(as: trial.from.uuid())
    },

    ArchiveRule("goes on when closing the other store succeeded and seemed to fail") { trial in
      try await trial.from.insert()
      let mover = StoreMove(
        from: InterruptedArchive(trial.source, WriteBudget(1, answersLastWrite: false)),
        to: trial.target)
      do {
        _ = try await mover.run(as: trial.move)
        throw trial.from.violation("closing the source", "an error", "none")
      } catch MoveFailure.store(WriteBudget.spent) {}
      let report = try await trial.mover().run(as: trial.from.uuid())
      try trial.to.expect(report.move, trial.move, "the move")
      try trial.to.expect(report.sum.jobs, 1, "the jobs of the report")
    },
  ]
}
