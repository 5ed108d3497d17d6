import Foundation

/// One of the two streams, and what the thing behind it can show.
struct Screen: Sendable {
  let sink: any TextSink
  let isTerminal: Bool
  /// Columns; nil where lines may be as long as they like.
  let width: Int?
  let hasColour: Bool
  /// Whether characters beyond ASCII may be used for ornament.
  let hasSymbols: Bool

  init(
    sink: any TextSink, isTerminal: Bool = false, width: Int? = nil, hasColour: Bool = false,
    hasSymbols: Bool = true
  ) {
    self.sink = sink
    self.isTerminal = isTerminal
    self.width = width
    self.hasColour = hasColour
    self.hasSymbols = hasSymbols
  }

  static func standardOutput(_ environment: [String: String]) -> Screen {
    Screen(descriptor: 1, environment)
  }

  static func standardError(_ environment: [String: String]) -> Screen {
    Screen(descriptor: 2, environment)
  }

  private init(descriptor: Int32, _ environment: [String: String]) {
    let isTerminal = isatty(descriptor) == 1
    self.init(
      sink: DescriptorSink(descriptor), isTerminal: isTerminal,
      width: isTerminal ? Screen.columns(of: descriptor, environment) : nil,
      hasColour: Screen.wantsColour(isTerminal: isTerminal, environment),
      hasSymbols: Screen.takesSymbols(environment))
  }

  /// `NO_COLOR` wins over `CLICOLOR_FORCE`; without either, terminals that can have colour.
  static func wantsColour(isTerminal: Bool, _ environment: [String: String]) -> Bool {
    if let off = environment["NO_COLOR"], !off.isEmpty { return false }
    if let force = environment["CLICOLOR_FORCE"], !force.isEmpty, force != "0" { return true }
    return isTerminal && environment["TERM"] != "dumb"
  }

  /// A locale that says "C" can't show more than ASCII; one that says nothing mostly can.
  static func takesSymbols(_ environment: [String: String]) -> Bool {
    let names = ["LC_ALL", "LC_CTYPE", "LANG"].compactMap { environment[$0] }
    guard let locale = names.first(where: { !$0.isEmpty }) else { return true }
    return locale != "C" && locale != "POSIX"
  }

  private static func columns(of descriptor: Int32, _ environment: [String: String]) -> Int {
    if let columns = environment["COLUMNS"].flatMap(Int.init), columns > 0 { return columns }
    var size = winsize()
    guard ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// Writes text as it is; it must be harmless already.
  func write(_ text: String) { sink.write(text) }

  /// Writes a line; it must be harmless already.
  func line(_ text: String = "") { sink.write("\(text)\n") }

  /// Writes text over as many lines as it needs, broken between words, after a label in a style.
  func paragraph(_ text: String, label: String = "", _ style: Style = .plain) {
    let head = label.isEmpty ? "" : "\(label) "
    for (index, line) in text.harmlessLines.split(separator: "\n").enumerated() {
      var lines = ((index == 0 ? head : "  ") + line).wrapped(to: width.map { max(20, $0) } ?? .max)
      if index == 0, let first = lines.first, first.hasPrefix(label) {
        lines[0] = styled(label, style) + first.dropFirst(label.count)
      }
      for line in lines { self.line(line) }
    }
  }

  /// The text in a style, if there is colour here.
  func styled(_ text: String, _ style: Style) -> String {
    guard hasColour, let code = style.code else { return text }
    return "\u{1B}[\(code)m\(text)\u{1B}[0m"
  }
}

/// How text stands out; never the only thing that says something.
enum Style: Sendable, Hashable {
  case plain, bold, dim, red, green, yellow, blue, cyan

  /// Select Graphic Rendition (ECMA-48, 8.3.117).
  var code: String? {
    switch self {
    case .plain: nil
    case .bold: "1"
    case .dim: "2"
    case .red: "31"
    case .green: "32"
    case .yellow: "33"
    case .blue: "34"
    case .cyan: "36"
    }
  }
}
