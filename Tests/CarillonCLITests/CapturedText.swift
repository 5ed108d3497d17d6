import Carillon
import Foundation
import Synchronization

@testable import CarillonCLI

/// Keeps what would have been shown.
final class CapturedText: TextSink {
  private let captured = Mutex("")

  var text: String { captured.withLock { $0 } }
  var lines: [String] { text.split(separator: "\n").map(String.init) }
  var hasFailed: Bool { false }

  func write(_ text: String) { captured.withLock { $0 += text } }
}

struct PlainApp: CarillonApp {}

/// The command line with a store in memory that lasts over several commands.
struct CommandLineUnderTest {
  let store: any JobStore
  var catalog = HandlerCatalog(types: [
    PublishPost.self, SendEmail.self, Failing.self,
  ])

  init(store: any JobStore = MemoryStore()) { self.store = store }

  struct Answer {
    let status: ExitStatus
    let out: String
    let err: String

    var lines: [String] { out.split(separator: "\n").map(String.init) }

    /// What was printed, as the one JSON value that it must be.
    func json() throws -> JSONValue { try JSONValue(json: out) }
  }

  func run(_ arguments: String...) async -> Answer { await run(arguments) }

  func run(
    _ arguments: [String], environment: [String: String] = ["CARILLON_LOG_LEVEL": "critical"]
  ) async -> Answer {
    let (out, err) = (CapturedText(), CapturedText())
    let store = store
    let session = Session(
      app: PlainApp(), name: "newsroom", catalog: catalog, environment: environment,
      out: Screen(sink: out), err: Screen(sink: err),
      openStore: { _ in OpenStore(store) })
    let status = await session.run(arguments)
    return Answer(status: status, out: out.text, err: err.text)
  }
}

final class PublishPost: JobHandler {
  static let jobType = "publish_post"
  static let resourceType = "post"
  static let priority = 7
  static let aliases = ["Old.Publisher"]
  static let summary = "Publishes a post."
  static let argsSchema: JSONValue = [
    "type": "object", "required": ["width"],
    "properties": [
      "width": ["type": "integer"], "format": ["enum": ["png", "jpeg"]],
      "tags": ["type": "array", "items": ["type": "string"]], "any": [:],
      "note": ["type": ["string", "null"]],
    ],
  ]

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    .ok(["notified": args["notify"]?.bool ?? false])
  }
}

final class SendEmail: JobHandler {
  static let jobType = "send_email"
  static let resourceType = "email"
  static let queue = "mail"
  static let timeout: Duration = .milliseconds(1_500)

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}

final class Failing: JobHandler {
  static let jobType = "fail"
  static let resourceType = "post"
  static let maxAttempts = 1

  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome {
    .error("boom \u{1B}[2J\u{202E}")
  }
}
