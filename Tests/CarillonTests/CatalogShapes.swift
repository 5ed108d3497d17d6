public import Carillon
public import Foundation
import Synchronization

// One handler in every shape that a handler can have. No test makes one of them.

/// Counts the handlers of these shapes that were ever made.
let shapesMade = Atomic(0)

/// What the shapes share, so that each of them is only a shape.
protocol CatalogShape: JobHandler {}

extension CatalogShape {
  static var jobType: String { "shape of \(String(reflecting: Self.self))" }
  static var resourceType: String { "shape" }
  func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}

final class InternalShape: CatalogShape {
  init() { shapesMade.add(1, ordering: .relaxed) }
}

public final class PublicShape: JobHandler {
  public static let jobType = "public shape"
  public static let resourceType = "shape"
  public init() { shapesMade.add(1, ordering: .relaxed) }
  public func execute(resourceUUID: UUID, args: JobArguments) async throws -> Outcome { .ok }
}

actor ActorShape: CatalogShape {
  init() { shapesMade.add(1, ordering: .relaxed) }
}

final class LateShape {
  init() { shapesMade.add(1, ordering: .relaxed) }
}

extension LateShape: CatalogShape {}

final class Größenprüfung: CatalogShape {
  init() { shapesMade.add(1, ordering: .relaxed) }
}

final class `shape with spaces`: CatalogShape {
  init() { shapesMade.add(1, ordering: .relaxed) }
}

final class TypedShape: JobHandler {
  static let jobType = "typed shape"
  static let resourceType = "shape"
  struct Args: Codable, Sendable { var copies: Int }
  init() { shapesMade.add(1, ordering: .relaxed) }
  func execute(resourceUUID: UUID, args: Args) async throws -> Outcome { .ok }
}

enum ShapeNest {
  struct Deeper {}

  final class Nested: CatalogShape {
    static let aliases = ["Old.Nested", "Older.Nested"]
    init() { shapesMade.add(1, ordering: .relaxed) }
  }
}

extension ShapeNest.Deeper {
  actor InExtension: CatalogShape {
    init() { shapesMade.add(1, ordering: .relaxed) }
  }
}

extension Int {
  final class InStandardType: CatalogShape {
    init() { shapesMade.add(1, ordering: .relaxed) }
  }
}

extension Outcome {
  enum Inside {
    final class InForeignType: CatalogShape {
      init() { shapesMade.add(1, ordering: .relaxed) }
    }
  }
}

// What has no name to be loaded by.

private final class PrivateShape: CatalogShape {
  init() { shapesMade.add(1, ordering: .relaxed) }
}

private enum PrivateNest {
  final class InPrivate: CatalogShape {
    init() { shapesMade.add(1, ordering: .relaxed) }
  }
}

extension ShapeNest {
  fileprivate final class FilePrivate: CatalogShape {
    init() { shapesMade.add(1, ordering: .relaxed) }
  }
}

func makeLocalShape() -> any JobHandler.Type {
  final class LocalShape: CatalogShape {
    init() { shapesMade.add(1, ordering: .relaxed) }
  }
  return LocalShape.self
}

final class GenericShape<Value>: CatalogShape {
  init() { shapesMade.add(1, ordering: .relaxed) }
}

extension Array {
  final class InGeneric: CatalogShape {
    init() { shapesMade.add(1, ordering: .relaxed) }
  }
}

// What can be loaded, but leaves it open which one is meant.

enum Doubtful {
  final class First: CatalogShape {
    static let jobType = "doubtful"
    static let aliases = ["Doubtful.Shared", "CarillonTests.Doubtful.Second"]
  }

  final class Second: CatalogShape {
    static let jobType = "doubtful"
    static let aliases = ["Doubtful.Shared", "CarillonTests.Doubtful.Second"]
  }

  final class Blank: CatalogShape {
    static let jobType = ""
    static let resourceType = ""
    static let aliases = [""]
  }
}
