/// Pairs the runs of `*` and `_` into emphasis and strong emphasis.
///
/// A stack holds the runs that may still open something, each with what follows it. A run that
/// closes takes the nearest partner; the runs between the two stay text.
struct EmphasisResolver {
  /// Runs that are open at once; more are read as text, so that nesting has a bound.
  static let deepest = 64

  private struct Frame {
    var run: DelimiterRun
    var children: [Inline] = []

    /// What the frame is if nothing closes it.
    var asText: [Inline] {
      var inlines: [Inline] = [.text(String(repeating: run.mark, count: run.length))]
      for child in children { inlines.add(child) }
      return inlines
    }
  }

  private var base: [Inline] = []
  private var open: [Frame] = []

  static func resolve(_ pieces: ArraySlice<InlinePiece>) -> [Inline] {
    var resolver = EmphasisResolver()
    for piece in pieces {
      switch piece {
      case .inline(let inline): resolver.add(inline)
      case .run(let run): resolver.take(run)
      }
    }
    while !resolver.open.isEmpty { resolver.giveUpInnermost() }
    return resolver.base
  }

  private mutating func add(_ inline: Inline) {
    if open.isEmpty {
      base.add(inline)
    } else {
      open[open.count - 1].children.add(inline)
    }
  }

  private mutating func take(_ run: DelimiterRun) {
    var run = run
    while run.length > 0, let partner = open.lastIndex(where: { $0.run.pairs(with: run) }) {
      while open.count > partner + 1 { giveUpInnermost() }
      close(&run)
    }
    guard run.length > 0 else { return }
    if run.mayOpen, open.count < Self.deepest {
      open.append(Frame(run: run))
    } else {
      add(.text(String(repeating: run.mark, count: run.length)))
    }
  }

  /// Pairs as much of the innermost open run with `run` as one pair of marks takes.
  private mutating func close(_ run: inout DelimiterRun) {
    guard var frame = open.popLast() else { return }
    let isStrong = frame.run.length >= 2 && run.length >= 2
    let marks = isStrong ? 2 : 1
    let inline: Inline = isStrong ? .strong(frame.children) : .emphasis(frame.children)
    run.length -= marks
    frame.run.length -= marks
    if frame.run.length > 0 {
      frame.children = [inline]
      open.append(frame)
    } else {
      add(inline)
    }
  }

  private mutating func giveUpInnermost() {
    guard let frame = open.popLast() else { return }
    for inline in frame.asText { add(inline) }
  }
}
