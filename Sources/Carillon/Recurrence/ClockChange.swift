/// What becomes of a local time that a change of the clocks leaves out, or repeats.
public struct ClockChange: Sendable, Hashable, Codable {
  /// A local time that doesn't exist because the clocks went forward.
  public enum Gap: String, Sendable, Hashable, Codable, CaseIterable {
    /// It fires once, at the first instant after the gap.
    case shift
    /// It doesn't fire.
    case skip
  }

  /// A local time that comes twice because the clocks went back.
  public enum Overlap: String, Sendable, Hashable, Codable, CaseIterable {
    case first
    case second
    case both
  }

  public var gap: Gap
  public var overlap: Overlap

  public init(gap: Gap = .shift, overlap: Overlap = .first) {
    self.gap = gap
    self.overlap = overlap
  }

  /// For a fixed time of day: once a day, whatever the clocks do.
  public static let onceADay = ClockChange(gap: .shift, overlap: .first)
  /// For what recurs within the day: as real time passes.
  public static let elapsed = ClockChange(gap: .skip, overlap: .both)
}

extension Cron {
  /// The first instant after `instant` at which it fires in a zone; nil when there is none.
  ///
  /// - Parameter clockChange: nil takes `onceADay`, or `elapsed` where the hour is a wildcard.
  public func next(
    after instant: Instant, in zone: ZoneRules, clockChange: ClockChange? = nil
  ) -> Instant? {
    let walk = ClockChange.Walk(
      zone: zone, policy: clockChange ?? (hasWildcardHour ? .elapsed : .onceADay))
    return walk.next(after: instant.wholeSeconds, next(afterLocal:)).map {
      Instant(wholeSeconds: $0)
    }
  }
}

extension ClockChange {
  /// An exact walk over local time, span by span of the zone's offsets.
  struct Walk {
    let zone: ZoneRules
    let policy: ClockChange

    /// The first instant after `seconds` whose local time `nextLocal` names.
    ///
    /// - Parameter nextLocal: the first local time after another; ever growing.
    func next(after seconds: Int, _ nextLocal: (Int) -> Int?) -> Int? {
      let spans = zone.spans
      var index = zone.index(at: seconds)
      while index < spans.count {
        let span = spans[index]
        if index > 0, policy.gap == .shift, span.start > seconds,
          let local = nextLocal(spans[index - 1].localEnd - 1), local < span.localStart
        {
          return span.start
        }
        let (begin, end) = locals(of: index)
        let start = seconds >= span.start ? seconds + span.offset : span.localStart - 1
        guard let local = nextLocal(max(start, begin == .min ? start : begin - 1)) else {
          // Nothing is left in the calendar, so nothing is in a later span, unless the clocks go back
          // over what has been.
          guard policy.overlap != .first, index + 1 < spans.count,
            spans[index + 1].localStart <= start
          else { return nil }
          index += 1
          continue
        }
        if local < end { return local - span.offset }
        // Straight to the span that may hold it, or whose gap may leave it out.
        index = max(index + 1, zone.index(at: local - span.offset) - 1)
      }
      return nil
    }

    /// The local times of a span for which the policy takes it, where two spans have the same.
    private func locals(of index: Int) -> (begin: Int, end: Int) {
      let span = zone.spans[index]
      var (begin, end) = (span.localStart, span.localEnd)
      if index > 0, policy.overlap == .first { begin = max(begin, zone.spans[index - 1].localEnd) }
      if index + 1 < zone.spans.count, policy.overlap == .second {
        end = min(end, zone.spans[index + 1].localStart)
      }
      return (begin, end)
    }
  }
}
