import Foundation

/// One article: a header of `key: value` lines between `---` fences, then Markdown.
struct Post: Sendable, Equatable {
  /// The file's name without `.md`; also the name of its page.
  let slug: String
  let uuid: UUID
  let title: String
  let author: String
  let date: Date
  /// When the article last changed in a way that readers should hear of; at first, its date.
  let updated: Date
  let summary: String
  let markdown: String
}

extension Post {
  init(file: String, text: String) throws(PostError) {
    slug = try Self.slug(ofFile: file)
    let (header, body) = try Self.split(text, file: file)
    markdown = body

    func value(_ key: String) throws(PostError) -> String {
      guard let value = header[key], !value.isEmpty else {
        throw .missingField(file: file, field: key)
      }
      return value
    }
    func instant(_ key: String) throws(PostError) -> Date {
      let text = try value(key)
      guard let date = NewsDate.parse(text) else {
        throw .badDate(file: file, field: key, text: text)
      }
      return date
    }

    let identity = try value("uuid")
    guard let uuid = UUID(uuidString: identity) else {
      throw .badUUID(file: file, text: identity)
    }
    self.uuid = uuid
    title = try value("title")
    author = try value("author")
    summary = try value("summary")
    date = try instant("date")
    updated = header["updated"] == nil ? date : try instant("updated")
  }

  /// The slug becomes part of a path and of an address, so only plain names may pass.
  private static func slug(ofFile file: String) throws(PostError) -> String {
    let slug = file.hasSuffix(".md") ? String(file.dropLast(3)) : file
    let isPlain = slug.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"):
        true
      default: false
      }
    }
    guard isPlain, !slug.isEmpty else { throw .badFileName(file: file) }
    return slug
  }

  private static func split(
    _ text: String, file: String
  ) throws(PostError) -> (header: [String: String], body: String) {
    let lines = text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
    guard lines.first?.trimmingCharacters(in: .whitespaces) == "---" else {
      throw .noHeader(file: file)
    }
    var header: [String: String] = [:]
    for (index, line) in lines.enumerated().dropFirst() {
      let trimmed = line.trimmingCharacters(in: .whitespaces)
      if trimmed == "---" {
        return (header, lines[(index + 1)...].joined(separator: "\n"))
      }
      if trimmed.isEmpty { continue }
      guard let colon = trimmed.firstIndex(of: ":") else {
        throw .badHeaderLine(file: file, line: index + 1, text: trimmed)
      }
      let key = trimmed[..<colon].trimmingCharacters(in: .whitespaces).lowercased()
      guard header[key] == nil else {
        throw .repeatedField(file: file, line: index + 1, field: key)
      }
      header[key] = trimmed[trimmed.index(after: colon)...].trimmingCharacters(in: .whitespaces)
    }
    throw .unclosedHeader(file: file)
  }
}
