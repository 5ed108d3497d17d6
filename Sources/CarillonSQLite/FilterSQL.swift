import Carillon

/// A filter's terms as SQL; they mean what `JobFilter.matches` says.
enum FilterSQL {
  /// One condition a term, with the values of its question marks in order. None is ever null, so that
  /// NOT turns it round.
  static func conditions(_ terms: [JobFilter.Term]) -> ([String], [any SQLValue]) {
    var values: [any SQLValue] = []
    let texts = terms.map { term in
      let any = term.anyOf.map { condition($0, &values) }.joined(separator: " OR ")
      return (term.isNegated ? "NOT " : "") + "(\(any.isEmpty ? "FALSE" : any))"
    }
    return (texts, values)
  }

  private static func condition(
    _ condition: JobFilter.Condition, _ values: inout [any SQLValue]
  ) -> String {
    func bind(_ value: any SQLValue) -> String {
      values.append(value)
      return "?"
    }
    func name(_ column: String, _ pattern: JobFilter.NamePattern) -> String {
      guard pattern.isPrefix else { return "\(column) = \(bind(pattern.text))" }
      return "substr(\(column), 1, length(\(bind(pattern.text)))) = \(bind(pattern.text))"
    }
    switch condition {
    // As a literal: a plan doesn't know that a bound value lets it use a partial index.
    case .status(let status): return "status = '\(status.rawValue)'"
    case .hold(let hold): return "(hold IS NOT NULL AND hold = \(bind(hold)))"
    case .queue(let pattern): return name("queue", pattern)
    case .handler(let pattern): return name("handler_module", pattern)
    case .type(let pattern): return name("job_type", pattern)
    case .resourceType(let type): return "resource_type = \(bind(type))"
    case .resource(let resource):
      return "(resource_uuid = \(bind(resource.uuid)) AND resource_type = \(bind(resource.type)))"
    case .resourceUUID(let uuid): return "resource_uuid = \(bind(uuid))"
    case .uuid(let uuid): return "uuid = \(bind(uuid)) OR resource_uuid = \(bind(uuid))"
    case .error(let text):
      // `lower` folds A to Z alone.
      let needle = text.foldedASCII
      return ["last_error", "reason"].map { column in
        "coalesce(instr(lower(\(column)), \(bind(needle))) > 0, FALSE)"
      }.joined(separator: " OR ")
    case .priority(let range):
      return "priority BETWEEN \(bind(range.lowerBound)) AND \(bind(range.upperBound))"
    case .before(let instant): return "coalesce(finished_at, run_at) < \(bind(instant))"
    case .after(let instant): return "coalesce(finished_at, run_at) >= \(bind(instant))"
    case .node(let uuid):
      return "(status = 'processing' AND node IS NOT NULL AND node = \(bind(uuid)))"
    case .nodeNamed(let name):
      return """
        (status = 'processing' AND node IS NOT NULL
          AND node IN (SELECT uuid FROM carillon_nodes WHERE name = \(bind(name))))
        """
    // Asked of rows that have been read; see `JobFilter.split`.
    case .args: return "TRUE"
    }
  }

  /// Conditions that every job fulfils whose args a filter means, and few others, so that few are
  /// read for nothing. What the args really hold is asked of the jobs that have been read.
  static func hints(_ args: JobFilter) -> ([String], [any SQLValue]) {
    var values: [any SQLValue] = []
    let texts = args.terms.filter { !$0.isNegated }.map { term in
      let any = term.anyOf.map { condition in
        guard case .args(let path, let value) = condition else {
          return self.condition(condition, &values)
        }
        let needles = JobFilter.needles(path: path, value: value)
        guard !needles.isEmpty else { return "TRUE" }
        values += needles.map { $0 as any SQLValue }
        let all = needles.map { _ in "instr(args, ?) > 0" }.joined(separator: " AND ")
        // With a backslash in it, the text may spell anything in another way.
        return "instr(args, char(92)) > 0 OR (\(all))"
      }
      return "(\(any.isEmpty ? "FALSE" : any.joined(separator: " OR ")))"
    }
    return (texts, values)
  }
}
