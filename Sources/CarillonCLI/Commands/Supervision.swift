import Logging
import ServiceLifecycle
import UnixSignals

/// Runs a service until it ends, or until signals end it: the first asks it to finish what it has
/// begun, the second to stop at once.
struct Supervision {
  let service: any Service
  /// What runs beside it, and goes on until it has ended.
  var companions: [any Service] = []
  /// Called when signals are heard, before the service begins.
  var onStart: @Sendable () -> Void = {}
  /// Called after the first signal has been passed on.
  let onFirstSignal: @Sendable () async -> Void
  let onSecondSignal: @Sendable () -> Void

  /// Answers with the signals that arrived.
  func run() async throws -> Int {
    var quiet = Logger(label: "carillon.lifecycle")
    quiet.logLevel = .error
    let group = ServiceGroup(
      configuration: ServiceGroupConfiguration(
        // A group ends its services in reverse order.
        services: (companions + [service]).map {
          .init(
            service: $0, successTerminationBehavior: .gracefullyShutdownGroup,
            failureTerminationBehavior: .cancelGroup)
        },
        logger: quiet))
    // Not the group's own signals: those would let a second one pass unheard.
    let signals = await UnixSignalsSequence(trapping: .sigterm, .sigint)
    onStart()
    let work = Task { try await group.run() }
    let (count, counting) = AsyncStream.makeStream(of: Int.self)
    let listener = Task {
      var seen = 0
      var announcement: Task<Void, Never>?
      for await _ in signals {
        seen += 1
        counting.yield(seen)
        switch seen {
        case 1:
          await group.triggerGracefulShutdown()
          // Beside the loop: it may ask the store, and a second signal must not wait for that.
          announcement = Task { await onFirstSignal() }
        default:
          onSecondSignal()
          work.cancel()
        }
      }
      await announcement?.value
    }
    let result = await work.result
    listener.cancel()
    // What it is just saying comes before what is said of the end.
    await listener.value
    counting.finish()
    let seen = await count.reduce(0, max)
    switch result {
    case .success: return seen
    case .failure where seen > 1: return seen
    case .failure(let error): throw error
    }
  }
}
