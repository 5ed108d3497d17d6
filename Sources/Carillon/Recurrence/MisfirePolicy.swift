/// What becomes of occurrences that nobody was there to fire.
///
/// An occurrence is missed when it is found later than the threshold after its nominal time. What is
/// found within it fires as always, only late.
///
/// Its text: `skip`, `once`, `all`, `all:50` (at most 50), `all:50:24h` (of the last 24 h).
public enum MisfirePolicy: Sendable, Hashable {
  /// None of them is fired.
  case skip
  /// The newest of them is fired, for all.
  case once
  /// All of them, from old to new, but no more than the newest `max`, and none from before `window`.
  case all(max: Int = mostCatchUps, window: Duration? = nil)

  /// How many missed occurrences are fired at most, whatever a policy says.
  public static let mostCatchUps = 1_000

  /// How late still counts as on time: a restart or a deploy is no misfire.
  public static let standardThreshold = Duration.seconds(60)
}
