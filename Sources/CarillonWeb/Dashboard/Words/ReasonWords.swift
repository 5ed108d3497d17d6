import Carillon

/// Why a job is where it is, as pages say it: Carillon's own words for programs in plain ones, and
/// what people wrote as it is.
enum ReasonWords {
  static func text(_ reason: String) -> String {
    switch reason {
    case Reason.cancelledByHand: "by hand, without a reason"
    case Reason.cancelRequested: "it was asked to end by hand"
    case Reason.nodeLost: "its node was lost"
    case Reason.handlerNotFound: "no program has its handler"
    case Reason.tooManySnoozes: "it was put off too often"
    case Reason.overlap: "a later occurrence of its schedule took its place"
    case Reason.scheduleRemoved: "its schedule was removed"
    default: reason
    }
  }

  /// What a timeline's entry has to add; nil for nothing.
  static func detail(_ entry: Timeline.Entry) -> String? {
    guard let detail = entry.detail?.firstLine else { return nil }
    return entry.what == "due" ? StatusMark.words(Hold(rawValue: detail)) : text(detail)
  }
}
