import Carillon

/// A filter's terms as SQL; they mean what `JobFilter.matches` says.
enum FilterSQL {
  /// One condition a term. None is ever null, so that NOT turns it round.
  ///
  /// - Parameter mark: keeps a value for the statement and answers with its place.
  static func conditions(
    _ terms: [JobFilter.Term], _ schema: Schema, _ mark: (any PostgresValue) -> String
  ) -> [String] {
    terms.map { term in
      let any = term.anyOf.map { condition($0, schema, mark) }.joined(separator: " OR ")
      return (term.isNegated ? "NOT " : "") + "(\(any.isEmpty ? "FALSE" : any))"
    }
  }

  private static func condition(
    _ condition: JobFilter.Condition, _ schema: Schema, _ mark: (any PostgresValue) -> String
  ) -> String {
    func name(_ column: String, _ pattern: JobFilter.NamePattern) -> String {
      pattern.isPrefix
        ? "starts_with(\(column), \(mark(pattern.text))::text)"
        : "\(column) = \(mark(pattern.text))::text"
    }
    switch condition {
    // As a literal: a kept plan doesn't know that a parameter lets it use a partial index.
    case .status(let status): return "status = '\(status.rawValue)'"
    case .hold(let hold): return "(hold IS NOT NULL AND hold = \(mark(hold))::text)"
    case .queue(let pattern): return name("queue", pattern)
    case .handler(let pattern): return name("handler_module", pattern)
    case .type(let pattern): return name("job_type", pattern)
    case .resourceType(let type): return "resource_type = \(mark(type))::text"
    case .resource(let resource):
      return """
        (resource_uuid = \(mark(resource.uuid)) AND resource_type = \(mark(resource.type))::text)
        """
    case .resourceUUID(let uuid): return "resource_uuid = \(mark(uuid))"
    case .uuid(let uuid): return "uuid = \(mark(uuid)) OR resource_uuid = \(mark(uuid))"
    case .error(let text):
      // With the collation C `lower` folds A to Z alone.
      let needle = mark(text.foldedASCII)
      return ["last_error", "reason"].map { column in
        "coalesce(position(\(needle)::text in lower(\(column) COLLATE \"C\")) > 0, FALSE)"
      }.joined(separator: " OR ")
    case .priority(let range):
      return "priority BETWEEN \(mark(range.lowerBound)) AND \(mark(range.upperBound))"
    case .before(let instant): return "coalesce(finished_at, run_at) < \(mark(instant))"
    case .after(let instant): return "coalesce(finished_at, run_at) >= \(mark(instant))"
    case .node(let uuid):
      return "(status = 'processing' AND node IS NOT NULL AND node = \(mark(uuid)))"
    case .nodeNamed(let name):
      return """
        (status = 'processing' AND node IS NOT NULL
          AND node IN (SELECT uuid FROM \(schema("nodes")) WHERE name = \(mark(name))::text))
        """
    // Asked of rows that have been read; see `JobFilter.split`.
    case .args: return "TRUE"
    }
  }

  /// Conditions that every job fulfils whose args a filter means, and few others, so that few are
  /// read for nothing. What the args really hold is asked of the jobs that have been read.
  static func hints(
    _ args: JobFilter, _ schema: Schema, _ mark: (any PostgresValue) -> String
  ) -> [String] {
    args.terms.filter { !$0.isNegated }.map { term in
      let any = term.anyOf.map { condition in
        guard case .args(let path, let value) = condition else {
          return self.condition(condition, schema, mark)
        }
        let needles = JobFilter.needles(path: path, value: value)
        guard !needles.isEmpty else { return "TRUE" }
        let text = "(args::text COLLATE \"C\")"
        let all = needles.map { "position(\(mark($0))::text in \(text)) > 0" }
        // With a backslash in it, the text may spell anything in another way.
        return "position(chr(92) in \(text)) > 0 OR (\(all.joined(separator: " AND ")))"
      }
      return "(\(any.isEmpty ? "FALSE" : any.joined(separator: " OR ")))"
    }
  }
}
