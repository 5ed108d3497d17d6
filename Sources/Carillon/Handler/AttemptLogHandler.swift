import Logging

/// Sends a handler's log lines where the program logs, and keeps them with the attempt.
///
/// One is made for every attempt, and most attempts log nothing: so the job's metadata is put
/// together only when a line needs it.
struct AttemptLogHandler: LogHandler {
  private var base: any LogHandler
  private let job: Job
  private let notes: AttemptNotes
  private let clock: any SchedulerClock
  /// What the handler has added to its logger.
  var metadata: Logger.Metadata = [:]

  init(base: any LogHandler, job: Job, notes: AttemptNotes, clock: any SchedulerClock) {
    self.base = base
    self.job = job
    self.notes = notes
    self.clock = clock
  }

  var logLevel: Logger.Level {
    // What the program doesn't print is still kept with the attempt, from `info` up.
    get { min(base.logLevel, .info) }
    set { base.logLevel = newValue }
  }

  var metadataProvider: Logger.MetadataProvider? {
    get { base.metadataProvider }
    set { base.metadataProvider = newValue }
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    let added = metadata.merging(event.metadata ?? [:]) { _, newest in newest }
    var line = "\(event.message)"
    if let error = event.error { line += " error=\(error)" }
    for (key, value) in added.sorted(by: { $0.key < $1.key }) { line += " \(key)=\(value)" }
    notes.log(
      LogLine(
        at: clock.now(), level: event.level.rawValue, message: StoredText.logLine(line)))
    guard event.level >= base.logLevel else { return }
    var event = event
    event.metadata = job.logMetadata.merging(added) { _, newest in newest }
    base.log(event: event)
  }
}

extension Job {
  /// What every log line about the job carries.
  var logMetadata: Logger.Metadata {
    [
      "job": "\(uuid.text)", "job_type": "\(jobType)", "resource": "\(resource)",
      "attempt": "\(attempts)",
    ]
  }
}
