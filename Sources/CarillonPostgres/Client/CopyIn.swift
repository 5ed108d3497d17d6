import CLibPQ

/// A COPY under way: has its connection from its beginning to `finish` or `abort`.
@PostgresIO
final class CopyIn {
  private let connection: PostgresConnection
  private let deadline: ContinuousClock.Instant
  private var handle: ConnectionHandle

  init(
    _ connection: PostgresConnection, _ sql: String, deadline: ContinuousClock.Instant
  ) async throws(PostgresError) {
    self.connection = connection
    self.deadline = deadline
    handle = try connection.begin()
    do throws(PostgresError) {
      try await step { (run, handle) throws(PostgresError) in
        guard PQsendQuery(handle.pointer, sql) == 1 else { throw run.lost() }
        try await run.flush()
        guard let result = try await run.result() else { throw run.lost() }
        defer { PQclear(result) }
        guard PQresultStatus(result) != PGRES_COPY_IN else { return }
        let error = PostgresError(ServerReport(result), at: connection.location)
        _ = try await connection.drain(run, handle)
        throw error
      }
    } catch {
      if error.report == nil || connection.isInCopy { connection.spoil(error) }
      connection.end()
      throw error
    }
  }

  func put(_ bytes: [UInt8]) async throws(PostgresError) {
    try await step { (run, handle) throws(PostgresError) in
      while true {
        let sent = bytes.withUnsafeBufferPointer { buffer in
          buffer.withMemoryRebound(to: CChar.self) {
            PQputCopyData(handle.pointer, $0.baseAddress, CInt(clamping: $0.count))
          }
        }
        switch sent {
        case 1: return try await run.flush()
        case 0: try await run.flush()
        default: throw run.lost()
        }
      }
    }
  }

  /// Ends the data; answers with how many rows were stored.
  func finish() async throws(PostgresError) -> Int {
    defer { connection.end() }
    var count = 0
    do throws(PostgresError) {
      try await step { (run, handle) throws(PostgresError) in
        guard PQputCopyEnd(handle.pointer, nil) == 1 else { throw run.lost() }
        count = try await self.conclude(run, handle)
      }
    } catch {
      if error.report == nil { connection.spoil(error) }
      throw error
    }
    return count
  }

  /// Gives the copy up. Answers with what to throw: the reason, or the server's own if it had
  /// refused the data.
  func abort(because reason: PostgresError) async -> PostgresError {
    defer { connection.end() }
    guard connection.fault == nil, connection.isInCopy else {
      connection.spoil(reason)
      return reason
    }
    let run = StatementRun(
      connection, handle, deadline: .now + connection.cancelGrace, signal: nil)
    do throws(PostgresError) {
      guard PQputCopyEnd(handle.pointer, "given up by the client") == 1 else { throw run.lost() }
      _ = try await conclude(run, handle)
    } catch {
      // That the server reports the end of the copy is what was asked for.
      if error.report == nil { connection.spoil(error) }
    }
    return reason
  }

  private func conclude(
    _ run: StatementRun, _ handle: ConnectionHandle
  ) async throws(PostgresError) -> Int {
    try await run.flush()
    guard let result = try await run.result() else { throw run.lost() }
    let rows = Rows(storage: RowStorage(result, location: connection.location))
    let failure =
      PQresultStatus(result) == PGRES_COMMAND_OK
      ? nil : PostgresError(ServerReport(result), at: connection.location)
    _ = try await connection.drain(run, handle)
    if let failure { throw failure }
    return rows.affected
  }

  /// One step, until the deadline or the task's end; the caller then aborts.
  private func step(
    _ body: @PostgresIO (StatementRun, ConnectionHandle) async throws(PostgresError) -> Void
  ) async throws(PostgresError) {
    if Task.isCancelled {
      throw stopped(.cancelled)
    }
    if deadline <= .now { throw stopped(.deadline) }
    if let fault = connection.fault { throw fault }
    let signal = Signal()
    let run = StatementRun(connection, handle, deadline: deadline, signal: signal)
    let result: Result<Void, PostgresError> = await withTaskCancellationHandler {
      do throws(PostgresError) {
        try await body(run, handle)
        try await run.settle()
        // The server may have stopped already, and then swallows what it is sent.
        return run.stopReason.map { .failure(stopped($0)) } ?? .success(())
      } catch {
        do throws(PostgresError) { try await run.settle() } catch { connection.spoil(error) }
        return .failure(error)
      }
    } onCancel: {
      signal.raise()
    }
    switch result {
    case .success: return
    case .failure(let error): throw error.because(of: run.stopReason)
    }
  }

  private func stopped(_ reason: PostgresError.Kind) -> PostgresError {
    PostgresError(
      reason,
      reason == .deadline
        ? "The copy took longer than its deadline; nothing was stored. Allow it more time, or copy "
          + "less at once."
        : "The task was cancelled; nothing was stored.", at: connection.location)
  }
}

extension PostgresConnection {
  var isInCopy: Bool {
    guard let handle else { return false }
    return PQtransactionStatus(handle.pointer) == PQTRANS_ACTIVE
  }
}
