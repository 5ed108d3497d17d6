public import Foundation

/// Which jobs are meant, in the words of people and programs: `status:failed queue:mail after:2h`.
///
/// A filter is a row of terms that all have to hold. A term is `field:value`; values with commas
/// between them are alternatives, a `-` before the field turns it round, and what holds spaces,
/// commas or quotes stands in double quotes. The empty filter means every job.
///
/// | field | holds when |
/// | --- | --- |
/// | `status:` | the job has that status |
/// | `hold:` | it is held for that reason |
/// | `queue:`, `handler:`, `type:` | it has that queue, handler or job type; `mail*`: begins so |
/// | `resource:` | it works on that resource: `post`, `post/4f1c…` or the UUID alone |
/// | `uuid:`, or a UUID alone | that is its uuid or its resource's |
/// | `error:` | its last error or reason contains the text, in whichever case of A to Z |
/// | `args.a.b:` | its args have that value there: `args.to.plan:"pro"`, `args.n:5`, `args.list.0:x` |
/// | `priority:` | it has that priority: `5`, `>5`, `>=5`, `<5`, `<=5`, `1..5` |
/// | `before:`, `after:` | it ended before or after that time, or is due then: a time with an offset, a date (UTC), or `2h`, that long ago |
/// | `node:` | a node of that name or UUID runs it |
public struct JobFilter: Sendable, Hashable {
  public enum Field: String, Sendable, Hashable, CaseIterable {
    case status, hold, queue, handler, type, resource, uuid, error, priority, before, after, node
    case args
  }

  /// One condition; the alternatives of a list have been written out.
  public enum Condition: Sendable, Hashable {
    case status(JobStatus)
    case hold(String)
    case queue(NamePattern)
    case handler(NamePattern)
    case type(NamePattern)
    case resourceType(String)
    case resource(Resource)
    case resourceUUID(UUID)
    /// The job's own uuid, or its resource's.
    case uuid(UUID)
    case error(String)
    /// The value is a number, a text, true, false or null; what arrays and objects hold is asked
    /// about by its path.
    case args(path: [String], value: JSONValue)
    case priority(ClosedRange<Int>)
    case before(Instant)
    case after(Instant)
    /// A node's UUID, or its name until `naming(nodes:)` has looked it up.
    case node(UUID)
    case nodeNamed(String)
  }

  /// A name, or how names begin.
  public struct NamePattern: Sendable, Hashable {
    public let text: String
    public let isPrefix: Bool

    public init(_ text: String, isPrefix: Bool = false) {
      self.text = text
      self.isPrefix = isPrefix
    }

    func matches(_ name: String) -> Bool {
      isPrefix ? name.utf8.starts(with: text.utf8) : name.isByteForByte(text)
    }
  }

  /// Alternatives, of which one has to hold, or none.
  public struct Term: Sendable, Hashable {
    public var anyOf: [Condition]
    public var isNegated: Bool

    public init(anyOf: [Condition], isNegated: Bool = false) {
      self.anyOf = anyOf
      self.isNegated = isNegated
    }
  }

  /// All of which have to hold.
  public var terms: [Term]

  public init(terms: [Term] = []) { self.terms = terms }

  /// Every job.
  public static let all = JobFilter()

  public var isAll: Bool { terms.isEmpty }

  /// This and one more condition.
  public func and(_ condition: Condition) -> JobFilter {
    JobFilter(terms: terms + [Term(anyOf: [condition])])
  }

  // MARK: Matching

  /// Whether the job is meant: what every store's query has to agree with.
  public func matches(_ job: Job) -> Bool {
    terms.allSatisfy { term in
      term.anyOf.contains { $0.holds(for: job) } != term.isNegated
    }
  }

  /// The same filter with nodes' UUIDs where it had names. A name may be that of several nodes, and
  /// one that no node has leaves nothing.
  public func naming(nodes: [(name: String, uuid: UUID)]) -> JobFilter {
    JobFilter(
      terms: terms.map { term in
        var term = term
        term.anyOf = term.anyOf.flatMap { condition -> [Condition] in
          guard case .nodeNamed(let name) = condition else { return [condition] }
          return nodes.filter { $0.name == name }.map { .node($0.uuid) }
        }
        return term
      })
  }

  /// Whether a node is given by name, so that nodes have to be looked up first.
  public var namesNodes: Bool {
    terms.contains { term in
      term.anyOf.contains { if case .nodeNamed = $0 { true } else { false } }
    }
  }

  /// The paths within args that it asks about.
  public var argsPaths: [[String]] {
    terms.flatMap(\.anyOf).compactMap { condition in
      if case .args(let path, _) = condition { path } else { nil }
    }
  }

