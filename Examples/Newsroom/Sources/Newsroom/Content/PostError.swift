import Foundation

/// Why a post can't be read.
enum PostError: Error, Equatable, CustomStringConvertible {
  case noHeader(file: String)
  case unclosedHeader(file: String)
  case badHeaderLine(file: String, line: Int, text: String)
  case repeatedField(file: String, line: Int, field: String)
  case missingField(file: String, field: String)
  case badUUID(file: String, text: String)
  case badDate(file: String, field: String, text: String)
  case badFileName(file: String)
  case notText(file: String)
  case noFolder(path: String)
  case sharedUUID(UUID, files: [String])
  case notFoundAmongBroken(UUID, errors: [PostError])

  var description: String {
    switch self {
    case .noHeader(let file):
      """
      The post \(file) has no header. Begin it with a line of ---, the fields uuid, title, author, \
      date and summary, and another line of ---.
      """
    case .unclosedHeader(let file):
      "The header of the post \(file) has no end. Close it with a line of ---."
    case .badHeaderLine(let file, let line, let text):
      """
      Line \(line) of the post \(file) isn't a header field: "\(text)". Write it as "key: value".
      """
    case .repeatedField(let file, let line, let field):
      """
      Line \(line) of the post \(file) gives the field \(field) a second time. Keep one of them.
      """
    case .missingField(let file, let field):
      "The header of the post \(file) has no \(field). Add a line \"\(field): …\"."
    case .badUUID(let file, let text):
      """
      The uuid of the post \(file) is "\(text)", which isn't a UUID. Make one with uuidgen, and \
      never change it afterwards.
      """
    case .badDate(let file, let field, let text):
      """
      The \(field) of the post \(file) is "\(text)". Write it with a time and an offset, as in \
      2026-03-03T09:00:00Z.
      """
    case .badFileName(let file):
      """
      The post \(file) can't be published under that name. Rename the file with small letters, \
      digits and hyphens only, as in harbour-bell.md.
      """
    case .notText(let file):
      "The post \(file) can't be read as UTF-8 text. Save it as UTF-8."
    case .noFolder(let path):
      """
      There is no folder of posts at \(path). Set NEWSROOM_CONTENT to the folder that holds posts/ \
      and subscribers.csv.
      """
    case .sharedUUID(let uuid, let files):
      """
      The posts \(files.joined(separator: " and ")) share the uuid \(uuid.lowercase). Give one of \
      them a uuid of its own.
      """
    case .notFoundAmongBroken(let uuid, let errors):
      """
      No readable post has the uuid \(uuid.lowercase), but it may be one of those that can't be \
      read: \(errors.map(\.description).joined(separator: " "))
      """
    }
  }
}
