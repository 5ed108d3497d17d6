import Carillon
import Foundation
import Testing

@testable import CarillonCLI

@Suite struct `A word that isn't known` {
  @Test(arguments: [
    ("shedule", "schedule"), ("jbos", "jobs"), ("STATS", "stats"), ("sched", "schedule"),
    ("publish_pots", "publish_post"), ("ScheduledPostHandlr", "Newsroom.ScheduledPostHandler"),
    ("News.ScheduledPostHandler", "Newsroom.ScheduledPostHandler"),
  ])
  func `is answered with what was probably meant`(word: String, meant: String) {
    let known = [
      "schedule", "jobs", "stats", "publish_post", "Newsroom.ScheduledPostHandler", "serve",
    ]
    #expect(DidYouMean.nearest(to: word, among: known).first == meant)
  }

  @Test(arguments: ["", "xyzzy", "a completely different thing"])
  func `is answered with nothing when nothing is near`(word: String) {
    #expect(DidYouMean.question(about: word, among: ["schedule", "jobs"]) == "")
  }

  @Test func `makes a sentence with at most three suggestions`() {
    #expect(
      DidYouMean.question(about: "jobx", among: ["joba", "jobb", "jobc", "jobd"])
        == " Did you mean 'joba', 'jobb' or 'jobc'?")
  }

  @Test func `counts insertions, deletions, substitutions and swaps`() {
    #expect(DidYouMean.editDistance(Array(""), Array("abc")) == 3)
    #expect(DidYouMean.editDistance(Array("kitten"), Array("sitting")) == 3)
    #expect(DidYouMean.editDistance(Array("jbos"), Array("jobs")) == 1)
  }
}

@Suite struct `A store's URL` {
  private func url(_ text: String) throws -> StoreURL {
    try StoreURL(option: text, environment: [:])
  }

  private func refusal(_ text: String) -> String {
    do {
      return "accepted as \(try url(text))"
    } catch {
      return "\(error)"
    }
  }

  @Test func `is sqlite with a path, or memory`() throws {
    #expect(try url("sqlite:jobs.db") == .sqlite(path: "jobs.db"))
    #expect(try url("sqlite:/var/lib/a b.db") == .sqlite(path: "/var/lib/a b.db"))
    #expect(try url("memory:") == .memory)
  }

  @Test func `comes from the flag, else the environment, else it is carillon db`() throws {
    let environment = ["CARILLON_STORE": "memory:"]
    #expect(try StoreURL(option: nil, environment: environment) == .memory)
    #expect(
      try StoreURL(option: "sqlite:x", environment: environment) == .sqlite(path: "x"))
    #expect(try StoreURL(option: nil, environment: [:]) == .sqlite(path: "carillon.db"))
    #expect(try StoreURL(option: nil, environment: ["CARILLON_STORE": ""]) == .standard)
  }

  @Test func `is refused with what would be right`() {
    #expect(refusal("jobs.db").contains("Write sqlite:jobs.db"))
    #expect(refusal("sqlite:").contains("needs a path"))
    #expect(refusal("sqlite:///var/jobs.db").contains("sqlite:/var/lib/carillon.db"))
    #expect(refusal("sqlite::memory:").contains("write memory:"))
    #expect(refusal("mysql://h/db").contains("'mysql:' is no kind of store"))
    #expect(refusal("memory:x").contains("nothing may follow"))
  }

  @Test(arguments: [
    "mysql://me:hunter2@h/jobs", "postgres:me:hunter2@h/jobs", "me:hunter2@h/jobs",
    "postgresql://me:hunter2@h/jobs?unheard=of", "POSTGRES://me:hunter2@h/jobs?poll=-1",
    "postgres://me:hunter2@[h/jobs", "postgres://me:hun%ter2@h/jobs",
    "host=h password=hunter2 = =", "password = 'hunter2",
  ])
  func `never has its password repeated`(text: String) {
    let refusal = refusal(text)
    #expect(!refusal.contains("hunter2") && !refusal.contains("ter2"))
    #expect(!refusal.contains("accepted"))
  }

  @Test func `of PostgreSQL is shown without its password`() throws {
    let text = "postgresql://me:hunter2@db.example.org/jobs?sslpassword=hunter2"
    let url = try StoreURL(text: text, source: "--store")
    #expect(url.description == "postgres://me@db.example.org:5432/jobs")
    #expect(refusal("postgres:jobs").contains("postgres://USER@HOST/DATABASE"))
    #expect(
      refusal("postgres://h/db?connect_timout=3").contains("connect_timout is no parameter"))
    let pairs = try StoreURL(
      text: " host = db.example.org user=me password=hunter2 dbname=jobs", source: "--store")
    #expect(pairs.description == "postgres://me@db.example.org:5432/jobs")
    #expect(refusal("postgres://h/db?pool_size=many").contains("pool_size"))
  }
}

