/// Why a post can't go onto the site.
enum SiteError: Error, Equatable, CustomStringConvertible {
  case badAddress(String)
  case missingImage(post: String, source: String)
  case strayImage(post: String, source: String)
  case unreadableRecord(path: String)

  var description: String {
    switch self {
    case .badAddress(let text):
      """
      The site's address "\(text)" isn't one that a browser can open. Set NEWSROOM_URL to an \
      address as in https://example.org/news.
      """
    case .missingImage(let post, let source):
      """
      The post \(post) shows the image \(source), which isn't in the folder content/images. Put it \
      there, or take it out of the post.
      """
    case .strayImage(let post, let source):
      """
      The post \(post) shows the image \(source). Images of the site must stand in content/images \
      and be written as ../images/NAME.
      """
    case .unreadableRecord(let path):
      """
      The record of a published post at \(path) can't be read. Delete it and publish its post \
      again: the file's name is the post's uuid.
      """
    }
  }
}
