import Carillon
import Crypto
import Foundation
import HTTPTypes

/// Many jobs at once, all or none.
struct BulkRoute: Sendable {
  let parts: APIParts

  private static let reader = ThreadExecutor(name: "bulk", threads: 1)
  private static let lines = ["application/x-ndjson", "application/jsonl", "application/ndjson"]
  /// Faults that are told before the rest is only counted.
  private static let mostFaults = 10

  var route: Route {
    Route(
      .post, "/api/v1/jobs/bulk", role: .operator,
      Operation(
        id: "scheduleJobs", summary: "Store many jobs, all or none.",
        detail: "A JSON array, or one object a line. An `Idempotency-Key`, or a `uuid` for each, "
          + "lets it be repeated safely.",
        headers: [.idempotencyKey, .traceParent],
        body: .init(
          types: ["application/json"] + BulkRoute.lines, schema: Schemas.array(of: "NewJob")),
        responses: [
          .init(
            status: .created, summary: "All are stored.", schema: Schemas.reference("StoredJobs"))
        ],
        problems: [.jobConflict, .invalidJob, .idempotencyKeyReused]),
      answer: store)
  }

  @Sendable private func store(_ call: Call) async throws -> Answer {
    let key = call.headers[.idempotencyKey]
    let type = call.mediaType ?? ""
    guard type == "application/json" || BulkRoute.lines.contains(type) else {
      throw Problem(
        .unsupportedMediaType,
        "Send a JSON array as application/json, or one object a line as application/x-ndjson.",
        headers: [.accept: "application/json, application/x-ndjson"])
    }
    // Reading may take a second of a core: not a thing for a thread that others wait for.
    return try await parts.bulk.pass(on: BulkRoute.reader) {
      let bytes = try await call.readBody(Call.bulkLimit)
      var requests = try self.requests(
        bytes, areLines: type != "application/json", haveKey: key != nil)
      let trace = TraceHeaders.read(call.headers)
      requests = requests.map { $0.traced(trace) }
      if let key { requests = try BulkRoute.identify(requests, by: key, call, bytes) }
      let jobs = try await insert(requests, hasKey: key != nil)
      parts.feed.publish("jobs", ["stored": JSONValue(jobs.count)])
      // Written by hand: a hundred thousand strings needn't become values first.
      let uuids = jobs.map { "\"\($0.uuid.text)\"" }.joined(separator: ",")
      return Answer(
        status: .created,
        body: .text("{\"count\":\(jobs.count),\"uuids\":[\(uuids)]}", type: "application/json"))
    }
  }

  /// The same with identities that follow from the key. Their content says of which body they are
  /// part, so that another body under the same key is a conflict, whichever jobs differ.
  private static func identify(
    _ requests: [JobRequest], by key: String, _ call: Call, _ body: [UInt8]
  ) throws(Problem) -> [JobRequest] {
    let digest = SHA256.hash(data: body).map { String($0, radix: 16) }.joined(separator: " ")
    var identified: [JobRequest] = []
    identified.reserveCapacity(requests.count)
    for (index, request) in requests.enumerated() {
      identified.append(
        request.part(
          of: digest,
          uuid: try IdempotencyKey.uuid(key, caller: call.caller.id, element: index)))
    }
    return identified
  }

  private func insert(_ requests: [JobRequest], hasKey: Bool) async throws -> [Job] {
    do throws(StoreError) {
      return try await parts.store.insert(requests)
    } catch {
      guard hasKey, case .conflict = error else { throw error }
      throw Problem(
        .idempotencyKeyReused,
        "This Idempotency-Key was used with another body. Use a new key for new jobs.")
    }
  }

  /// The jobs that are asked for; throws one problem that tells of all that are wrong.
  func requests(
    _ bytes: [UInt8], areLines: Bool, haveKey: Bool = false
  ) throws(Problem) -> [JobRequest] {
    var found = Found(haveKey: haveKey)
    if areLines {
      var number = 0
      for line in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
        number += 1
        guard line.contains(where: { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D }) else { continue }
        let place = Place(pointer: "/\(number - 1)", name: "Line \(number)")
        do throws(JSONError) {
          add(try JSONValue(json: Array(line)), at: place, to: &found)
        } catch {
          found.blame(place, "it is not JSON: \(error.description)")
        }
      }
    } else {
      guard let values = try Call.json(bytes).array else {
        throw Problem(
          .invalidJob, "The body should be a JSON array of jobs.",
          faults: [.init(pointer: "", detail: "is no array")])
      }
      for (index, value) in values.enumerated() {
        add(value, at: Place(pointer: "/\(index)", name: "Element \(index)"), to: &found)
      }
    }
    guard found.wrong == 0 else { throw found.problem }
    return found.requests
  }

  private struct Place {
    let pointer: String
    let name: String
  }

  private struct Found {
    /// Whether the jobs' identities follow from an Idempotency-Key.
    let haveKey: Bool
    var requests: [JobRequest] = []
    var faults: [Problem.Fault] = []
    var first = ""
    var wrong = 0

    mutating func blame(_ place: Place, _ what: String, field: String? = nil) {
      if wrong == 0 { first = "\(place.name): \(what)" }
      wrong += 1
      guard faults.count < BulkRoute.mostFaults else { return }
      let pointer = field.map { "\(place.pointer)/\($0.pointerToken)" } ?? place.pointer
      faults.append(.init(pointer: pointer, detail: what))
    }

    var problem: Problem {
      let rest = wrong > 1 ? " \(wrong) of them are wrong." : ""
      return Problem(.invalidJob, "\(first)\(rest) Nothing was stored.", faults: faults)
    }
  }

  private func add(_ value: JSONValue, at place: Place, to found: inout Found) {
    do throws(JobDraftError) {
      let draft = try JobDraft(value)
      guard !(found.haveKey && draft.hasUUID) else {
        found.blame(
          place, "A uuid and an Idempotency-Key say two identities. Give one of them.",
          field: "uuid")
        return
      }
      found.requests.append(try draft.request(in: parts.catalog, makeUUID: parts.makeUUID))
    } catch {
      found.blame(place, error.description, field: error.field)
    }
  }
}
