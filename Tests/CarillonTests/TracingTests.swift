import Carillon
import CarillonTesting
import Foundation
import InMemoryTracing
import Testing
import Tracing

/// The tracer of this test process; a process can have one only.
private let tracer: InMemoryTracer = {
  let tracer = InMemoryTracer()
  InstrumentationSystem.bootstrap(tracer)
  return tracer
}()

@Suite struct TracingTests {
  @Test func `links a job's run to the trace in which it was scheduled`() async throws {
    let tracer = tracer
    let post = UUID()
    let test = TestScheduler(services: Services().adding(Script { _, _ in .ok }))
    let job = try await withSpan("request \(post.text)") { _ in
      try await test.scheduler.schedule(ScriptedHandler.self, for: post)
    }
    #expect(!job.traceContext.isEmpty)
    try await test.drain()

    let request = try #require(
      tracer.finishedSpans.first { $0.operationName == "request \(post.text)" })
    let run = try #require(
      tracer.finishedSpans.first { span in
        span.operationName == "scripted"
          && span.links.contains { link in
            link.context.inMemorySpanContext?.traceID == request.spanContext.traceID
          }
      })
    // A run of its own: the request is over long since.
    #expect(run.spanContext.traceID != request.spanContext.traceID)
    #expect(run.kind == .consumer)
  }
}
