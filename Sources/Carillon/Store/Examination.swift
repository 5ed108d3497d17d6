import Foundation

/// What `doctor` looks at beyond the store itself.
package struct Examination: Sendable {
  let store: any JobStore
  let catalog: HandlerCatalog

  package init(store: any JobStore, catalog: HandlerCatalog) {
    self.store = store
    self.catalog = catalog
  }

  package func findings() async throws(StoreError) -> [Finding] {
    let findings = try await store.diagnose()
    do throws(StoreError) {
      return findings + (try await findingsOfJobs())
    } catch {
      // Something of the store's own is in the way, and has been found already.
      guard findings.contains(where: { $0.severity == .error }) else { throw error }
      return findings + [
        Finding(
          id: "jobs", severity: .error, message: "The jobs couldn't be examined. \(error)")
      ]
    }
  }

  /// What is found beside the store's own health, which takes long to look at.
  package func findingsOfJobs() async throws(StoreError) -> [Finding] {
    let statistics = try await store.statistics(known: catalog.keys)
    let running = try await store.jobs(JobQuery(status: .processing, limit: JobQuery.mostJobs))
    return try await handlers()
      + nodes(statistics)
      + unresolved(statistics)
      + stuck(running, statistics)
      + ScheduleSurvey(of: store).findings(at: statistics.now)
  }

  private func handlers() -> [Finding] {
    guard !catalog.problems.isEmpty else {
      return [
        Finding(
          id: "handlers.names", severity: .ok,
          message: "\(counted(catalog.entries.count, "handler")) in this program, each with a name "
            + "of its own.")
      ]
    }
    return catalog.problems.map { problem in
      Finding(id: "handlers.names", severity: .error, message: "\(problem)")
    }
  }

  private func nodes(_ statistics: StoreStatistics) -> [Finding] {
    let gone = statistics.nodes.filter { !$0.isAlive(at: statistics.now) }
    let alive = statistics.nodes.count - gone.count
    let waiting = (statistics.jobs[.pending] ?? 0).addingSaturated(
      statistics.jobs[.processing] ?? 0)
    var findings: [Finding] = []
    if alive > 0 {
      findings.append(
        Finding(
          id: "nodes.alive", severity: .ok,
          message: "\(counted(alive, "node is", "nodes are")) alive."))
    } else {
      findings.append(
        Finding(
          id: "nodes.alive", severity: waiting > 0 ? .warning : .ok,
          message: waiting > 0
            ? "No node is alive, and \(counted(waiting, "job waits", "jobs wait"))."
            : "No node is alive; no job waits.",
          advice: waiting > 0 ? "Start `serve`, or run `run-due` from time to time." : nil))
    }
    for node in gone {
      let since = (statistics.now - node.leaseExpiresAt).coarseText
      findings.append(
        Finding(
          id: "nodes.expired", severity: .warning,
          message: "Node \(node.name) (\(node.uuid.text)) hasn't renewed its lease; it ran out "
            + "\(since) ago.",
          advice: "A live node takes its jobs over within half a minute. If none is alive, start "
            + "`serve`."))
    }
    return findings
  }

  private func unresolved(_ statistics: StoreStatistics) -> [Finding] {
    let reason = UnresolvedReason(catalog: catalog, nodes: statistics.nodes, now: statistics.now)
    guard !statistics.unresolved.isEmpty else {
      return [
        Finding(
          id: "jobs.unresolved", severity: .ok, message: "Every due job's handler is known.")
      ]
    }
    return statistics.unresolved.map { entry in
      let since = max(statistics.now - entry.dueSince, .zero).coarseText
      return Finding(
        id: "jobs.unresolved", severity: .warning,
        message: "\(counted(entry.count, "due job names", "due jobs name")) "
          + "\(entry.key.handlerModule) on \(entry.key.resourceType), the oldest for \(since). "
          + reason.text(entry.key),
        advice: "Start a program that has this handler; the jobs are kept, and begin at once.")
    }
  }

  private func stuck(_ running: [Job], _ statistics: StoreStatistics) -> [Finding] {
    let now = statistics.now
    let timeouts = (statistics.nodes.flatMap(\.catalogue) + catalog.published).timeouts
    var findings: [Finding] = []
    for job in running {
      if let stuck = StuckJob(job, timeout: timeouts[job.handlerKey], at: now) {
        findings.append(
          Finding(
            id: "jobs.stuck", severity: .warning,
            message: "Job \(job.uuid.text) (\(job.jobType)) \(stuck.words)",
            advice: StuckJob.advice, subject: .job(job.uuid)))
      }
    }
    guard findings.isEmpty else { return findings }
    return [
      Finding(
        id: "jobs.stuck", severity: .ok,
        message: running.isEmpty
          ? "No job runs." : "\(counted(running.count, "job runs", "jobs run")), none stuck.")
    ]
  }
}
