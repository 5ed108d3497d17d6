import Carillon

/// Makes things go wrong until the unrest is over, and starts again what has ended.
struct Nemesis: Sendable {
  let world: World

  func run() async {
    while true {
      await world.pause(world.dice.milliseconds(world.setting.pause))
      guard world.time.elapsed < world.setting.unrest else { break }
      if let act = world.dice.roll({ [world] in $0.element(of: world.setting.acts) }) {
        perform(act)
      }
    }
    heal()
  }

  private func perform(_ act: Setting.Act) {
    let dice = world.dice
    guard
      let victim = dice.roll({ [living = world.living] in $0.element(of: living) })
    else { return }
    let lease = Int(world.setting.configuration.lease.microseconds / 1_000)
    switch act {
    case .crash: victim.crash()
    case .stop: victim.stop()
    case .freeze:
      victim.freeze()
      let duration = dice.milliseconds(100...lease * 3)
      world.outside { [world] in
        await world.pause(duration)
        victim.thaw()
      }
    case .partition:
      victim.link.isCut = true
      let duration = dice.milliseconds(100...lease * 3)
      world.trace.note(.fault, UInt64(victim.number), text: "\(victim.name) is cut off")
      world.outside { [world] in
        await world.pause(duration)
        mend(victim)
      }
    case .outage:
      world.isStoreDown = true
      let duration = dice.milliseconds(100...lease * 2)
      world.trace.note(.fault, text: "the store is down")
      world.outside { [world] in
        await world.pause(duration)
        raise()
      }
    case .skew:
      victim.clock.skew = .seconds(dice.within(-90_000...90_000))
      world.trace.note(.fault, text: "\(victim.name)'s wall clock is off by \(victim.clock.skew)")
    case .stepStoreClock:
      world.storeClock.skew += .milliseconds(dice.within(-3_000...15_000))
      world.clockSteppedAt = world.time.elapsed
      world.trace.note(.fault, text: "the store's clock is off by \(world.storeClock.skew)")
    case .sweep:
      world.outside { [world] in
        let sweeper = SimulatedNode(world, slot: 0, role: .sweeper)
        sweeper.start()
        await sweeper.waitForEnd()
      }
    }
  }

  private func mend(_ node: SimulatedNode) {
    guard node.link.isCut else { return }
    node.link.isCut = false
    node.trouble()
    world.trace.note(.heal, UInt64(node.number), text: "\(node.name) is no longer cut off")
  }

  private func raise() {
    guard world.isStoreDown else { return }
    world.isStoreDown = false
    for node in world.living { node.trouble() }
    world.trace.note(.heal, text: "the store is up")
  }

  private func heal() {
    world.trace.note(.phase, text: "the unrest is over")
    world.isRestless = false
    raise()
    for node in world.living {
      node.thaw()
      mend(node)
    }
  }

  /// Keeps one place of the cluster filled: what ends is started anew after a while.
  func supervise(slot: Int) async {
    while !world.isClosing, !world.isOver {
      let node = SimulatedNode(world, slot: slot, role: .server)
      node.start()
      await node.waitForEnd()
      if !world.isClosing { await world.pause(world.dice.milliseconds(200...6_000)) }
    }
  }
}
