/// Why a letter can't be written.
enum MailError: Error, Equatable, CustomStringConvertible {
  case badAddress(String)
  case badFieldName(String)

  var description: String {
    switch self {
    case .badAddress(let text):
      """
      A letter can't be sent to or from "\(text)". Write one plain ASCII address, as in \
      ada@example.org, in the subscribers file.
      """
    case .badFieldName(let text):
      """
      "\(text)" can't name a field of a letter's header. Use letters, digits and hyphens.
      """
    }
  }
}
