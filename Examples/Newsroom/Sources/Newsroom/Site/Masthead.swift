import Foundation

/// What the paper calls itself, where it is read and who signs its letters.
struct Masthead: Sendable, Equatable {
  var title = "The Harbour Bell"
  var tagline = "News from the quays of Port Ansgar, on the hour"
  /// Feed readers know the feed by this, so it stays when the address changes.
  var feedID = "urn:uuid:5f0c7a52-7f0e-4d53-9d3e-6d1f6f6ad1b5"
  var sender = Mailbox(name: "The Harbour Bell", address: "newsdesk@harbour-bell.example")
  /// Where the site is served.
  var address = "https://harbour-bell.example"

  /// The whole address of a page of the site, for readers elsewhere.
  func url(_ path: String) throws(SiteError) -> URL {
    let root = address.hasSuffix("/") ? String(address.dropLast()) : address
    guard let url = URL(string: "\(root)/\(path)"), let scheme = url.scheme?.lowercased(),
      scheme == "https" || scheme == "http", url.host != nil
    else { throw .badAddress(address) }
    return url
  }
}
