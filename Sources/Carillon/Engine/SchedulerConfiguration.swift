/// How a scheduler behaves; the defaults are the documented promises.
public struct SchedulerConfiguration: Sendable {
  /// Which queues it works on, and how many jobs at once; all of them, 10 in all.
  public var queues: QueueLimits = .all(10)

  /// How long a node that says nothing is believed to live; 18 s.
  ///
  /// A dead node's jobs run elsewhere within `lease` + `rescueGrace` + 2 × `watchInterval`: 30 s.
  public var lease: Duration = .seconds(18)

  /// How often the lease is renewed; 4 s.
  public var heartbeatInterval: Duration = .seconds(4)

  /// How long a node whose lease has run out is watched before its jobs are taken away; 8 s.
  public var rescueGrace: Duration = .seconds(8)

  /// How often other nodes are looked at; 2 s.
  public var watchInterval: Duration = .seconds(2)

  /// How long running jobs may go on when the scheduler is asked to stop, before their tasks are
  /// cancelled; 25 s, within the 30 s that container platforms grant.
  public var shutdownGrace: Duration = .seconds(25)

  /// How long cancelled tasks may take to end at shutdown, before they are left behind; 2 s.
  public var cancelGrace: Duration = .seconds(2)

  /// How long finished jobs are kept; 7 days. Nil keeps them for ever.
  public var retention: Duration? = .seconds(7 * 86_400)

  /// How long audit entries, and operations that have ended, are kept; 400 days. Nil keeps them for
  /// ever.
  public var auditRetention: Duration? = .seconds(400 * 86_400)

  /// How long a due job waits for a node that knows its handler before it fails; 24 h.
  public var unresolvedTimeout: Duration = .seconds(86_400)

  /// The longest time between two looks at the clock while waiting, so that a stepped wall clock is
  /// noticed; 5 s.
  public var recheckInterval: Duration = .seconds(5)

  public init() {}

  /// So many jobs at once, over all queues.
  public init(concurrency: Int) {
    queues = .all(max(concurrency, 1))
  }
}
