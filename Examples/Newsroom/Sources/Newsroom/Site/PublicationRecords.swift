import Foundation

/// The folder with one record for each published post. It is the truth about what is published:
/// index and feed can be thrown away and made again from it.
struct PublicationRecords: Sendable {
  let folder: URL

  func save(_ publication: Publication) throws {
    let encoder = JSONEncoder()
    encoder.dateEncodingStrategy = .iso8601
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
    try DurableFile.refresh(file(publication.uuid), with: encoder.encode(publication))
  }

  func find(_ uuid: UUID) throws(SiteError) -> Publication? {
    let file = file(uuid)
    guard FileManager.default.fileExists(atPath: file.path) else { return nil }
    return try read(file)
  }

  /// All, newest first.
  func all() throws(SiteError) -> [Publication] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
    var publications: [Publication] = []
    for name in names where name.hasSuffix(".json") && !name.hasPrefix(".") {
      publications.append(try read(folder.appending(path: name)))
    }
    return publications.sorted { ($0.date, $0.slug) > ($1.date, $1.slug) }
  }

  private func file(_ uuid: UUID) -> URL {
    folder.appending(path: "\(uuid.lowercase).json")
  }

  private func read(_ file: URL) throws(SiteError) -> Publication {
    let decoder = JSONDecoder()
    decoder.dateDecodingStrategy = .iso8601
    guard let data = try? Data(contentsOf: file),
      let publication = try? decoder.decode(Publication.self, from: data)
    else { throw .unreadableRecord(path: file.path) }
    return publication
  }
}
