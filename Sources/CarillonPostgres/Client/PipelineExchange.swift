import CLibPQ

/// One round trip in libpq's pipeline mode: statements out, their answers in.
@PostgresIO
struct PipelineExchange {
  private enum Expected {
    case prepared(PostgresStatement)
    case rows(statement: Int)
  }

  private let connection: PostgresConnection
  private let handle: ConnectionHandle
  private let run: StatementRun
  private let isNamed: Bool

  init(
    _ connection: PostgresConnection, _ handle: ConnectionHandle, _ run: StatementRun,
    isNamed: Bool? = nil
  ) {
    self.connection = connection
    self.handle = handle
    self.run = run
    self.isNamed = isNamed ?? connection.keepsNames
  }

  /// A failure within the result is the server's, and the connection is ready for more; what is
  /// thrown is the connection's end.
  func carryOut(
    _ statements: [PostgresStatement]
  ) async throws(PostgresError) -> Result<[Rows], PostgresError> {
    guard PQenterPipelineMode(handle.pointer) == 1 else { throw run.lost() }
    var expected: [Expected] = []
    for (index, statement) in statements.enumerated() {
      if let name = try send(statement, &expected) {
        try sendPrepared(statement, name)
      } else {
        try sendUnnamed(statement)
      }
      expected.append(.rows(statement: index))
    }
    guard PQpipelineSync(handle.pointer) == 1 else { throw run.lost() }
    try await run.flush()

    var rows: [Rows] = []
    rows.reserveCapacity(statements.count)
    var failure: PostgresError?
    for step in expected {
      try await take(step, &rows, &failure, isOneOfMany: statements.count > 1)
    }
    try await takeEnd(&failure)
    guard PQexitPipelineMode(handle.pointer) == 1 else { throw run.lost() }
    return failure.map { .failure($0) } ?? .success(rows)
  }

  // MARK: Sending

  /// The statement's name where names are kept; asks to prepare it if it is new.
  private func send(
    _ statement: PostgresStatement, _ expected: inout [Expected]
  ) throws(PostgresError) -> String? {
    guard isNamed, statement.isWorthAName else { return nil }
    if let name = connection.prepared.name(of: statement) { return name }
    let name = connection.prepared.add(statement)
    let sent = PQsendPrepare(
      handle.pointer, name, statement.sql, CInt(statement.types.count), statement.types)
    guard sent == 1 else { throw run.lost() }
    expected.append(.prepared(statement))
    return name
  }

  private func sendPrepared(
    _ statement: PostgresStatement, _ name: String
  ) throws(PostgresError) {
    let sent = statement.withValues { values, lengths, formats in
      PQsendQueryPrepared(
        handle.pointer, name, CInt(statement.types.count), values, lengths, formats, 1)
    }
    guard sent == 1 else { throw run.lost() }
  }

  private func sendUnnamed(_ statement: PostgresStatement) throws(PostgresError) {
    let sent = statement.withValues { values, lengths, formats in
      PQsendQueryParams(
        handle.pointer, statement.sql, CInt(statement.types.count), statement.types, values,
        lengths, formats, 1)
    }
    guard sent == 1 else { throw run.lost() }
  }

  // MARK: Taking answers

  private func take(
    _ step: Expected, _ rows: inout [Rows], _ failure: inout PostgresError?, isOneOfMany: Bool
  ) async throws(PostgresError) {
    guard let result = try await run.result() else { throw unexpected("an answer too few") }
    let status = PQresultStatus(result)
    let storage = RowStorage(result, location: connection.location)
    switch status {
    case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
      if case .rows = step { rows.append(Rows(storage: storage)) }
    case PGRES_FATAL_ERROR, PGRES_PIPELINE_ABORTED:
      if case .prepared(let statement) = step { connection.prepared.forget(statement) }
      if let end = fatal(result) { throw end }
      if status == PGRES_FATAL_ERROR, failure == nil {
        failure = PostgresError(
          ServerReport(result), at: connection.location,
          statement: isOneOfMany ? position(of: step) : nil)
      }
    default:
      throw unexpected(PQresStatus(status).map { String(cString: $0) } ?? "an unknown answer")
    }
    // Each statement's results end with a null.
    guard let more = try await run.result() else { return }
    defer { PQclear(more) }
    throw fatal(more) ?? unexpected("more answers than one")
  }

  /// The pipeline's end, which commits where no transaction is open: what was put off until then may
  /// fail, and the session may be ended.
  private func takeEnd(_ failure: inout PostgresError?) async throws(PostgresError) {
    guard let end = try await run.result() else { throw unexpected("no end of the pipeline") }
    defer { PQclear(end) }
    switch PQresultStatus(end) {
    case PGRES_PIPELINE_SYNC: return
    case PGRES_FATAL_ERROR:
      if let end = fatal(end) { throw end }
      let error = PostgresError(ServerReport(end), at: connection.location)
      // Its last words may be read before its connection is seen to be closed.
      guard error.kind != .connectionLost else { throw error }
      if failure == nil { failure = error }
    default: throw unexpected("something else than the pipeline's end")
    }
    // A result ends with a null; then comes the end that was asked for.
    for _ in 0..<2 {
      guard let more = try await run.result() else { continue }
      defer { PQclear(more) }
      guard PQresultStatus(more) == PGRES_PIPELINE_SYNC else {
        throw fatal(more) ?? unexpected("something else than the pipeline's end")
      }
      return
    }
    throw unexpected("no end of the pipeline")
  }

  private func position(of step: Expected) -> Int? {
    if case .rows(let statement) = step { statement } else { nil }
  }

  /// The error of a connection that broke, if that is what the result says.
  private func fatal(_ result: OpaquePointer) -> PostgresError? {
    guard PQstatus(handle.pointer) == CONNECTION_BAD else { return nil }
    let report = ServerReport(result)
    return report.sqlState.isEmpty
      ? run.lost() : PostgresError(report, at: connection.location)
  }

  private func unexpected(_ what: String) -> PostgresError {
    PostgresError(
      .protocolViolation, "The server answered with \(what). The connection was dropped.",
      at: connection.location)
  }
}

extension PostgresStatement {
  /// Those of transactions, settings and definitions aren't planned and come once.
  fileprivate var isWorthAName: Bool {
    switch sql.prefix(while: { $0.isLetter }).uppercased() {
    case "SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "VALUES", "MERGE": true
    default: false
    }
  }

  /// The parameters as libpq wants them, all of them binary.
  fileprivate func withValues<Result>(
    _ body: (UnsafePointer<UnsafePointer<CChar>?>, UnsafePointer<CInt>, UnsafePointer<CInt>) ->
      Result
  ) -> Result {
    // A pointer even where there are no bytes: a null pointer means null.
    (bytes.isEmpty ? [0] : bytes).withUnsafeBytes { raw in
      let base = raw.baseAddress?.assumingMemoryBound(to: CChar.self)
      let values = ranges.map { range in range.flatMap { base?.advanced(by: $0.lowerBound) } }
      let lengths = ranges.map { CInt(clamping: $0?.count ?? 0) }
      return body(values, lengths, [CInt](repeating: 1, count: ranges.count))
    }
  }
}
