import Carillon

/// The fields of a form that reschedules or edits: what stands in them, and what is wrong with one.
struct CommandForm: Sendable {
  private static let fields = ["when", "queue", "priority", "max_attempts"]

  private let values: [String: String]
  /// Why it couldn't be carried out; nil while it hasn't been sent.
  private let mistake: Problem?

  /// One that shows where a job stands.
  init(of job: Job) {
    values = [
      "queue": job.queue, "priority": "\(job.priority)", "max_attempts": "\(job.maxAttempts)",
    ]
    mistake = nil
  }

  /// An empty one.
  init() { (values, mistake) = ([:], nil) }

  /// One as it was sent, which couldn't be carried out.
  init(_ form: Form, _ mistake: Problem) {
    values = CommandForm.fields.reduce(into: [:]) { $0[$1] = form[$1] }
    self.mistake = mistake
  }

  var view: View {
    var view: View = [:]
    var isPlaced = false
    for field in CommandForm.fields {
      view[field] = .text(values[field] ?? "")
      let fault = mistake?.faults.first { $0.pointer == "/\(field)" }
      view["\(field)_mistake"] = .optional(fault?.detail)
      if fault != nil { isPlaced = true }
    }
    view["mistake"] = .optional(isPlaced ? nil : mistake?.detail)
    view["isMistaken"] = .flag(mistake != nil)
    return view
  }
}
