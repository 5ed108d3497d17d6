import Carillon
import CarillonTesting
import Testing

@testable import CarillonWeb

@Suite struct DashboardWordTests {
  @Test func `what means something in HTML is escaped, whatever follows it`() {
    #expect("<a href='x'>&\"".escapedForHTML == "&lt;a href=&#39;x&#39;&gt;&amp;&quot;")
    // One character for Swift, and a quote for a browser.
    #expect(!"\"\u{301}".escapedForHTML.unicodeScalars.contains("\""))
    #expect("a\0b\u{1B}".escapedForHTML == "a␀b␛")
  }

  @Test func `templates take values as they are, for views escape them`() throws {
    #expect(
      Templates.raw("a {{b}} {{#c}}{{{d}}}{{/c}} {{>e}}") == "a {{{b}}} {{#c}}{{{d}}}{{/c}} {{>e}}")
    let templates = try Templates([
      "t": "{{#has}}<p title=\"{{a}}\">{{b}}</p>{{/has}}{{^none}}!{{/none}}"
    ])
    let view: View = [
      "has": true, "a": "\"><script>", "b": .markup(Markup(trusted: "<b>x</b>")), "none": "",
    ]
    #expect(
      templates.render(view, "t").html == "<p title=\"&quot;&gt;&lt;script&gt;\"><b>x</b></p>!")
  }

  @Test func `every template can be read`() throws {
    #expect(Templates.ofThisProgram != nil)
  }

  @Test func `times are never negative lengths`() {
    let now = ManualClock.start
    let moment = Moment(now: now)
    #expect(moment.text(now + .seconds(300)) == "in 5m")
    #expect(moment.text(now - .seconds(90)) == "1m30s ago")
    #expect(moment.text(now + .milliseconds(900)) == "now")
    #expect(moment.since(now + .seconds(60)) == "0s")
    #expect(Moment.length(now, now - .seconds(5)) == "0s")
    #expect(moment.relative(nil).html.contains("–"))
  }

  @Test func `numbers have their thousands apart`() {
    #expect(1_234_567.grouped == "1\u{202F}234\u{202F}567")
    #expect((-1_234).grouped == "-1\u{202F}234" && 999.grouped == "999" && 0.grouped == "0")
    #expect(Overview.decimal(0.004) == "0.00" && Overview.decimal(3.14) == "3.1")
    #expect(
      Overview.decimal(1_234.5) == "1\u{202F}235" || Overview.decimal(1_234.5) == "1\u{202F}234")
    #expect(Overview.decimal(.infinity) == "∞")
  }

  // MARK: Traffic

  private func count(
    _ minute: Int64, _ outcome: AttemptOutcome, _ number: Int, wait: [Int] = []
  ) -> MinuteCount {
    MinuteCount(
      key: .init(minute: minute, queue: "q", handlerModule: "h", outcome: outcome), count: number,
      wait: .init(counts: wait))
  }

  @Test(arguments: Traffic.Range.allCases)
  func `counts stand in the part of the range to which they belong`(_ range: Traffic.Range) {
    let now = ManualClock.start
    let first = Traffic.start(of: range, at: now)
    let last = now.microseconds / 60_000_000
    let traffic = Traffic(
      [
        count(first, .ok, 3), count(last, .error, 2), count(last, .lost, 1),
        count(last, .snooze, 4), count(first - 1, .ok, 100), count(last + 5_000, .ok, 100),
      ], range: range, at: now)
    #expect(traffic.parts.count == range.minutes / range.minutesInPart)
    #expect(traffic.parts.first?.succeeded == 3)
    #expect(traffic.parts.last?.failed == 3 && traffic.parts.last?.other == 4)
    #expect(traffic.total.all == 10)
    #expect(traffic.failureShare == 0.5)
  }

  @Test func `a quantile lies within its bucket`() {
    var buckets = MinuteCount.Buckets()
    #expect(buckets.quantile(0.5) == nil && buckets.quantileText(0.5) == "–")
    for _ in 0..<90 { buckets.add(.milliseconds(15)) }
    for _ in 0..<10 { buckets.add(.milliseconds(700)) }
    let (median, high) = (buckets.quantile(0.5) ?? 0, buckets.quantile(0.95) ?? 0)
    #expect((10...20).contains(median) && (500...1_000).contains(high))
    #expect((buckets.quantile(1) ?? 0) <= 1_000)
    var long = MinuteCount.Buckets()
    long.add(.seconds(1_000_000))
    #expect(long.quantileText(0.5) == "2h")
  }

  @Test func `a scale's top is at least the most there is`() {
    for most in [1, 2, 3, 7, 99, 100, 101, 5_001, Int.max] {
      let top = TrafficChart.roundedUp(most)
      #expect(top >= most && (most == .max || top / 5 <= most))
    }
  }

  @Test func `failures a chart can't show beside much else are still seen`() {
    let now = ManualClock.start
    let minute = now.microseconds / 60_000_000
    let traffic = Traffic(
      [count(minute, .ok, 1_000_000), count(minute, .error, 1)], range: .hour, at: now)
    let chart = TrafficChart.columns(traffic).html
    #expect(chart.contains("class=\"bad\"") && !chart.contains("style="))
    #expect(chart.contains("1 failed"))
  }

  @Test func `an audit entry's detail is said as what changed`() {
    func change(_ detail: [String: JSONValue]) -> String {
      AuditWords(note: AuditNote("edit", .job, "x"), detail: detail).change
    }
    let words = change([
      "before": ["run_at": "a", "n": 1, "same": 2],
      "after": ["run_at": "b", "n": .null, "same": 2],
      "job_type": "mail", "handler_module": "Mail", "why": .null,
    ])
    #expect(words == "n: 1 → –; run at: a → b; handler module: Mail")
    #expect(change(["after": ["a": "b", "c": .null, "args": [:]]]) == "a: b")
    #expect(
      change([
        "before": ["paused_at": .null], "after": ["paused_at": "2027-03-01T09:00:00.250Z"],
        "parameters": [:],
      ]) == "paused at: 2027-03-01 09:00:00 UTC")
    #expect(change([:]) == "")
  }

  @Test(
    arguments: [
      ("retry", .job, ["job_type": "mail"], "Retried job", "mail 018f3c1e", "./jobs/"),
      (
        "cancel", .job, ["after": ["cancel_requested_at": "now"]], "Asked to end job", "018f3c1e",
        "./jobs/"
      ),
      ("delete", .job, [:], "Deleted job", "018f3c1e", nil),
      ("schedule", .jobs, ["count": 3], "Stored 3 jobs", "018f3c1e", "./jobs/"),
      ("run", .schedule, [:], "Ran schedule", "018f3c1e", "./schedule?name="),
      ("backfill", .schedule, ["jobs": 1], "Backfilled 1 job of schedule", "", "./schedule?name="),
      ("remove", .schedule, [:], "Removed schedule", "", nil),
      (
        "begin", .operation, ["action": "retry"], "Began to retry all jobs of a filter", "",
        "./operation?uuid="
      ),
      ("cancel", .operation, [:], "Stopped operation", "", "./operation?uuid="),
      ("pause", .queue, [:], "Paused queue", "", "./jobs?filter=queue%3A"),
      ("resume", .handler, [:], "Resumed handler", "", "./jobs?filter=handler%3A"),
      ("pause", .resourceType, [:], "Paused handlers of resource type", "", "./jobs?filter="),
      ("add", .blackout, [:], "Added blackout", "", nil),
      ("revoke", .token, ["name": "ada"], "Revoked token", "ada (018f3c1e", nil),
      ("cancel", .resource, ["cancelled": 2], "Cancelled 2 jobs of resource", "", nil),
      ("explode", .queue, [:], "explode: queue", "", "./jobs?filter=queue%3A"),
    ] as [(String, AuditNote.Target, [String: JSONValue], String, String, String?)])
  func `an audit entry is said in plain words`(
    _ action: String, _ kind: AuditNote.Target, _ detail: [String: JSONValue], _ sentence: String,
    _ name: String, _ address: String?
  ) {
    let words = AuditWords(
      note: AuditNote(action, kind, "018f3c1e-7b2a-7c4d-9e8f-0123456789ab"), detail: detail)
    #expect(words.sentence == sentence)
    #expect(words.name.hasPrefix(name))
    #expect((words.address(".") == nil) == (address == nil))
    #expect(words.address(".")?.hasPrefix(address ?? "-") ?? true)
  }
}
