import Carillon
import CarillonTesting
import CoreMetrics
import Foundation
import Testing

@testable import CarillonWeb

@Suite struct MetricsTests {
  @Test func `counters, gauges and histograms are written as Prometheus reads them`() {
    let exposition = PrometheusExposition()
    let counter = exposition.makeCounter(
      label: "mails.sent", dimensions: [("to", "a\"b\\c\nd"), ("kind", "x")])
    counter.increment(by: 2)
    counter.increment(by: -5)
    exposition.makeMeter(label: "9lives", dimensions: []).set(1.5)
    let timer = exposition.makeTimer(label: "wait", dimensions: [("q", "z")])
    timer.recordNanoseconds(2_000_000)
    timer.recordNanoseconds(7_200_000_000_000)
    let text = exposition.text()
    #expect(text.hasPrefix("# HELP _lives _lives\n# TYPE _lives gauge\n_lives 1.5\n") == false)
    #expect(
      text.contains(
        """
        # HELP mails_sent_total mails sent total
        # TYPE mails_sent_total counter
        mails_sent_total{kind="x",to="a\\"b\\\\c\\nd"} 2

        """))
    #expect(text.contains("wait_bucket{q=\"z\",le=\"0.001\"} 0\n"))
    #expect(text.contains("wait_bucket{q=\"z\",le=\"0.005\"} 1\n"))
    #expect(text.contains("wait_bucket{q=\"z\",le=\"3600\"} 1\n"))
    #expect(text.contains("wait_bucket{q=\"z\",le=\"+Inf\"} 2\n"))
    #expect(text.contains("wait_sum{q=\"z\"} 7200.002\nwait_count{q=\"z\"} 2\n"))
  }

  @Test func `endless labels are counted together`() {
    let exposition = PrometheusExposition(mostSeries: 3)
    for user in 0..<1_000 {
      exposition.makeCounter(label: "logins", dimensions: [("user", "\(user)")]).increment(by: 1)
    }
    let samples = exposition.text().split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(samples.count == 4)
    #expect(samples.contains("logins_total{user=\"other\"} 997"))
  }

  @Test func `the same labels in another order are the same series`() {
    let exposition = PrometheusExposition()
    exposition.makeCounter(label: "x", dimensions: [("a", "1"), ("b", "2")]).increment(by: 1)
    exposition.makeCounter(label: "x", dimensions: [("b", "2"), ("a", "1")]).increment(by: 1)
    // A name that is taken for another kind must not spoil the text.
    exposition.makeMeter(label: "x_total", dimensions: []).set(5.0)
    let samples = exposition.text().split(separator: "\n").filter { !$0.hasPrefix("#") }
    #expect(samples == ["x_total{a=\"1\",b=\"2\"} 2"])
  }

  @Test func `values that Prometheus can't count are left out`() {
    let exposition = PrometheusExposition()
    let recorder = exposition.makeRecorder(label: "r", dimensions: [], aggregate: true)
    for value in [Double.nan, .infinity, -.infinity] { recorder.record(value) }
    #expect(exposition.text().contains("r_count 0"))
    exposition.makeMeter(label: "m", dimensions: []).set(Double.nan)
    #expect(exposition.text().contains("m NaN\n"))
  }

  @Test func `every line of the whole page can be read`() async throws {
    let web = APIUnderTest()
    _ = try await web.scheduled(["queue": "a\"b\\c"])
    let reply = await web.get("/metrics")
    #expect(reply.status == 200)
    let name = "[a-zA-Z_:][a-zA-Z0-9_:]*"
    let labels = #"(\{([a-zA-Z_][a-zA-Z0-9_]*="([^"\\\n]|\\["\\n])*",?)*\})?"#
    let number = "(-?[0-9.]+([eE][-+]?[0-9]+)?|NaN|[-+]Inf)"
    let sample = try Regex("\(name)\(labels) \(number)")
    var typed: Set<Substring> = []
    for line in reply.text.split(separator: "\n") {
      if line.hasPrefix("# TYPE ") {
        let name = line.split(separator: " ")[2]
        #expect(typed.insert(name).inserted, "\(name) stands twice")
      } else if !line.hasPrefix("# HELP ") {
        #expect(line.wholeMatch(of: sample) != nil, "\(line)")
      }
    }
    #expect(reply.text.contains("carillon_queue_jobs{queue=\"a\\\"b\\\\c\",state=\"pending\"} 1"))
    #expect(reply.text.contains("carillon_jobs{status=\"pending\"} 1"))
  }

  @Test func `how long a queue waits and which nodes are lost is shown`() {
    var statistics = StoreStatistics(now: ManualClock.start)
    var queue = StoreStatistics.Queue(name: "mail")
    queue.oldestDueAt = ManualClock.start - .milliseconds(2_500)
    // A clock that has stepped back makes no wait negative.
    var early = StoreStatistics.Queue(name: "early")
    early.oldestDueAt = ManualClock.start + .seconds(5)
    statistics.queues = [queue, early]
    statistics.nodes = [-1, 1, 2].map { seconds in
      Node(
        uuid: UUID(), name: "n", startedAt: ManualClock.start, catalogue: [], queues: .all(1),
        leaseExpiresAt: ManualClock.start + .seconds(seconds), draining: seconds == 2)
    }
    let text = StoreGauges(statistics: statistics).text
    #expect(text.contains("carillon_queue_oldest_due_seconds{queue=\"mail\"} 2.5\n"))
    #expect(text.contains("carillon_queue_oldest_due_seconds{queue=\"early\"} 0\n"))
    for state in ["alive", "draining", "lost"] {
      #expect(text.contains("carillon_nodes{state=\"\(state)\"} 1\n"))
    }
  }

  @Test func `queues beyond the bound are summed up`() {
    var statistics = StoreStatistics(now: ManualClock.start)
    for index in 0..<1_000 {
      var queue = StoreStatistics.Queue(name: "q\(index)")
      queue.pending = index
      statistics.queues.append(queue)
    }
    let lines = StoreGauges(statistics: statistics).text.split(separator: "\n")
    let pending = lines.filter { $0.contains("state=\"pending\"") }
    #expect(pending.count == 201)
    #expect(pending.contains { $0.contains("queue=\"other\"") && $0.hasSuffix(" 319600") })
  }
}
