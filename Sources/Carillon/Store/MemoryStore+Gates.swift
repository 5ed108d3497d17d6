extension MemoryStore {
  // MARK: Gates

  public func gates() async throws(StoreError) -> Gates {
    read { state, now in Gates(state.gates).standing(at: now) }
  }

  public func apply(_ command: GateCommand) async throws(StoreError) -> GateAnswer {
    let answer = try change { state, now in
      do throws(GateRefusal) {
        let change = try command.applied(to: state.gates, at: now)
        let gone = Set((change.removed + change.put).map(\.key))
        state.gates.removeAll { gone.contains($0.key) }
        state.gates += change.put
        state.note(AuditNote.of(change.answer), at: now)
        return change.answer
      } catch {
        return GateAnswer.refused(error)
      }
    }
    signals.signal()
    return answer
  }
}

extension MemoryStore.State {
  /// Frees jobs whose gates have opened and holds due ones whose gates are closed; answers whether
  /// there are more than one exchange does.
  mutating func passGates(
    _ closed: ClosedScopes, _ request: ClaimRequest, at now: Instant
  ) -> Bool {
    guard !gates.isEmpty else { return false }
    let free =
      closed.mayHold
      ? inOrder {
        $0.hold == .paused && request.frees($0.handlerKey, closed)
      } : []
    for job in free.prefix(ClosedScopes.batch) { jobs[job.uuid] = job.holding(nil, at: now) }
    if free.isEmpty, closed.areOver {
      gates.removeAll { row in
        row.isOver(at: now)
          && now.microseconds - (row.until ?? 0) >= ClosedScopes.linger.microseconds
      }
    }
    guard closed.closesKeys else { return free.count > ClosedScopes.batch }
    let due = min(now, request.dueBy ?? now)
    let met = inOrder {
      $0.status == .pending && $0.hold == nil && $0.runAt <= due
        && request.keys.contains($0.handlerKey) && request.free.contains($0.queue)
        && !closed.queues.contains($0.queue)
        && closed.closes($0.handlerKey, aliases: request.aliases)
    }
    for job in met.prefix(ClosedScopes.batch) { jobs[job.uuid] = job.holding(.paused, at: now) }
    return max(free.count, met.count) > ClosedScopes.batch
  }
}
