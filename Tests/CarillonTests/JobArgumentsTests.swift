import Carillon
import Foundation
import Testing

@Suite struct JobArgumentsTests {
  private struct Letter: Codable, Sendable, Equatable {
    var to: String
    var copies: Int64
  }

  @Test func `are a JSON object, read by key`() throws {
    let args = try JobArguments(json: #"{"notify":true,"n":3}"#)
    #expect(args["notify"]?.bool == true)
    #expect(args["n"]?.int == 3)
    #expect(args["missing"] == nil)
    #expect(args == ["notify": true, "n": 3])
  }

  @Test func `have equal texts when they are equal`() throws {
    let one = try JobArguments(json: #"{"a":1,"b":2}"#)
    let other = try JobArguments(json: #"{ "b": 2, "a": 1 }"#)
    #expect(one == other)
    #expect(one.json == other.json)
    #expect(JobArguments().json == "{}")
    #expect(try JobArguments(json: "{}") == [:])
  }

  @Test(arguments: ["[1]", "1", "null", "\"text\"", "true"])
  func `refuse JSON that is no object`(_ json: String) {
    #expect(throws: JobArgumentsError.notAnObject) { try JobArguments(json: json) }
  }

  @Test func `say where a text stops being JSON`() {
    let error = #expect(throws: JobArgumentsError.self) { try JobArguments(json: "{\"a\":}") }
    #expect(error?.description.contains("position 6") == true)
  }

  @Test func `are refused above a mebibyte, and kept at it`() throws {
    let frame = #"{"a":""}"#.utf8.count
    let fits = String(repeating: "x", count: JobArguments.largestSize - frame)
    #expect(throws: Never.self) { try JobArguments(json: #"{"a":"\#(fits)"}"#) }
    #expect(throws: JobArgumentsError.tooLarge(bytes: JobArguments.largestSize + 1)) {
      try JobArguments(json: #"{"a":"\#(fits)x"}"#)
    }
    let large: JobArguments = ["a": .string(fits + "x")]
    #expect(throws: JobRequestError.args(.tooLarge(bytes: JobArguments.largestSize + 1))) {
      try JobRequest(
        uuid: UUID(), jobType: "t", handlerModule: "H", resource: Resource("r", UUID()),
        args: large)
    }
  }

  @Test func `refuse NUL that was put in by hand`() {
    #expect(throws: JobRequestError.self) {
      try JobRequest(
        uuid: UUID(), jobType: "t", handlerModule: "H", resource: Resource("r", UUID()),
        args: ["a": "x\u{0}y"])
    }
  }

  @Test func `take and give a type of the handler's own, without losing a digit`() throws {
    let letter = Letter(to: "né 🔔", copies: 9_007_199_254_740_993)
    let args = try JobArguments(encoding: letter)
    #expect(args["copies"]?.int == 9_007_199_254_740_993)
    #expect(try args.decode(as: Letter.self) == letter)
    #expect(try args.decode(as: JobArguments.self) == args)
    #expect(try JobArguments(encoding: args) == args)
  }

  @Test func `refuse a value that doesn't come out as an object`() {
    #expect(throws: JobArgumentsError.notAnObject) { try JobArguments(encoding: [1, 2]) }
    #expect(throws: JobArgumentsError.self) { try JobArguments(encoding: ["a": Double.nan]) }
  }
}
