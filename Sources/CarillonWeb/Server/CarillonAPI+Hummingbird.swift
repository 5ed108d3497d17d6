import HTTPTypes
public import Hummingbird

extension CarillonAPI {
  /// What is answered, or refused, under a path: a method that isn't here is unknown altogether.
  private static let methods: [HTTPRequest.Method] = [
    .get, .head, .post, .put, .patch, .delete, .options, .trace, .connect,
  ]

  /// Mounts the API: everything under the group's path is then its own.
  public func addRoutes(to router: some RouterMethods) {
    for method in CarillonAPI.methods {
      router.on("**", method: method) { request, context -> Response in
        let own = context.parameters.getCatchAll()
        let all = request.uri.path.split(separator: "/")
        let prefix = all.dropLast(own.count).map { "/\($0)" }.joined()
        return await mounted(under: prefix, request)
      }
      router.on("", method: method) { request, _ -> Response in
        let prefix = request.uri.path.split(separator: "/").map { "/\($0)" }.joined()
        return await mounted(under: prefix, request)
      }
    }
  }
}

extension CarillonAPI {
  private func mounted(under prefix: String, _ request: Request) async -> Response {
    let own = request.uri.path.dropFirst(prefix.utf8.count)
    guard !own.isEmpty || prefix.isEmpty else {
      // Relative links need the slash at the end of the mount's own address.
      let name = prefix.split(separator: "/").last ?? ""
      return Response(status: .permanentRedirect, headers: [.location: "\(name)/"])
    }
    let parts = RouteTable.parts(of: own.isEmpty ? "/" : own)
    return await answer(request, prefix: prefix, path: parts).response(to: request)
  }
}

/// Answers every request by the API: a server of its own needs no router beside it.
struct APIResponder: HTTPResponder {
  typealias Context = BasicRequestContext

  let api: CarillonAPI

  func respond(to request: Request, context: BasicRequestContext) async throws -> Response {
    await api.answer(request, path: RouteTable.parts(of: request.uri.path))
      .response(to: request, isOurs: true)
  }
}
