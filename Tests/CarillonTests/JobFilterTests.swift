import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct `A filter of jobs` {
  private let now = Instant(microseconds: 1_803_891_600_000_000)  // 2027-03-01T09:00:00Z

  private func filter(_ text: String) throws -> JobFilter { try JobFilter(text, now: now) }

  // MARK: Reading

  @Test func `reads every field`() throws {
    let uuid = try #require(UUID(uuidString: "018f3c1e-7b2a-7c4d-9e8f-0123456789ab"))
    let text = """
      status:failed,cancelled -queue:mail* handler:Newsroom.Publish type:"publish post" \
      resource:post resource:a/b/018f3c1e-7b2a-7c4d-9e8f-0123456789ab uuid:\(uuid.text) \
      error:"timed out" args.to.plan:pro args.n:5 args."a b".0:"5" priority:>5 before:2027-03-01 \
      after:2h node:web-1 hold:unresolved
      """
    let conditions = try filter(text).terms.map(\.anyOf)
    #expect(
      conditions == [
        [.status(.failed), .status(.cancelled)], [.queue(.init("mail", isPrefix: true))],
        [.handler(.init("Newsroom.Publish"))], [.type(.init("publish post"))],
        [.resourceType("post")], [.resource(Resource("a/b", uuid))], [.uuid(uuid)],
        [.error("timed out")], [.args(path: ["to", "plan"], value: "pro")],
        [.args(path: ["n"], value: 5)], [.args(path: ["a b", "0"], value: "5")],
        [.priority(6...Int.max)],
        [.before(now - .seconds(9 * 3_600))], [.after(now - .seconds(7_200))],
        [.nodeNamed("web-1")], [.hold("unresolved")],
      ])
    #expect(try filter(text).terms.map(\.isNegated).filter(\.self).count == 1)
    #expect(try filter("  ").isAll)
  }

  @Test func `takes a UUID alone for a job or its resource`() throws {
    let uuid = UUID()
    #expect(try filter(uuid.text).terms.map(\.anyOf) == [[.uuid(uuid)]])
    #expect(try filter("-\(uuid.text)").terms.map(\.isNegated) == [true])
  }

  @Test(arguments: [
    ("5", 5...5), (">5", 6...Int.max), (">=5", 5...Int.max), ("<5", 0...4), ("<=5", 0...5),
    ("1..5", 1...5),
  ])
  func `reads priorities`(_ text: String, _ range: ClosedRange<Int>) throws {
    #expect(try filter("priority:\(text)").terms.map(\.anyOf) == [[.priority(range)]])
  }

  @Test(arguments: [
    ("status:faild", 7, "Did you mean 'failed'? It is one of pending"),
    ("hold:pausd", 5, "Did you mean 'paused'? It is one of unresolved"),
    ("stat:failed", 0, "Did you mean 'status'? There are status"),
    ("zzz:failed", 0, "is no field. There are status"),
    ("status:", 7, "a value is missing"), ("status:failed,", 14, "a value is missing"),
    ("queue:a failed", 8, "status:failed"), ("AND", 0, "All terms have to hold"),
    ("faild", 0, "Did you mean status:failed?"), ("status=failed", 0, "Write status:failed"),
    ("018f3c1e-7b2a", 0, "has to be whole"),
    ("mail", 0, "type:mail, queue:mail or error:mail"), ("error:\"oops", 6, "never closed"),
    ("error:\"a\"b", 9, "a space or a comma"), ("priority:<0", 9, "below 0"),
    ("priority:5..1", 9, "1..5"), ("priority:-3", 9, ">=5"),
    ("priority:9223372036854775807", 9, "is no priority"),
    ("before:2027-03-01T09:00:00", 7, "offset"), ("before:monday", 7, "is no time"),
    ("args:5", 4, "args.key"), ("args..a:5", 5, "a key is missing"), ("queue.a:5", 5, "only args"),
    ("resource:post/5", 9, "post/UUID"), ("args.a", 6, "':'"), ("-", 1, "a value is missing"),
  ])
  func `says where a text is wrong and what would be right`(
    _ text: String, _ position: Int, _ hint: String
  ) throws {
    let error = try #require(throws: JobFilterError.self) { try filter(text) }
    #expect(error.position == position, "\(error)")
    #expect(error.problem.contains(hint), "\(error)")
  }

  @Test func `refuses what is too long to mean anything`() {
    let long = String(repeating: "a", count: JobFilter.mostCharacters)
    #expect(throws: JobFilterError.self) { try filter("error:\(long)") }
    let many = (0...JobFilter.mostConditions).map(String.init).joined(separator: ",")
    #expect(throws: JobFilterError.self) { try filter("queue:\(many)") }
  }

  @Test func `is written so that it reads the same, whatever it holds`() throws {
    var chance = SeededGenerator(seed: 7)
    for _ in 0..<2_000 {
      let filter = JobFilter(
        terms: (0..<Int.random(in: 0...4, using: &chance)).map { _ in randomTerm(&chance) })
      let again = try JobFilter(filter.description, now: now)
      #expect(again == filter, "\(filter)")
    }
  }

  @Test func `doesn't trap, whatever text it is given`() {
    var chance = SeededGenerator(seed: 11)
    let pieces = [
      "status", ":", ",", "-", "\"", "\\", " ", "args", ".", "é", "*", "<", ">", "=", "..", "5",
      "queue", "\u{0}", "/", "uuid", "2027-03-01", "9999999999999999999", "🇫🇷",
    ]
    var read = 0
    for _ in 0..<20_000 {
      let text = (0..<Int.random(in: 0...9, using: &chance)).map { _ in
        pieces.randomElement(using: &chance) ?? ""
      }.joined()
      if let filter = try? filter(text) {
        read += 1
        _ = filter.description
      }
    }
    #expect(read > 100)
  }

  // MARK: Matching

  @Test(arguments: [
    ("", true), ("status:pending", true), ("status:failed", false), ("-status:failed", true),
    ("queue:default,mail", true), ("queue:def*", true), ("queue:Def*", false),
    ("queue:\"def*\"", false), ("queue:*", true), ("type:publish_post", true),
    ("handler:Newsroom.*", true), ("handler:Newsroom", false), ("resource:post", true),
    ("resource:email", false), ("args.to.plan:pro", true), ("args.to.plan:\"pro\"", true),
    ("args.to.plan:free", false), ("args.n:5", true), ("args.n:5.0", true), ("args.n:\"5\"", false),
    ("args.list.1:b", true), ("args.list.9:b", false), ("args.missing:null", false),
    ("args.none:null", true), ("priority:>3", true), ("priority:3", false), ("error:boom", false),
    ("-error:boom", true), ("before:2027-03-01", false), ("after:2027-03-01", true),
    ("after:2027-03-01 before:2027-03-02", true), ("node:any", false), ("hold:unresolved", false),
    ("queue:default status:failed", false),
  ])
  func `means the jobs that it says`(_ text: String, _ isMeant: Bool) throws {
    #expect(try filter(text).matches(job) == isMeant)
  }

  @Test func `finds an error in either case of A to Z`() throws {
    let failed = try job.applying(.claim(node: UUID()), at: now)
      .applying(.fail(error: "Connection TIMED OUT by Éric"), at: now)
    #expect(try filter("error:\"timed out\"").matches(failed))
    #expect(try filter("error:éric").matches(failed) == false)
    #expect(try filter("error:Éric").matches(failed))
    #expect(try filter("error:outer").matches(failed) == false)
  }

  @Test func `knows nodes by name once they have been looked up`() throws {
    let node = UUID()
    let running = try job.applying(.claim(node: node), at: now)
    let named = try filter("node:web-1")
    #expect(named.namesNodes)
    #expect(named.naming(nodes: [("web-1", UUID()), ("web-1", node)]).matches(running))
    #expect(named.naming(nodes: []).matches(running) == false)
    #expect(try filter("-node:web-1").naming(nodes: []).matches(running))
    #expect(try filter("node:\(node.text)").matches(running))
  }

  // MARK: Means

  private var job: Job {
    get throws {
      let request = try JobRequest(
        uuid: UUID(), jobType: "publish_post", handlerModule: "Newsroom.Publish",
        resource: Resource("post", UUID()),
        args: JobArguments([
          "to": ["plan": "pro"], "n": 5, "list": ["a", "b"], "none": nil,
        ]), time: .at(now), priority: 5)
      return request.job(at: now)
    }
  }

  private func randomTerm(_ chance: inout SeededGenerator) -> JobFilter.Term {
    let texts = ["a", "mail*", "a b", "\"", "\\", "x,y", "é", "-", ":", "5", "true", "", "*"]
    func text() -> String { texts.randomElement(using: &chance) ?? "" }
    func pattern() -> JobFilter.NamePattern {
      .init(text(), isPrefix: Bool.random(using: &chance))
    }
    func conditions(_ one: () -> JobFilter.Condition) -> [JobFilter.Condition] {
      (0..<Int.random(in: 1...3, using: &chance)).map { _ in one() }
    }
    let path = (0..<Int.random(in: 1...3, using: &chance)).map { _ in
      ["a", "b.c", "d e", "\"", "x:y", "0"].randomElement(using: &chance) ?? "a"
    }
    let values: [JSONValue] = [5, "5", "a b", true, nil, "[1]", 2.5, ""]
    let anyOf =
      switch Int.random(in: 0..<10, using: &chance) {
      case 9:
        conditions { .hold(Bool.random(using: &chance) ? "paused" : text()) }
      case 0: conditions { .status(JobStatus.allCases.randomElement(using: &chance) ?? .failed) }
      case 1: conditions { .queue(pattern()) }
      case 2: conditions { .handler(pattern()) }
      case 3: conditions { .error(text()) }
      case 4: conditions { .args(path: path, value: values.randomElement(using: &chance) ?? nil) }
      case 5:
        conditions {
          let low = Int.random(in: 0...5, using: &chance)
          return .priority(low...Int.random(in: low...9, using: &chance))
        }
      case 6:
        conditions {
          .before(
            Instant(microseconds: Int64.random(in: 0...4_000_000_000_000_000, using: &chance)))
        }
      case 7: conditions { .resource(Resource("a b/c", UUID())) }
      default: conditions { Bool.random(using: &chance) ? .uuid(UUID()) : .uuid(UUID()) }
      }
    return .init(anyOf: anyOf, isNegated: Bool.random(using: &chance))
  }
}
