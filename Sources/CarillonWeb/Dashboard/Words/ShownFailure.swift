import Carillon

/// A group of equal failures in values: whether somebody has to see to it, and where its jobs are.
struct ShownFailure: Sendable {
  let group: FailureReport.Group
  let base: String

  /// What its newest error says, for a list that shows two lines of it.
  var error: String { group.error.excerpt }

  /// Its jobs that haven't been executed since.
  var jobs: String { address(JobFilter.all) }

  /// Its jobs that are failed now.
  var failedNow: String { address(JobFilter.all.and(.status(.failed))) }

  /// How it stands with its jobs: what is dealt with looks so.
  var state: Markup {
    if group.failedNow > 0 {
      StatusMark.mark("failed", word: "\(group.failedNow.grouped) failed now")
    } else if group.unfinished > 0 {
      StatusMark.mark(
        "pending", word: "retrying",
        title: "\(counted(group.unfinished, "job")) of it will be tried again, or run.")
    } else if group.failedOtherwise > 0 {
      StatusMark.mark(
        "pending", word: "other error since",
        title: "\(counted(group.failedOtherwise, "job")) of it failed in another way later.")
    } else {
      StatusMark.mark(
        "executed", word: "dealt with", title: "Its jobs have been executed or cancelled since.")
    }
  }

  private func address(_ filter: JobFilter) -> String {
    let filter = filter.and(.handler(.init(group.handlerModule)))
    let words = group.error.firstLine.lastingWords
    let complete = words.isEmpty ? filter : filter.and(.error(words))
    return "\(base)/jobs?filter=\(Query.encoded(complete.description))"
  }
}

extension String {
  /// What stands before the first line break, at most 300 characters of it.
  var firstLine: String { String(prefix { !$0.isNewline }.prefix(300)) }

  /// As much as a reader may want to see of an error without its job's page.
  var excerpt: String { String(prefix(1_000)) }

  /// The longest part without numbers and identities, at most 60 characters of it: errors that differ
  /// only in those, and so are one, have it in common.
  var lastingWords: String {
    var (longest, part) = ("", "")
    var isVolatile = false
    for scalar in unicodeScalars {
      let isDigit = ("0"..."9").contains(scalar)
      isVolatile =
        isDigit || isVolatile && (("a"..."f").contains(scalar) || scalar == "-")
      if isVolatile {
        part = ""
      } else {
        part.unicodeScalars.append(scalar)
        if part.unicodeScalars.count > longest.unicodeScalars.count { longest = part }
      }
    }
    let trimmed = longest.drop { $0.isWhitespace }.prefix(60)
    return String(trimmed.reversed().drop { $0.isWhitespace }.reversed())
  }
}
