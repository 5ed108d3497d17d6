/// A part of an article that stands on lines of its own.
indirect enum Block: Sendable, Equatable {
  case heading(level: Int, [Inline])
  case paragraph([Inline])
  case code(language: String, String)
  case quote([Block])
  case list(List)
  case rule

  struct List: Sendable, Equatable {
    /// The number of the first item, or nil for bullets.
    let start: Int?
    /// No blank lines between the items: they are set close, without paragraphs of their own.
    let isTight: Bool
    let items: [[Block]]
  }
}
