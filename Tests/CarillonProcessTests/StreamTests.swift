import Carillon
import Foundation
import Testing

extension ProcessTests {
  @Suite(.serialized) struct StreamTests {
    @Test func `jobs are read from a pipe that has a name`() async throws {
      let shop = try Workshop()
      let line = #"{"handler_module":"line","resource_uuid":"\#(UUID().text)"}"#
      let answer = try await shop.shell(
        "echo '\(line)' > l; mkfifo p; cat l > p & \"$0\" schedule --from p")
      #expect(answer.code == 0, "\(answer.errors)")
      #expect(try await shop.counts()["pending"] == 1)
    }

    @Test func `args that are no UTF-8 are refused`() async throws {
      let shop = try Workshop()
      let answer = try await shop.shell(
        #"""
        "$0" schedule line --resource \#(UUID().text) --args "$(printf '{"a":"\377"}')"
        """#)
      #expect(answer.code == 2 && answer.errors.contains("UTF-8"))
      #expect(try await shop.jobs().isEmpty)
    }
  }
}
