import CarillonTesting
import Foundation
import Testing

@testable import Carillon

@Suite struct JobCommandTests {
  static var commands: [JobCommand] {
    get throws {
      [
        .cancel(reason: "é 'x'"), .requestCancel(reason: ""), .retry, .delete,
        .reschedule(.in(.milliseconds(90_500))), .reschedule(.at(Instant(microseconds: 5))),
        .edit(try JobEdit(priority: 7)), .edit(try JobEdit(queue: "mail", maxAttempts: 2)),
      ]
    }
  }

  @Test func `a command is the same when it is read from its words`() throws {
    for command in try JobCommandTests.commands {
      let words = try JSONValue(json: JSONValue.object(command.parameters).json).object ?? [:]
      #expect(try JobCommand(action: command.action, parameters: words) == command)
      #expect(JobCommand.actions.contains(command.action))
      let conditional = JobCommand.ifUnchanged(since: [], .ifUnchanged(since: [], command))
      #expect(conditional.action == command.action)
      #expect(conditional.parameters == command.parameters)
      #expect(conditional.unconditional == command)
    }
  }

  @Test(arguments: [
    ("cancle", "{}", nil, "Did you mean 'cancel'?"),
    ("retry", "{\"reason\":\"x\"}", "reason", "There is none."),
    ("cancel", "{\"raeson\":\"x\"}", "raeson", "Did you mean 'reason'?"),
    ("cancel", "{\"running\":\"yes\"}", "running", "true or false"),
    ("cancel", "{\"reason\":5}", "reason", "text in quotes"),
    ("reschedule", "{}", "scheduled_at", "When?"),
    ("reschedule", "{\"in\":\"5\"}", "in", "no unit"),
    ("reschedule", "{\"in\":\"1h\",\"scheduled_at\":\"2027-01-01T00:00:00Z\"}", "in", "two"),
    ("reschedule", "{\"scheduled_at\":\"2027-01-01\"}", "scheduled_at", "not a time"),
    ("edit", "{}", "priority", "What is to change?"),
    ("edit", "{\"priority\":-1}", "priority", "out of range"),
    ("edit", "{\"priority\":1e3}", "priority", "whole number"),
    ("edit", "{\"queue\":\"\"}", "queue", "empty"),
    ("edit", "{\"max_attempts\":0}", "max_attempts", "out of range"),
    ("edit", "{\"handler_module\":\"X\"}", "handler_module", "There are: priority"),
  ])
  func `words that are no command say why`(
    _ action: String, _ parameters: String, _ parameter: String?, _ why: String
  ) throws {
    let values = try JSONValue(json: parameters).object ?? [:]
    let error = #expect(throws: JobCommandError.self) {
      try JobCommand(action: action, parameters: values)
    }
    #expect(error?.parameter == parameter)
    #expect(error?.description.contains(why) == true, "\(error?.description ?? "")")
  }

  @Test func `what is null is as if it weren't there`() throws {
    #expect(try JobCommand(action: "retry", parameters: ["x": .null]) == .retry)
  }
}
