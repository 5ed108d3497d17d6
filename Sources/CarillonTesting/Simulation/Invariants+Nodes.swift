import Carillon
import Foundation

/// Who counts as alive, and what becomes of the jobs of those that don't.
extension Invariants {
  func joined(_ node: Node, _ process: SimulatedNode) {
    world.trace.call(node.uuid, process.name)
    world.trace.note(.node, UInt64(process.number), text: "\(process.name) has joined")
    members[node.uuid] = Member(process: process, renewedAt: world.time.elapsed)
  }

  func renewed(_ node: UUID) { members[node]?.renewedAt = world.time.elapsed }

  func left(_ node: UUID) {
    members[node]?.isGone = true
    let process = members[node]?.process
    for run in world.runs.active where run.node === process && run.job.node == node {
      expect(false, "\(run.node.name) has left while \(name(run.job)) runs")
    }
  }

  func rescued(_ node: UUID) {
    guard let member = members[node] else {
      expect(false, "a node was rescued that never joined")
      return
    }
    let process = member.process
    world.trace.note(.node, UInt64(process.number), text: "\(process.name) is rescued")
    expect(!member.isGone, "\(process.name) was rescued twice")
    members[node]?.isGone = true
    let configuration = world.setting.configuration
    let now = world.time.elapsed
    expect(
      now - member.renewedAt >= configuration.rescueGrace,
      "\(process.name) was rescued \(now - member.renewedAt) after a renewal")
    // A step of the store's clock makes every lease run out; then the grace alone protects.
    if world.clockSteppedAt.map({ now - $0 > world.setting.rescueBound }) ?? true {
      expect(
        now - member.renewedAt >= configuration.lease + configuration.rescueGrace,
        "\(process.name) was rescued \(now - member.renewedAt) after a renewal, before its time")
    }
    if process.uuid == node, let healthy = process.healthySince {
      expect(
        now - healthy < configuration.lease,
        "\(process.name) was rescued although nothing was wrong with it since \(healthy)")
    }
  }

  /// A process has ended by itself.
  func stopped(_ process: SimulatedNode) {
    guard let asked = process.stopAskedAt else { return }
    let configuration = world.setting.configuration
    let took = world.time.elapsed - max(asked, process.thawedAt)
    // A call that hangs, or has to be repeated, may hold up the end.
    let delay = Duration.seconds(process.isUntroubled(since: asked) ? 1 : 15)
    let bound = configuration.shutdownGrace + configuration.cancelGrace + delay
    expect(took <= bound, "\(process.name) took \(took) to stop")
  }

  /// Dead nodes' jobs that should run elsewhere by now.
  func checkRescues() {
    let now = world.time.elapsed
    let travel = Duration.milliseconds(world.setting.latency.upperBound)
    let bound = world.setting.rescueBound + .milliseconds(500) + travel * 60
    for uuid in uuids {
      guard let known = known[uuid], let job = known.job, let node = job.node,
        let member = members[node],
        let ended = member.process.endedAt
      else { continue }
      // What was on its way when it died may have come later.
      let since = max(ended, member.renewedAt, known.claimedAt)
      guard now - since > bound, world.clockSteppedAt.map({ $0 < since }) ?? true else { continue }
      for witness in world.living where witness.role == .server {
        guard let healthy = witness.healthySince, healthy <= since else { continue }
        expect(
          false,
          "\(name(job)) still hangs on \(member.process.name), dead since \(ended), "
            + "though \(witness.name) is well")
        return
      }
    }
  }
}
