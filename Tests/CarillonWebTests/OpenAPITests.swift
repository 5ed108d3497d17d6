import Carillon
import Foundation
import HTTPTypes
import Testing

@testable import CarillonWeb

@Suite struct OpenAPITests {
  let web = APIUnderTest()

  @Test func `every route is in the document, and nothing else`() async throws {
    let document = await web.get("/api/openapi.json").json
    #expect(document["openapi"] == "3.1.0")
    var documented: Set<String> = []
    for (path, methods) in document["paths"]?.object ?? [:] {
      for method in methods.object?.keys.sorted() ?? [] {
        documented.insert("\(method.uppercased()) \(path)")
      }
    }
    #expect(documented == Set(web.api.table.routes.map { "\($0.method.rawValue) \($0.path)" }))
  }

  @Test func `operations have names of their own, and references lead somewhere`() async throws {
    let document = await web.get("/api/openapi.json").json
    let names = web.api.table.routes.map(\.operation.id)
    #expect(Set(names).count == names.count)
    func references(in value: JSONValue) -> [String] {
      switch value {
      case .object(let members):
        (members["$ref"]?.string.map { [$0] } ?? []) + members.values.flatMap(references)
      case .array(let values): values.flatMap(references)
      case .null, .bool, .number, .string: []
      }
    }
    for reference in Set(references(in: document)) {
      let name = try #require(reference.split(separator: "/").last.map(String.init))
      #expect(document["components"]?["schemas"]?[name] != nil, "\(reference)")
    }
  }

  @Test func `path parameters are declared`() async throws {
    for route in web.api.table.routes {
      let parameters = await web.get("/api/openapi.json")
        .json["paths"]?[route.path]?[route.method.rawValue.lowercased()]?["parameters"]?.array
      let declared = parameters?.filter { $0["in"] == "path" }.compactMap { $0["name"]?.string }
      #expect(
        declared ?? [] == route.path.matches(of: /\{(\w+)\}/).map { String($0.1) }, "\(route.path)")
    }
  }

  /// The validator itself must be able to fail.
  @Test(arguments: [
    "{\"jobs\":[],\"next\":5}", "{\"jobs\":[{}],\"next\":null}", "{\"next\":null}", "[]",
    "{\"jobs\":{},\"next\":null}", "no json",
  ])
  func `an answer that isn't as documented is noticed`(_ text: String) throws {
    let document = OpenAPIDocument(routes: web.api.table.routes, prefix: "").jsonValue
    let route = try #require(web.api.table.routes.first { $0.operation.id == "listJobs" })
    let contract = Contract(document)
    #expect(!contract.flaws(of: 200, "application/json", text, from: route).isEmpty)
    #expect(
      contract.flaws(of: 200, "application/json", "{\"jobs\":[],\"next\":null}", from: route)
        .isEmpty)
    #expect(!contract.flaws(of: 418, "application/json", "{}", from: route).isEmpty)
    #expect(!contract.flaws(of: 200, "text/html", "{}", from: route).isEmpty)
  }

  @Test func `what a new job may say is what is read`() throws {
    let schema = try #require(Schemas.components["NewJob"]?["properties"]?.object)
    #expect(Set(schema.keys) == Set(JobDraft.fields))
  }
}
