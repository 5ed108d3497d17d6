import Carillon
import Foundation
import HTTPTypes

/// Jobs: scheduling one, listing, showing.
struct JobRoutes: Sendable {
  let parts: APIParts

  static let largestPage = 500

  var routes: [Route] {
    [
      Route(
        .post, "/api/v1/jobs", role: .operator,
        Operation(
          id: "scheduleJob", summary: "Store a job.",
          detail: "A `uuid` or an `Idempotency-Key` makes the request repeatable.",
          headers: [.idempotencyKey, .traceParent],
          body: .init(schema: Schemas.reference("NewJob")),
          responses: [
            .init(
              status: .created, summary: "It is stored.", schema: Schemas.reference("Job"),
              headers: [.eTag, .init(name: "Location", summary: "Where the job is.")])
          ],
          problems: [.jobConflict, .invalidJob, .idempotencyKeyReused]),
        answer: schedule),
      Route(
        .get, "/api/v1/jobs", role: .viewer,
        Operation(
          id: "listJobs", summary: "List jobs, newest first.",
          detail: "While `next` isn't null there may be more, even behind a page that holds fewer "
            + "than `limit` and none at all: what no index knows is looked for page by page.",
          query: [
            .init(name: "status", summary: "Only those of this status.", schema: Schemas.status),
            .init(name: "resource", summary: "Only those of this resource: TYPE/UUID."),
            .init(name: "queue", summary: "Only those of this queue."),
            .init(
              name: "filter",
              summary: "Only those that these terms mean: `status:failed,cancelled after:2h`."),
            .init(
              name: "limit", summary: "At most so many; 100.",
              schema: ["type": "integer", "minimum": 1, "maximum": .number(JSONNumber(500))]),
            .init(name: "cursor", summary: "`next` of an earlier answer."),
          ],
          responses: [
            .init(
              status: .ok, summary: "A page of them.", schema: Schemas.reference("JobPage"),
              headers: [.init(name: "Link", summary: "The next page, as rel=\"next\".")])
          ],
          problems: [.invalidCursor]),
        answer: list),
      Route(
        .get, "/api/v1/jobs/{uuid}", role: .viewer,
        Operation(
          id: "showJob", summary: "Show a job and its attempts.", headers: [.ifNoneMatch],
          responses: [
            .init(
              status: .ok, summary: "The job.", schema: Schemas.reference("JobWithAttempts"),
              headers: [.eTag]),
            .init(status: .notModified, summary: "It is as it was.", type: nil),
          ],
          problems: [.jobNotFound]),
        answer: show),
    ]
  }

  // MARK: Scheduling

  @Sendable private func schedule(_ call: Call) async throws -> Answer {
    let draft = try JobDraft(try await call.json())
    let key = call.headers[.idempotencyKey]
    var identity: UUID?
    if let key {
      guard !draft.hasUUID else {
        throw Problem(
          .invalidJob, "A uuid and an Idempotency-Key say two identities. Give one of them.",
          faults: [.init(pointer: "/uuid", detail: "stands beside an Idempotency-Key")])
      }
      identity = try IdempotencyKey.uuid(key, caller: call.caller.id)
    }
    let request = try draft.request(in: parts.catalog) { identity ?? parts.makeUUID() }
      .traced(TraceHeaders.read(call.headers))
    let job: Job
    do throws(StoreError) {
      job = try await parts.inserter.insert(request)
    } catch {
      guard key != nil, case .conflict = error else { throw error }
      throw Problem(
        .idempotencyKeyReused,
        "This Idempotency-Key was used with another body. Use a new key for a new job.")
    }
    parts.feed.publish("job", job.eventValue)
    // As it was stored, whatever has become of it: a repeated request gets the same answer.
    let first = request.job(at: job.insertedAt)
    let record = parts.record(first, for: call)
    let text = record.json
    return Answer(
      status: .created,
      headers: [
        .location: "\(call.prefix)/api/v1/jobs/\(job.uuid.text)",
        .eTag: EntityTag(first, shown: text).header,
      ],
      body: .text(text, type: "application/json"))
  }

