import CarillonTesting
import Testing

@testable import Carillon

@Suite struct AttemptNotesTests {
  private func completed(_ notes: AttemptNotes) throws -> Attempt {
    var attempt = try #require(Attempt(running: try makeJob(in: .processing)))
    notes.complete(&attempt)
    return attempt
  }

  private func line(_ number: Int) -> LogLine {
    LogLine(at: ManualClock.start + .seconds(number), level: "info", message: "line \(number)")
  }

  @Test func `keep every line of a handler that says little`() throws {
    let notes = AttemptNotes()
    for number in 0..<AttemptNotes.mostLines { notes.log(line(number)) }
    #expect(try completed(notes).log == (0..<AttemptNotes.mostLines).map(line))
  }

  @Test(arguments: [201, 399, 400, 5_000, 100_000])
  func `keep the first and the newest lines of a handler that says much`(_ count: Int) throws {
    let notes = AttemptNotes()
    for number in 0..<count { notes.log(line(number)) }
    let log = try completed(notes).log
    #expect(log.count == AttemptNotes.mostLines + 1)
    #expect(Array(log.prefix(20)) == (0..<20).map(line))
    #expect(Array(log.suffix(180)) == ((count - 180)..<count).map(line))
    #expect(log[20].message == "… \(count - 200) lines left out")
  }

  @Test(arguments: [
    (0.4, 0.4), (-1, 0), (7, 1), (Double.nan, 0), (.infinity, 1), (-.infinity, 0), (1e-300, 1e-300),
  ])
  func `keep progress between 0 and 1`(_ said: Double, _ kept: Double) throws {
    let notes = AttemptNotes()
    notes.progress(said, "note\0")
    let attempt = try completed(notes)
    #expect(attempt.progress == kept)
    #expect(attempt.progressNote == "note␀")
  }

  @Test func `say once that something has changed`() {
    let notes = AttemptNotes()
    #expect(!notes.takeChange())
    notes.progress(0.5, nil)
    #expect(notes.takeChange())
    #expect(!notes.takeChange())
    notes.log(line(1))
    #expect(notes.takeChange())
  }
}
