import Synchronization

/// The dependencies that a program hands to its handlers, found by type.
///
///     let services = Services().adding(PostStore(database))
///     let scheduler = Scheduler(store: store, services: services)
///     // in a handler
///     let posts = try JobContext.current.service(PostStore.self)
public struct Services: Sendable {
  private var values: [ObjectIdentifier: any Sendable] = [:]

  public init() {}

  /// The same services and `service`, which is found as `type`: its own by default, or a protocol
  /// (`as: (any Mailer).self`). A later one of the same type takes the place of an earlier.
  public func adding<Service: Sendable>(
    _ service: Service, as type: Service.Type = Service.self
  ) -> Services {
    var services = self
    services.values[ObjectIdentifier(type)] = service
    return services
  }

  func find<Service>(_ type: Service.Type) throws(MissingService) -> Service {
    guard let service = values[ObjectIdentifier(type)] as? Service else {
      throw MissingService(type: String(reflecting: type))
    }
    return service
  }
}

/// A handler asked for a service that the program didn't hand over.
public struct MissingService: Error, Sendable, Hashable, CustomStringConvertible {
  public let type: String

  public var description: String {
    "No service of type \(type) was handed over. Give it to the scheduler: "
      + "Scheduler(store: …, services: Services().adding(…)), or CarillonApp.services()."
  }
}
