import Foundation

/// A letter with a plain and an HTML form of the same text (RFC 5322, 2045–2047).
struct MIMEMessage: Sendable {
  let id: String
  let date: Date
  let from: Mailbox
  let to: Mailbox
  let subject: String
  /// Further fields, in order.
  let extra: [(name: String, value: String)]
  let plain: String
  let html: String

  func data() throws(MailError) -> Data {
    // "=_" never comes up in quoted-printable text, so no part can hold the boundary.
    let boundary = "=_newsroom_alternative"
    var fields = [
      try HeaderField("Date", NewsDate.rfc5322(date)),
      try HeaderField("From", from),
      try HeaderField("To", to),
      try HeaderField("Subject", text: subject),
      try HeaderField("Message-ID", "<\(id)>"),
    ]
    for (name, value) in extra { fields.append(try HeaderField(name, value)) }
    fields += [
      try HeaderField("MIME-Version", "1.0"),
      try HeaderField("Content-Type", "multipart/alternative; boundary=\"\(boundary)\""),
    ]
    // Readers show the last form that they understand, so the plain one goes first.
    let lines =
      [
        fields.map(\.text).joined(separator: "\r\n"),
        "",
        "This letter has a plain and an HTML form.",
        "--\(boundary)",
        try part("text/plain", plain),
        "--\(boundary)",
        try part("text/html", html),
        "--\(boundary)--",
        "",
      ]
    return Data(lines.joined(separator: "\r\n").utf8)
  }

  private func part(_ type: String, _ text: String) throws(MailError) -> String {
    let fields = [
      try HeaderField("Content-Type", "\(type); charset=utf-8"),
      try HeaderField("Content-Transfer-Encoding", "quoted-printable"),
    ]
    return fields.map(\.text).joined(separator: "\r\n") + "\r\n\r\n" + QuotedPrintable.encode(text)
  }
}
