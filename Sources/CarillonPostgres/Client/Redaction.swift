/// Takes passwords out of what others wrote, such as libpq's messages.
struct Redaction: Sendable {
  /// Longest first, so that a password that holds another is covered whole.
  private let secrets: [String]

  init(_ secrets: [String]) {
    self.secrets = Set(secrets).filter { $0.utf8.count >= 3 }
      .sorted { ($0.utf8.count, $0) > ($1.utf8.count, $1) }
  }

  func callAsFunction(_ text: String) -> String {
    secrets.reduce(text) { $0.replacing($1, with: "•••") }
  }
}
