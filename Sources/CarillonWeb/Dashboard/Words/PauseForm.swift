import Carillon

/// A form that pauses something: what it offers, and, after a mistake, what was typed into it.
struct PauseForm: Sendable {
  /// What is to be paused; empty for a page that shows one thing alone.
  var name = ""
  /// The end that was chosen, as its option's value.
  var chosen = ""
  /// The end that was typed; it and a chosen one contradict each other.
  var typed = ""
  var reason = ""
  /// What is wrong with the end; nil while nothing is.
  var mistake: String?

  /// The form as it was sent.
  init(_ form: Form) {
    name = form.all("name").first ?? ""
    (chosen, typed, reason) = (form["for"], form["until"], form["reason"])
  }

  /// An empty one, or what was sent if it was for this name.
  init(for name: String, sent: PauseForm? = nil) {
    self.name = name
    if let sent, sent.name == name { self = sent }
  }

  /// When the pause is to end; nil for not before it is resumed.
  func end() throws(Problem) -> ScheduledTime? {
    guard typed.isEmpty || chosen.isEmpty || typed == chosen else {
      throw Problem(
        .invalidParameter,
        "'\(chosen)' is chosen above, and '\(typed.prefix(60))' stands here. Leave one of them out."
      )
    }
    let text = typed.isEmpty ? chosen : typed
    return text.isEmpty ? nil : try TypedTime.read(text)
  }

  func view(at now: Instant) -> View {
    [
      "pauseIsOpen": .flag(mistake != nil), "pauseMistake": .optional(mistake),
      "pauseUntil": .text(typed), "pauseReason": .text(reason),
      "pauseEnds": .list(
        PauseForm.ends(at: now).map { end in
          [
            "value": .text(end.value), "label": .text(end.label),
            "isChosen": .flag(end.value == chosen && !chosen.isEmpty),
          ]
        }),
    ]
  }

  /// The ends that are offered. Which zone the reader is in isn't known, so the morning is that of UTC.
  private static func ends(at now: Instant) -> [(value: String, label: String)] {
    let day: Int64 = 86_400_000_000
    let today = Instant(microseconds: now.microseconds / day * day) + .seconds(8 * 3_600)
    let morning = today > now ? today : today + .seconds(86_400)
    return [
      ("15m", "for 15 minutes"), ("1h", "for 1 hour"), ("8h", "for 8 hours"),
      ("24h", "for 24 hours"),
      (morning.rfc3339, "until 08:00 UTC, in \((morning - now).coarseText)"),
    ]
  }
}
