import Foundation

/// Why the subscribers file can't be read.
enum SubscriberError: Error, Equatable, CustomStringConvertible {
  case unreadable(path: String)
  case noHeader
  case missingColumn(String)
  case badQuotes(CSV.Problem)
  case wrongFieldCount(line: Int, found: Int, wanted: Int)
  case badName(line: Int, text: String)
  case badAddress(line: Int, text: String)
  case badUUID(line: Int, text: String)
  case sharedUUID(UUID, lines: [Int])

  var description: String {
    switch self {
    case .unreadable(let path):
      """
      The subscribers file \(path) is missing or isn't UTF-8 text. Put one there with the columns \
      name, address and uuid, or set NEWSROOM_CONTENT to the folder that has it.
      """
    case .noHeader:
      "The subscribers file is empty. Begin it with the line \"name,address,uuid\"."
    case .missingColumn(let title):
      """
      The subscribers file has no column \(title). Its first line must name the columns name, \
      address and uuid.
      """
    case .badQuotes(.unclosedQuote(let line)):
      """
      The quote that opens on line \(line) of the subscribers file is never closed. Close it, and \
      double a quote that is part of a name.
      """
    case .badQuotes(.strayQuote(let line)):
      """
      Line \(line) of the subscribers file has a quote in the middle of a field. Put the whole \
      field in quotes, and double a quote that is part of it.
      """
    case .wrongFieldCount(let line, let found, let wanted):
      """
      Line \(line) of the subscribers file has \(found) fields where \(wanted) belong. A name with \
      a comma in it needs quotes around it.
      """
    case .badName(let line, let text):
      """
      The name on line \(line) of the subscribers file is empty or has control characters: \
      "\(text)". Write it on one line.
      """
    case .badAddress(let line, let text):
      """
      Line \(line) of the subscribers file has "\(text)" for an address. Write one plain address, \
      as in ada@example.org.
      """
    case .badUUID(let line, let text):
      """
      Line \(line) of the subscribers file has "\(text)" for a uuid. Make one with uuidgen.
      """
    case .sharedUUID(let uuid, let lines):
      """
      Lines \(lines.map(String.init).joined(separator: " and ")) of the subscribers file share the \
      uuid \(uuid.lowercase). Give one of them a uuid of its own.
      """
    }
  }
}