@Suite struct `The text of an option` {
  private func refusal(_ body: () throws -> Any) -> String {
    do {
      return "accepted: \(try body())"
    } catch {
      return "\(error)"
    }
  }

  @Test func `that isn't a UUID is refused by its name, with an example`() {
    let refusal = refusal { try OptionText.uuid("42", "--resource") }
    #expect(refusal.hasPrefix("--resource: '42' is not a UUID."))
    #expect(refusal.contains("018f3c1e"))
  }

  @Test func `names a resource by type and UUID`() throws {
    let uuid = try #require(UUID(uuidString: "018f3c1e-7b2a-7c4d-9e8f-0123456789ab"))
    let text = "blog/post/\(uuid.text)"
    #expect(try OptionText.resource(text, "--resource") == Resource("blog/post", uuid))
    for wrong in ["post", "/\(uuid.text)", "post/42", ""] {
      #expect(refusal { try OptionText.resource(wrong, "--resource") }.hasPrefix("--resource: "))
    }
  }

  @Test func `gives queues their limits`() throws {
    #expect(try OptionText.queues("a=10,b=5", "--queues") == ["a": 10, "b": 5])
    for wrong in ["", "a", "a=", "=1", "a=0", "a=-1", "a=1,,b=2", "a=1,a=2", "a=1=2", "a=x"] {
      #expect(refusal { try OptionText.queues(wrong, "--queues") }.hasPrefix("--queues: "))
    }
  }

  @Test func `that is no time or duration says what is wrong and what would be right`() {
    #expect(
      refusal { try OptionText.instant("2027-03-01T09:00:00", "--at") }.contains("offset"))
    let duration = refusal { try OptionText.duration("10", "--in") }
    #expect(duration.hasPrefix("--in: '10' is not a duration: 10 has no unit."))
    #expect(duration.contains("90s"))
  }

  @Test func `that is no status suggests one`() {
    #expect(refusal { try OptionText.status("fialed", "--status") }.contains("'failed'"))
  }
}

@Suite struct `An error` {
  private let uuid = UUID()

  @Test func `has the status that the command line promises`() {
    #expect(ExitStatus(of: UsageError("x") as any Error) == .usage)
    #expect(ExitStatus(of: JobRequestError.priority(-1) as any Error) == .usage)
    #expect(ExitStatus(of: JobRefusal.notFound(uuid) as any Error) == .notFound)
    for refusal in [
      JobRefusal.inProgress(uuid), .alreadyExecuted(uuid), .alreadyFailed(uuid),
      .alreadyCancelled(uuid), .stillPending(uuid),
    ] {
      #expect(ExitStatus(of: refusal as any Error) == .conflict)
    }
    #expect(ExitStatus(of: StoreError.conflict(uuid: uuid) as any Error) == .conflict)
    for error in [
      StoreError.unreachable(store: "s", why: "w"), .failed(operation: "o", why: "w"),
      .newerSchema(store: "s", found: "f"), .moved(store: "s", to: "t"),
      .filling(store: "s", from: "f"),
    ] {
      #expect(ExitStatus(of: error as any Error) == .storeUnreachable)
    }
    #expect(ExitStatus(of: CancellationError() as any Error) == .failed)
  }

  @Test func `status has the number that the help shows`() {
    #expect(ExitStatus.allCases.map(\.rawValue) == [0, 1, 2, 3, 5, 6])
  }
}
