/// One sentence of the contract that every `JobStore` obeys, and the check of it.
///
/// A store's whole suite is one test; any test framework will do, since a broken rule throws:
///
///     @Test(arguments: StoreRule.all)
///     func obeys(_ rule: StoreRule) async throws {
///       try await rule.check {
///         let clock = ManualClock()
///         return StoreFixture(store: MyStore(clock: clock), clock: clock)
///       }
///     }
///
/// Read from top to bottom, the sentences are the specification: "A store … takes the highest
/// priority first".
public struct StoreRule: Sendable, Identifiable, CustomStringConvertible {
  /// The part of the contract that a rule belongs to.
  public enum Area: String, Sendable, Hashable, CaseIterable {
    case insert = "Insert"
    case read = "Read"
    case claim = "Claim"
    case alone = "The run alone"
    case settle = "Settle"
    case fence = "Fence"
    case transitions = "Transition table"
    case cancel = "Cancel"
    case reschedule = "Reschedule"
    case nodes = "Nodes"
    case rescue = "Rescue"
    case unresolved = "Unresolved"
    case schedules = "Schedules"
    case firing = "Firing"
    case overlap = "Overlap"
    case operations = "Operations"
    case audit = "Audit"
    case gates = "Gates"
    case retention = "Retention"
    case statistics = "Statistics"
    case wakeUps = "Wake-ups"
    case hostileData = "Hostile data"
    case processes = "Several processes"
    case model = "Model"
  }

  public let area: Area
  /// What a store does, in the third person.
  public let sentence: String
  private let body: @Sendable (Trial) async throws -> Void

  init(
    _ area: Area, _ sentence: String, _ body: @escaping @Sendable (Trial) async throws -> Void
  ) {
    self.area = area
    self.sentence = sentence
    self.body = body
  }

  public var id: String { description }
  public var description: String { "\(area.rawValue): \(sentence)" }

  /// Checks the rule on a store that `make` makes, empty and for this check alone.
  ///
  /// Throws `RuleViolation` when the store breaks the rule, and what the store throws when it fails.
  public func check(_ make: () async throws -> StoreFixture) async throws {
    let fixture = try await make()
    do {
      try await body(Trial(rule: description, fixture: fixture))
    } catch {
      try? await fixture.tearDown()
      throw error
    }
    try await fixture.tearDown()
  }

  /// Every rule.
  public static let all: [StoreRule] = [
    insertRules, readRules, filterRules, claimRules, claimLimitRules, aloneRules, settleRules,
    attemptRules, fenceRules, transitionRules, cancelRules, rescheduleRules, nodeRules, rescueRules,
    unresolvedRules, scheduleRules, firingRules, overlapRules, operationRules,
    operationDriverRules, auditRules, gateRules, retentionRules, statisticsRules,
    minuteCountRules, failureRules, wakeUpRules, hostileDataRules, processRules, modelRules,
  ].flatMap(\.self)
}
