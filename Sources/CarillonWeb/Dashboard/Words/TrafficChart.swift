import Carillon

/// Traffic as pictures: SVG without style of its own, which the pages' policy would refuse.
enum TrafficChart {
  private static let width = 960
  private static let height = 160
  private static let base = 140

  /// Stacked columns: succeeded, other, failed; and a line of numbers for whoever can't see it.
  static func columns(_ traffic: Traffic) -> Markup {
    let most = max(traffic.parts.map(\.all).max() ?? 0, 1)
    let top = TrafficChart.roundedUp(most)
    let slot = Double(width) / Double(max(traffic.parts.count, 1))
    var html =
      "<svg class=\"chart\" viewBox=\"0 0 \(width) \(height)\" preserveAspectRatio=\"none\" "
      + "role=\"img\" aria-label=\"\(summary(traffic).escapedForHTML)\">"
    for share in [0.5, 1.0] {
      let y = number(Double(base) - Double(base - 8) * share)
      html += "<line class=\"grid\" x1=\"0\" x2=\"\(width)\" y1=\"\(y)\" y2=\"\(y)\"/>"
    }
    html += "<line class=\"axis\" x1=\"0\" x2=\"\(width)\" y1=\"\(base)\" y2=\"\(base)\"/>"
    for (index, part) in traffic.parts.enumerated() {
      let x = Double(index) * slot
      var y = Double(base)
      html += "<g><title>\(words(part, traffic.range).escapedForHTML)</title>"
      html += rectangle("hit", x: x, y: 0, width: slot, height: Double(base))
      for (kind, count) in [
        ("ok", part.succeeded), ("other", part.other), ("bad", part.failed),
      ] where count > 0 {
        // What is there can be seen, however small beside the rest.
        let length = max(Double(base - 8) * Double(count) / Double(top), 1.5)
        y -= length
        html += rectangle(kind, x: x + 0.75, y: y, width: max(slot - 1.5, 1), height: length)
      }
      html += "</g>"
    }
    return Markup(trusted: html + "</svg>")
  }

  /// A small line of how a number went.
  static func line(_ values: [Double], label: String) -> Markup {
    guard values.count > 1, let most = values.max(), most > 0 else { return .none }
    let step = 120 / Double(values.count - 1)
    let points = values.enumerated().map { index, value in
      "\(number(Double(index) * step)),\(number(26 - 24 * value / most))"
    }.joined(separator: " ")
    return Markup(
      trusted: "<svg class=\"spark\" viewBox=\"0 0 120 28\" preserveAspectRatio=\"none\" "
        + "role=\"img\" aria-label=\"\(label.escapedForHTML)\"><polyline points=\"\(points)\"/></svg>"
    )
  }

  /// Marks of a history, oldest first: one small column each.
  static func history(_ kinds: [(kind: String, title: String)], label: String) -> Markup {
    guard !kinds.isEmpty else { return .none }
    var html =
      "<svg class=\"history\" viewBox=\"0 0 \(kinds.count * 6) 18\" role=\"img\" "
      + "aria-label=\"\(label.escapedForHTML)\" width=\"\(kinds.count * 6)\" height=\"18\">"
    for (index, entry) in kinds.enumerated() {
      // Their height too tells them apart.
      let height: Double =
        switch entry.kind {
        case "ok": 16
        case "bad": 16
        default: 7
        }
      html += "<g><title>\(entry.title.escapedForHTML)</title>"
      html += rectangle(
        entry.kind, x: Double(index * 6), y: 17 - height, width: 4, height: height)
      if entry.kind == "bad" {
        html += rectangle("notch", x: Double(index * 6), y: 7, width: 4, height: 2)
      }
      html += "</g>"
    }
    return Markup(trusted: html + "</svg>")
  }

  static func summary(_ traffic: Traffic) -> String {
    let total = traffic.total
    guard total.all > 0 else { return "No attempt ended in the last \(traffic.range.words)." }
    return "In the last \(traffic.range.words): \(total.succeeded) succeeded, \(total.failed) "
      + "failed, \(total.other) were put off or stopped."
  }

  /// The top of the scale: 1, 2 or 5 times a power of ten.
  static func roundedUp(_ most: Int) -> Int {
    var step = 1
    while true {
      for factor in [1, 2, 5] {
        let (top, overflow) = step.multipliedReportingOverflow(by: factor)
        if overflow || top >= most { return overflow ? most : top }
      }
      let (next, overflow) = step.multipliedReportingOverflow(by: 10)
      if overflow { return most }
      step = next
    }
  }

  private static func words(_ part: Traffic.Part, _ range: Traffic.Range) -> String {
    let time = part.start.rfc3339.dropFirst(11).prefix(5)
    let length = range.minutesInPart == 1 ? "" : " and \(range.minutesInPart) min from then"
    return "\(time) UTC\(length): \(part.succeeded) succeeded, \(part.failed) failed, "
      + "\(part.other) other"
  }

  private static func rectangle(
    _ kind: String, x: Double, y: Double, width: Double, height: Double
  ) -> String {
    "<rect class=\"\(kind)\" x=\"\(number(x))\" y=\"\(number(y))\" width=\"\(number(width))\" "
      + "height=\"\(number(height))\"/>"
  }

  /// With two digits after the point, as SVG wants them in any language.
  private static func number(_ value: Double) -> String {
    let hundredths = Int((min(max(value, -1e6), 1e6) * 100).rounded())
    let (whole, rest) = abs(hundredths).quotientAndRemainder(dividingBy: 100)
    return (hundredths < 0 ? "-" : "") + "\(whole)"
      + (rest == 0 ? "" : ".\(rest < 10 ? "0" : "")\(rest)")
  }
}