  /// The terms that ask about columns, and those that ask about what args hold. Databases differ in
  /// how they read JSON, so rows that fulfil the first are looked at here for the second.
  package var split: (columns: [Term], args: JobFilter) {
    let asksForArgs = { (term: Term) in
      term.anyOf.contains { if case .args = $0 { true } else { false } }
    }
    return (terms.filter { !asksForArgs($0) }, JobFilter(terms: terms.filter(asksForArgs)))
  }
}

extension JobFilter.Term {
  /// Whether every store has an index that knows the jobs that it means, in the order of lists or
  /// because they are few; all others are found by asking one job after the other.
  package var isIndexed: Bool {
    guard !isNegated, anyOf.count == 1, let condition = anyOf.first else { return false }
    return switch condition {
    case .status(let status): status != .executed
    case .resource, .resourceUUID, .uuid, .node, .nodeNamed: true
    case .hold, .queue, .handler, .type, .resourceType, .error, .args, .priority, .before, .after:
      false
    }
  }

  /// Whether it means held jobs alone, which are pending.
  package var isOfHeld: Bool {
    !isNegated && !anyOf.isEmpty
      && anyOf.allSatisfy { condition in if case .hold = condition { true } else { false } }
  }
}

extension JobFilter.Condition {
  func holds(for job: Job) -> Bool {
    switch self {
    case .status(let status): job.status == status
    case .hold(let hold): job.hold?.rawValue.isByteForByte(hold) ?? false
    case .queue(let pattern): pattern.matches(job.queue)
    case .handler(let pattern): pattern.matches(job.handlerModule)
    case .type(let pattern): pattern.matches(job.jobType)
    case .resourceType(let type): job.resourceType.isByteForByte(type)
    case .resource(let resource):
      job.resourceUUID == resource.uuid && job.resourceType.isByteForByte(resource.type)
    case .resourceUUID(let uuid): job.resourceUUID == uuid
    case .uuid(let uuid): job.uuid == uuid || job.resourceUUID == uuid
    case .error(let text):
      [job.lastError, job.reason].contains { $0.map { $0.containsFolding(text) } ?? false }
    case .args(let path, let value): job.args.value(at: path).map { $0.isSame(value) } ?? false
    case .priority(let range): range.contains(job.priority)
    case .before(let instant): job.filterTime < instant
    case .after(let instant): job.filterTime >= instant
    case .node(let uuid): job.node == uuid
    case .nodeNamed: false
    }
  }
}

extension Job {
  /// When it ended, or when it is due: what `before:` and `after:` look at.
  public var filterTime: Instant { finishedAt ?? runAt }
}

extension String {
  /// Equal as databases see it: Swift also takes é for e and an accent that follows.
  fileprivate func isByteForByte(_ other: String) -> Bool { utf8.elementsEqual(other.utf8) }

  /// Whether the text occurs, in whichever case of A to Z; byte by byte otherwise, as SQL does it.
  fileprivate func containsFolding(_ text: String) -> Bool {
    foldedASCII.contains(bytes: Array(text.foldedASCII.utf8))
  }

  /// With A to Z made small, and nothing else.
  package var foldedASCII: String {
    String(decoding: utf8.map { $0 >= 65 && $0 <= 90 ? $0 + 32 : $0 }, as: UTF8.self)
  }
}

extension JobArguments {
  /// The value at a path of keys; a number is an index where an array stands.
  fileprivate func value(at path: [String]) -> JSONValue? {
    guard let first = path.first, var value = self[first] else { return nil }
    for key in path.dropFirst() {
      guard let next = value[key] ?? Int(key).flatMap({ value[$0] }) else { return nil }
      value = next
    }
    return value
  }
}

extension JSONValue {
  /// Equal as a person sees it: a number by its value, however it is written.
  fileprivate func isSame(_ other: JSONValue) -> Bool {
    guard case .number(let one) = self, case .number(let two) = other else { return self == other }
    return one == two || (one.int == nil || two.int == nil) && one.double == two.double
  }
}

extension JobFilter {
  /// Texts that stand in the JSON of all args that hold `value` at `path`, unless something in it is
  /// escaped: a quick look whether it may be there.
  package static func needles(path: [String], value: JSONValue) -> [String] {
    // An index of an array is no key, and a number may be written in several ways.
    var texts = path.filter { Int($0) == nil }
    if case .string(let text) = value { texts.append(text) }
    // Equal texts may have different bytes outside ASCII, and where Unicode has a second sign that is
    // the same: for the kelvin sign, the Greek question mark and the varia.
    let doubled = Set("K;`".utf8)
    return texts.filter { text in
      text.utf8.allSatisfy { (0x20..<0x7f).contains($0) && !doubled.contains($0) }
    }.map { "\"\($0)\"" }
  }
}
