import Foundation

extension JobFilter {
  /// The longest text that is read, in characters.
  public static let mostCharacters = 4_000
  /// The most conditions in one filter.
  public static let mostConditions = 200

  /// Reads a filter; see `JobFilter` for the fields.
  ///
  /// - Parameter now: what `before:2h` counts from.
  public init(_ text: String, now: Instant) throws(JobFilterError) {
    var scanner = JobFilterScanner(text)
    var terms: [Term] = []
    var count = 0
    guard text.count <= JobFilter.mostCharacters else {
      throw JobFilterError(
        text, at: JobFilter.mostCharacters,
        "it is longer than \(JobFilter.mostCharacters) characters; say less.")
    }
    if let index = text.unicodeScalars.firstIndex(of: "\0") {
      throw JobFilterError(
        text, at: text.distance(from: text.startIndex, to: index),
        "no column holds the character U+0000; leave it out.")
    }
    while let word = try scanner.next() {
      let term = Term(
        anyOf: try word.values.map { (value) throws(JobFilterError) in
          try Condition(word, value, of: text, now: now)
        }, isNegated: word.isNegated)
      count += term.anyOf.count
      guard count <= JobFilter.mostConditions else {
        throw JobFilterError(
          text, at: word.position,
          "it has more than \(JobFilter.mostConditions) values; say it in several filters.")
      }
      terms.append(term)
    }
    self.init(terms: terms)
  }
}

extension JobFilter.Condition {
  fileprivate init(
    _ word: JobFilterScanner.Word, _ value: JobFilterScanner.Value, of text: String, now: Instant
  ) throws(JobFilterError) {
    func wrong(_ problem: String) -> JobFilterError {
      JobFilterError(text, at: value.position, problem)
    }
    let written = value.text
    guard !written.isEmpty || value.isQuoted else {
      throw wrong("a value is missing; write field:value, such as status:failed.")
    }
    switch word.field {
    case .status:
      guard let status = JobStatus(rawValue: written.lowercased()) else {
        let names = JobStatus.allCases.map(\.rawValue)
        throw wrong(
          "'\(written.prefix(40))' is no status."
            + DidYouMean.question(about: written, among: names)
            + " It is one of \(names.joined(separator: ", ")).")
      }
      self = .status(status)
    case .hold:
      let names = Hold.known.map(\.rawValue)
      // A later version may hold jobs for other reasons: in quotes anything is taken.
      guard value.isQuoted || names.contains(written.lowercased()) else {
        throw wrong(
          "no job is held as '\(written.prefix(40))'."
            + DidYouMean.question(about: written, among: names)
            + " It is one of \(names.joined(separator: ", ")); a reason of a later version stands "
            + "in quotes.")
      }
      self = .hold(value.isQuoted ? written : written.lowercased())
    case .queue: self = .queue(value.pattern)
    case .handler: self = .handler(value.pattern)
    case .type: self = .type(value.pattern)
    case .resource: self = try .init(resource: written, wrong)
    case .uuid:
      guard let uuid = UUID(uuidString: written) else {
        throw wrong(JobFilter.hint(forWord: written))
      }
      self = .uuid(uuid)
    case .error: self = .error(written)
    case .args:
      self = .args(
        path: word.path, value: value.isQuoted ? .string(written) : .init(plain: written))
    case .priority: self = .priority(try JobFilter.priorities(written, wrong))
    case .before: self = .before(try JobFilter.time(written, now: now, wrong))
    case .after: self = .after(try JobFilter.time(written, now: now, wrong))
    case .node: self = UUID(uuidString: written).map { .node($0) } ?? .nodeNamed(written)
    }
  }

  /// `post`, `post/4f1c…` or the UUID alone; a type may hold slashes of its own.
  private init(
    resource text: String, _ wrong: (String) -> JobFilterError
  ) throws(JobFilterError) {
    if let uuid = UUID(uuidString: text) {
      self = .resourceUUID(uuid)
    } else if let slash = text.lastIndex(of: "/") {
      guard let uuid = UUID(uuidString: String(text[text.index(after: slash)...])) else {
        throw wrong("'\(text.prefix(80))' is no resource; write post, post/UUID or the UUID.")
      }
      self = .resource(Resource(String(text[..<slash]), uuid))
    } else {
      self = .resourceType(text)
    }
  }
}

extension JobFilter {
  /// `5`, `>5`, `>=5`, `<5`, `<=5`, `1..5`.
  fileprivate static func priorities(
    _ text: String, _ wrong: (String) -> JobFilterError
  ) throws(JobFilterError) -> ClosedRange<Int> {
    let problem =
      "'\(text.prefix(40))' is no priority; write 5, >5, >=5, <5, <=5 or 1..5, from 0 on."
    func number(_ text: some StringProtocol) throws(JobFilterError) -> Int {
      guard let number = Int(text), number >= 0, number < .max else { throw wrong(problem) }
      return number
    }
    if text.hasPrefix(">=") { return try number(text.dropFirst(2))...Int.max }
    if text.hasPrefix("<=") { return 0...(try number(text.dropFirst(2))) }
    if text.hasPrefix(">") { return (try number(text.dropFirst()) + 1)...Int.max }
    if text.hasPrefix("<") {
      let bound = try number(text.dropFirst())
      guard bound > 0 else { throw wrong("no priority is below 0.") }
      return 0...(bound - 1)
    }
    if let dots = text.range(of: "..") {
      let (low, high) = (try number(text[..<dots.lowerBound]), try number(text[dots.upperBound...]))
      guard low <= high else { throw wrong("the smaller priority stands first: \(high)..\(low).") }
      return low...high
    }
    let only = try number(text)
    return only...only
  }

