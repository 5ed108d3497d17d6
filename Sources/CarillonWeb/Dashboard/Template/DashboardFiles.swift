import Crypto
import Foundation

/// The dashboard's files, embedded in the program: a copied binary has them with it.
enum DashboardFiles {
  static let templates: [String: String] = [
    "layout": text(PackageResources.layout_mustache),
    "overview": text(PackageResources.overview_mustache),
    "jobs": text(PackageResources.jobs_mustache),
    "job-example": text(PackageResources.job_example_mustache),
    "job-rows": text(PackageResources.job_rows_mustache),
    "job": text(PackageResources.job_mustache),
    "pause-fields": text(PackageResources.pause_fields_mustache),
    "edit-fields": text(PackageResources.edit_fields_mustache),
    "time-field": text(PackageResources.time_field_mustache),
    "notice": text(PackageResources.notice_mustache),
    "problem": text(PackageResources.problem_mustache),
    "sign-in": text(PackageResources.sign_in_mustache),
    "failures": text(PackageResources.failures_mustache),
    "resource": text(PackageResources.resource_mustache),
    "queues": text(PackageResources.queues_mustache),
    "schedules": text(PackageResources.schedules_mustache),
    "schedule": text(PackageResources.schedule_mustache),
    "nodes": text(PackageResources.nodes_mustache),
    "handlers": text(PackageResources.handlers_mustache),
    "operation-new": text(PackageResources.operation_new_mustache),
    "operation": text(PackageResources.operation_mustache),
    "operations": text(PackageResources.operations_mustache),
    "audit": text(PackageResources.audit_mustache),
    "blackouts": text(PackageResources.blackouts_mustache),
  ]

  /// One that a page asks for by its address.
  struct Asset: Sendable {
    let text: String
    let type: String
    /// In the address, so that browsers may keep it for good.
    let version: String

    fileprivate init(_ bytes: [UInt8], _ type: String) {
      text = DashboardFiles.text(bytes)
      self.type = type
      version = SHA256.hash(data: Data(bytes)).prefix(6)
        .map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
    }
  }

  static let assets: [String: Asset] = [
    "dashboard.css": Asset(PackageResources.dashboard_css, "text/css; charset=utf-8"),
    "dashboard.js": Asset(PackageResources.dashboard_js, "text/javascript; charset=utf-8"),
    "icon.svg": Asset(PackageResources.icon_svg, "image/svg+xml"),
  ]

  private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }
}
