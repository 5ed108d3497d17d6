/// Finds what somebody probably meant to write.
package enum DidYouMean {
  /// At most three of `candidates`, nearest first; none when nothing is near.
  package static func nearest(
    to word: String, among candidates: some Sequence<String>
  ) -> [String] {
    let wanted = Array(word.lowercased().prefix(80))
    guard !wanted.isEmpty else { return [] }
    let limit = max(1, wanted.count / 3)
    let near = Set(candidates).compactMap { candidate -> (candidate: String, distance: Int)? in
      let other = Array(candidate.lowercased().prefix(80))
      var distance = editDistance(wanted, other)
      // The last part of a qualified name is how people call it: ScheduledPostHandler.
      let last = lastPart(of: other)
      if last.count < other.count { distance = min(distance, editDistance(wanted, last)) }
      let wantedLast = lastPart(of: wanted)
      if wantedLast.count < wanted.count, editDistance(wantedLast, last) <= wantedLast.count / 3 {
        distance = min(distance, limit)
      }
      // Half a word is a word begun.
      if wanted.count > 2, other.starts(with: wanted) { distance = min(distance, 1) }
      return distance <= limit ? (candidate, distance) : nil
    }
    return near.sorted { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }
      .prefix(3).map(\.candidate)
  }

  /// What follows the last dot.
  private static func lastPart(of name: [Character]) -> [Character] {
    name.lastIndex(of: ".").map { Array(name[($0 + 1)...]) } ?? name
  }

  /// ` Did you mean 'a' or 'b'?`, with a space before it; empty when nothing is near.
  package static func question(
    about word: String, among candidates: some Sequence<String>
  ) -> String {
    let found = nearest(to: word, among: candidates).map { "'\($0)'" }
    guard let last = found.last else { return "" }
    let list = found.count == 1 ? last : "\(found.dropLast().joined(separator: ", ")) or \(last)"
    return " Did you mean \(list)?"
  }

  /// Insertions, deletions, substitutions and swaps of neighbours that turn one into the other
  /// (optimal string alignment).
  package static func editDistance(_ one: [Character], _ other: [Character]) -> Int {
    guard !one.isEmpty, !other.isEmpty else { return max(one.count, other.count) }
    var beforePrevious: [Int] = []
    var previous = Array(0...other.count)
    for row in 1...one.count {
      var current = [row]
      for column in 1...other.count {
        let substitution = previous[column - 1] + (one[row - 1] == other[column - 1] ? 0 : 1)
        var best = min(substitution, previous[column] + 1, current[column - 1] + 1)
        if row > 1, column > 1, one[row - 1] == other[column - 2],
          one[row - 2] == other[column - 1]
        {
          best = min(best, beforePrevious[column - 2] + 1)
        }
        current.append(best)
      }
      beforePrevious = previous
      previous = current
    }
    return previous[other.count]
  }
}