  // MARK: Reading

  @Sendable private func list(_ call: Call) async throws -> Answer {
    let (status, resource) = (try status(call.query), try resource(call.query))
    let limit = try JobRoutes.limit(call.query)
    let filters = ["status", "resource", "queue", "filter"]
    let list = filters.map { "\($0)=\(call.query[$0] ?? "")" }.joined(separator: "\n")
    var query = JobQuery(
      status: status, resource: resource, queue: call.query["queue"], limit: limit)
    query.filter.terms += try await filter(call).terms
    let page = try await JobSearch(parts: parts).page(query, of: list, from: call.query["cursor"])
    let records = page.jobs.map { parts.record($0, for: call) }
    var answer = Answer.json([
      "jobs": .array(records), "next": JSONValue(page.next),
    ])
    if let next = page.next {
      var query = call.query
      query["cursor"] = next
      let text = query.sorted { $0.key < $1.key }
        .map { "\(Query.encoded($0.key))=\(Query.encoded($0.value))" }.joined(separator: "&")
      answer.headers[.link] = "<\(call.prefix)/api/v1/jobs?\(text)>; rel=\"next\""
    }
    return answer
  }

  @Sendable private func show(_ call: Call) async throws -> Answer {
    let uuid = try call.uuid()
    guard let job = try await parts.store.job(uuid) else { throw Problem.jobNotFound(uuid.text) }
    let attempts = try await parts.store.attempts(of: uuid)
    let record = parts.redaction.record(
      job.jsonValue(attempts: attempts), for: call.caller.role)
    let text = record.json
    let tag = EntityTag(job, shown: text)
    if tag.isNamed(in: call.headers[.ifNoneMatch]) {
      return Answer(status: .notModified, headers: [.eTag: tag.header])
    }
    return Answer(
      headers: [.eTag: tag.header], body: .text(text, type: "application/json"))
  }

  // MARK: Parameters

  private func filter(_ call: Call) async throws -> JobFilter {
    guard let text = call.query["filter"] else { return .all }
    return try JobRoutes.filter(text, for: call, parts, now: try await parts.store.now())
  }

  /// The filter of a text, if the caller may ask for all that it looks at.
  static func filter(
    _ text: String, for call: Call, _ parts: APIParts, now: Instant
  ) throws(Problem) -> JobFilter {
    let filter: JobFilter
    do throws(JobFilterError) {
      filter = try JobFilter(text, now: now)
    } catch {
      throw Problem.parameter("filter", error.description)
    }
    try parts.check(filter, for: call)
    return filter
  }

  private func status(_ query: [String: String]) throws(Problem) -> JobStatus? {
    guard let text = query["status"] else { return nil }
    guard let status = JobStatus(rawValue: text) else {
      let names = JobStatus.allCases.map(\.rawValue)
      throw .parameter(
        "status",
        "'\(text.prefix(40))' is no status.\(DidYouMean.question(about: text, among: names))"
          + " It is one of \(names.joined(separator: ", ")).")
    }
    return status
  }

  private func resource(_ query: [String: String]) throws(Problem) -> Resource? {
    guard let text = query["resource"] else { return nil }
    guard let slash = text.lastIndex(of: "/"), slash > text.startIndex,
      let uuid = UUID(uuidString: String(text[text.index(after: slash)...]))
    else {
      throw .parameter(
        "resource",
        "'\(text.prefix(80))' is not a resource. Write TYPE/UUID, such as "
          + "post/018f3c1e-7b2a-7c4d-9e8f-0123456789ab.")
    }
    return Resource(String(text[..<slash]), uuid)
  }

  static func limit(
    _ query: [String: String], standard: Int = 100, most: Int = largestPage
  ) throws(Problem) -> Int {
    guard let text = query["limit"] else { return standard }
    guard let limit = Int(text), (1...most).contains(limit) else {
      throw .parameter("limit", "should be a whole number from 1 to \(most).")
    }
    return limit
  }
}
