import Carillon
import HTTPTypes

/// The program's metrics and the store's numbers, for Prometheus.
struct MetricsRoute: Sendable {
  let parts: APIParts

  var route: Route {
    Route(
      .get, "/metrics", role: .viewer,
      Operation(
        id: "metrics", summary: "Show metrics as Prometheus reads them.",
        responses: [
          .init(status: .ok, summary: "All of them.", type: "text/plain", schema: Schemas.text)
        ])
    ) { [parts] _ in
      let statistics = try await parts.statistics.value()
      let listeners = PrometheusText.sample(
        "carillon_event_listeners", "", Double(parts.feed.listeners))
      let text =
        (parts.metrics?.text() ?? "") + StoreGauges(statistics: statistics).text
        + "# HELP carillon_event_listeners \(PrometheusText.help("carillon_event_listeners"))\n"
        + "# TYPE carillon_event_listeners gauge\n" + listeners
      return Answer(body: .text(text, type: PrometheusText.type))
    }
  }
}
