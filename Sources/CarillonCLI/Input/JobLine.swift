import Carillon
import Foundation

/// Reads one job from a JSON object with the record's names, strictly.
struct JobLine {
  private let draft: JobDraft

  init(_ bytes: [UInt8]) throws(UsageError) {
    let value: JSONValue
    do {
      value = try JSONValue(json: bytes)
    } catch {
      throw UsageError("it is not JSON: \(error.description)")
    }
    do {
      draft = try JobDraft(value)
    } catch {
      throw UsageError(error.description)
    }
  }

  func request(
    in catalog: HandlerCatalog, makeUUID: () -> UUID
  ) throws(UsageError) -> JobRequest {
    do {
      return try draft.request(in: catalog, makeUUID: makeUUID)
    } catch {
      throw UsageError(error.description)
    }
  }
}
