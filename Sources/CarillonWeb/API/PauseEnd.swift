import Carillon

/// When a pause ends by itself, as a request's body says: `until` a time, or `for` a duration.
enum PauseEnd {
  /// Nil when the body says neither.
  ///
  /// - Parameter problem: what it is called when it makes no sense.
  static func read(
    _ options: [String: JSONValue], or problem: ProblemKind = .invalidParameter
  ) throws -> ScheduledTime? {
    let (until, length) = (try options.text("until"), try options.text("for"))
    do throws(JobDraftError) {
      return try ScheduledTime(at: until, in: length, fields: ("until", "for"))
    } catch {
      throw Problem(
        problem,
        "Give until, such as 2027-03-01T09:00:00Z, or for, such as 10m, or neither. "
          + error.description,
        faults: [.init(pointer: "/\(error.field ?? "")", detail: error.description)])
    }
  }
}
