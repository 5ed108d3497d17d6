extension String {
  /// Whether these bytes occur in it as they are. The library's `contains` compares characters, and
  /// builds a table for each search: for keys and short texts that takes most of a request's time.
  package func contains(bytes needle: [UInt8]) -> Bool {
    var text = self
    return text.withUTF8 { hay in
      guard let first = needle.first else { return true }
      guard hay.count >= needle.count else { return false }
      return (0...(hay.count - needle.count)).contains { start in
        hay[start] == first && hay[start..<(start + needle.count)].elementsEqual(needle)
      }
    }
  }
}