  /// A time with an offset, a date (its beginning in UTC), or how long ago.
  fileprivate static func time(
    _ text: String, now: Instant, _ wrong: (String) -> JobFilterError
  ) throws(JobFilterError) -> Instant {
    if let instant = try? Instant(rfc3339: text) { return instant }
    if text.utf8.count == 10, let day = try? Instant(rfc3339: "\(text)T00:00:00Z") { return day }
    if let ago = try? Duration(text: text) { return now - ago }
    throw wrong(
      "'\(text.prefix(60))' is no time; write 2h (that long ago), a date such as 2027-03-01, or a "
        + "time with an offset such as 2027-03-01T09:00:00Z.")
  }
}

// MARK: Writing

extension JobFilter: CustomStringConvertible {
  /// The filter's text; reading it gives the same filter.
  public var description: String { terms.map(\.description).joined(separator: " ") }
}

extension JobFilter.Term: CustomStringConvertible {
  /// Conditions of one field as a list; others can't be said in one term.
  public var description: String {
    guard let first = anyOf.first else { return isNegated ? "" : "-priority:>=0" }
    return (isNegated ? "-" : "") + first.field + ":"
      + anyOf.map(\.value).joined(separator: ",")
  }
}

extension JobFilter.Condition {
  /// The field's name, as it is written.
  public var field: String {
    switch self {
    case .status: "status"
    case .hold: "hold"
    case .queue: "queue"
    case .handler: "handler"
    case .type: "type"
    case .resourceType, .resource, .resourceUUID: "resource"
    case .uuid: "uuid"
    case .error: "error"
    case .args(let path, _):
      (["args"] + path.map(JobFilter.quoted(key:))).joined(separator: ".")
    case .priority: "priority"
    case .before: "before"
    case .after: "after"
    case .node, .nodeNamed: "node"
    }
  }

  fileprivate var value: String {
    switch self {
    case .status(let status): return status.rawValue
    case .hold(let hold):
      return Hold.known.contains { $0.rawValue == hold } ? hold : JobFilter.inQuotes(hold)
    case .queue(let pattern), .handler(let pattern), .type(let pattern):
      guard pattern.isPrefix else {
        return pattern.text.hasSuffix("*")
          ? JobFilter.inQuotes(pattern.text) : JobFilter.quoted(pattern.text)
      }
      return JobFilter.quoted(pattern.text) + "*"
    case .resourceType(let type): return JobFilter.quoted(type)
    case .resource(let resource): return JobFilter.quoted(resource.description)
    case .resourceUUID(let uuid), .uuid(let uuid), .node(let uuid): return uuid.text
    case .error(let text), .nodeNamed(let text): return JobFilter.quoted(text)
    case .args(_, .string(let text)): return JobFilter.inQuotes(text)
    case .args(_, let value): return JobFilter.quoted(value.json)
    case .priority(let range):
      if range.lowerBound == range.upperBound { return "\(range.lowerBound)" }
      if range.upperBound == .max { return ">=\(range.lowerBound)" }
      return "\(range.lowerBound)..\(range.upperBound)"
    case .before(let instant), .after(let instant): return instant.rfc3339
    }
  }
}

extension JSONValue {
  /// A number, `true`, `false` or `null`; else the text itself. Arrays and objects are asked about by
  /// the path to what is in them.
  fileprivate init(plain text: String) {
    switch try? JSONValue(json: text) {
    case .null: self = .null
    case .bool(let value): self = .bool(value)
    case .number(let number): self = .number(number)
    case .string, .array, .object, nil: self = .string(text)
    }
  }
}

extension JobFilter {
  /// In quotes only where it must be.
  fileprivate static func quoted(_ text: String) -> String {
    let isPlain = !text.isEmpty && !text.contains { $0.isWhitespace || $0 == "," || $0 == "\"" }
    return isPlain ? text : inQuotes(text)
  }

  fileprivate static func quoted(key: String) -> String {
    let isPlain =
      !key.isEmpty
      && !key.contains { $0.isWhitespace || $0 == "." || $0 == ":" || $0 == "\"" || $0 == "\\" }
    return isPlain ? key : inQuotes(key)
  }

  fileprivate static func inQuotes(_ text: String) -> String {
    "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
  }
}

extension JobFilter {
  /// What somebody may have meant by a word that is neither `field:value` nor a UUID.
  fileprivate static func hint(forWord word: String) -> String {
    let start = "'\(word.prefix(60))' is no UUID, nor field:value"
    if JobStatus(rawValue: word.lowercased()) != nil {
      return "\(start). Write status:\(word.lowercased())."
    }
    if ["and", "or", "not"].contains(word.lowercased()) {
      return
        "\(start). All terms have to hold; write a,b for one or the other, and -field:value for not."
    }
    if let sign = word.firstIndex(of: "="), Field(rawValue: String(word[..<sign])) != nil {
      return "\(start). Write \(word[..<sign]):\(word[word.index(after: sign)...])."
    }
    if word.utf8.count >= 8,
      word.utf8.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit || $0 == 45 })
    {
      return "\(start). A UUID has to be whole, like 018f3c1e-7b2a-7c4d-9e8f-0123456789ab."
    }
    if let status = DidYouMean.nearest(to: word, among: JobStatus.allCases.map(\.rawValue)).first {
      return "\(start). Did you mean status:\(status)?"
    }
    return "\(start). Write type:\(word), queue:\(word) or error:\(word), or a whole UUID."
  }
}
