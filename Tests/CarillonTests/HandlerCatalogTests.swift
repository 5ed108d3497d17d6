import Foundation
import Synchronization
import Testing

@testable import Carillon

struct HandlerCatalogTests {
  let catalog = HandlerCatalog.ofThisProgram

  // MARK: What is found

  @Test func `finds an internal class`() {
    expect(InternalShape.self, named: "CarillonTests.InternalShape")
  }

  @Test func `finds a public class`() {
    expect(PublicShape.self, named: "CarillonTests.PublicShape")
  }

  @Test func `finds an internal actor`() {
    expect(ActorShape.self, named: "CarillonTests.ActorShape")
  }

  @Test func `finds a class that conforms in an extension`() {
    expect(LateShape.self, named: "CarillonTests.LateShape")
  }

  @Test func `finds a handler with arguments of its own type`() {
    expect(TypedShape.self, named: "CarillonTests.TypedShape")
  }

  @Test func `finds a name outside ASCII`() {
    expect(Größenprüfung.self, named: "CarillonTests.Größenprüfung")
  }

  @Test func `finds a raw identifier, printed in backticks with no-break spaces`() {
    expect(`shape with spaces`.self, named: "CarillonTests.`shape\u{A0}with\u{A0}spaces`")
  }

  @Test func `finds a class nested in an enum`() {
    expect(ShapeNest.Nested.self, named: "CarillonTests.ShapeNest.Nested")
  }

  @Test func `finds an actor in an extension, named as if it stood in the type`() {
    expect(
      ShapeNest.Deeper.InExtension.self, named: "CarillonTests.ShapeNest.Deeper.InExtension")
  }

  @Test func `finds a class in an extension of another module's type, named with the extender`() {
    expect(
      Int.InStandardType.self, named: "(extension in CarillonTests):Swift.Int.InStandardType")
    expect(
      Outcome.Inside.InForeignType.self,
      named: "(extension in CarillonTests):Carillon.Outcome.Inside.InForeignType")
  }

  @Test func `lists every handler once, sorted by name`() {
    let names = catalog.entries.map(\.name)
    #expect(names == Set(names).sorted())
  }

  @Test func `names every handler as Swift prints its type`() {
    for entry in catalog.entries { #expect(entry.name == String(reflecting: entry.type)) }
  }

  // MARK: What is reported instead

  @Test(arguments: [
    "CarillonTests.PrivateShape", "CarillonTests.PrivateNest.InPrivate",
    "CarillonTests.ShapeNest.FilePrivate", "CarillonTests.LocalShape",
  ])
  func `reports a private or local type by name and doesn't resolve it`(name: String) {
    #expect(catalog.problems.contains(.privateType(name: name)))
    #expect(catalog.entry(named: name) == nil)
    #expect(unresolved(name) == .privateType(name: name))
  }

  @Test func `reports a generic type by name and doesn't resolve it`() {
    let name = "CarillonTests.GenericShape"
    #expect(catalog.problems.contains(.genericType(name: name)))
    #expect(unresolved(name) == .genericType(name: name))
  }

  @Test func `reports a type in a generic type by name`() {
    #expect(
      catalog.problems.contains {
        guard case .genericType(let name) = $0 else { return false }
        return name.hasSuffix("InGeneric")
      })
  }

  @Test func `reports a job type of two handlers, and both still resolve by name`() {
    let names = ["CarillonTests.Doubtful.First", "CarillonTests.Doubtful.Second"]
    #expect(catalog.problems.contains(.duplicateJobType(jobType: "doubtful", names: names)))
    #expect(catalog.entry(jobType: "doubtful") == nil)
    expect(Doubtful.First.self, named: names[0])
    expect(Doubtful.Second.self, named: names[1])
  }

  @Test func `an alias of two handlers resolves to neither`() {
    let alias = "Doubtful.Shared"
    let names = ["CarillonTests.Doubtful.First", "CarillonTests.Doubtful.Second"]
    #expect(catalog.problems.contains(.sharedAlias(alias: alias, names: names)))
    #expect(catalog.entry(named: alias) == nil)
    #expect(unresolved(alias) == .ambiguousAlias(name: alias, handlers: names))
  }

  @Test func `a handler's own name wins over another's alias`() {
    let name = "CarillonTests.Doubtful.Second"
    expect(Doubtful.Second.self, named: name)
    #expect(
      catalog.problems.contains(
        .aliasOfAnotherHandler(alias: name, name: "CarillonTests.Doubtful.First")))
    #expect(!catalog.problems.contains(.aliasOfAnotherHandler(alias: name, name: name)))
  }

  @Test func `reports what is empty`() {
    let name = "CarillonTests.Doubtful.Blank"
    #expect(catalog.problems.contains(.emptyJobType(name: name)))
    #expect(catalog.problems.contains(.emptyResourceType(name: name)))
    #expect(catalog.problems.contains(.emptyAlias(name: name)))
    #expect(catalog.entry(jobType: "") == nil)
    #expect(catalog.entry(named: "") == nil)
  }

  @Test func `every problem names its handler and says what to do`() {
    for problem in catalog.problems {
      let sentences = problem.description.split(separator: ". ")
      #expect(sentences.count >= 2, "\(problem)")
      #expect(problem.description.hasSuffix("."), "\(problem)")
    }
  }

  // MARK: Looking up

  @Test func `resolves an alias to its handler`() throws {
    let type = try catalog.resolve(handlerModule: "Older.Nested", resourceType: "shape").get()
    #expect(String(reflecting: type) == "CarillonTests.ShapeNest.Nested")
    #expect(catalog.entry(named: "Old.Nested")?.type == ShapeNest.Nested.self)
  }

  @Test func `finds a handler by its job type`() {
    #expect(catalog.entry(jobType: "typed shape")?.type == TypedShape.self)
  }

  @Test func `doesn't resolve a row about another type of resource`() {
    let name = "CarillonTests.InternalShape"
    for found in ["post", "", "Shape", "shape "] {
      #expect(
        unresolved(name, about: found)
          == .resourceTypeMismatch(name: name, expected: "shape", found: found))
    }
  }

  @Test func `compares names byte for byte`() {
    let decomposed = "CarillonTests.Größenprüfung".decomposedStringWithCanonicalMapping
    #expect(decomposed == "CarillonTests.Größenprüfung")
    #expect(catalog.entry(named: decomposed) == nil)
    #expect(unresolved(decomposed) != nil)
  }

  @Test func `a catalogue of given types has only those`() {
    let catalog = HandlerCatalog(types: [ActorShape.self, InternalShape.self, ActorShape.self])
    #expect(
      catalog.entries.map(\.name) == ["CarillonTests.ActorShape", "CarillonTests.InternalShape"])
    #expect(catalog.problems.isEmpty)
    #expect(catalog.entry(named: "CarillonTests.PublicShape") == nil)
  }

  @Test func `an empty catalogue resolves nothing`() {
    let catalog = HandlerCatalog(types: [])
    #expect(catalog.entry(named: "") == nil)
    #expect(catalog.entry(named: "CarillonTests.InternalShape") == nil)
  }

  // MARK: Hostile rows

  @Test func `ten thousand hostile names resolve to nothing and make nothing`() {
    let names = HostileNames.all(from: catalog.entries.map(\.name), count: 10_000)
    #expect(names.count == 10_000)
    let resolved = names.filter { name in
      switch catalog.resolve(handlerModule: name, resourceType: "shape") {
      case .success: true
      case .failure: catalog.entry(named: name) != nil || catalog.entry(jobType: name) != nil
      }
    }
    #expect(resolved.isEmpty)
    #expect(shapesMade.load(ordering: .relaxed) == 0)
  }

  @Test func `an unknown name is shown short and harmless`() {
    let name = "\u{1B}[31m\0\u{202E}evil" + String(repeating: "x", count: 1 << 20)
    let text = HandlerCatalog.Unresolved.unknownName(name: name).description
    #expect(text.hasPrefix(#"No handler here is called "\u{1b}[31m\u{0}\u{202e}evilxxx"#))
    #expect(text.utf8.count < 400)
  }

  // MARK: -

  private func expect(
    _ type: any JobHandler.Type, named name: String,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let entry = catalog.entry(named: name)
    #expect(entry?.type == type, sourceLocation: sourceLocation)
    #expect(entry?.name == String(reflecting: type), sourceLocation: sourceLocation)
    #expect(unresolved(name) == nil, sourceLocation: sourceLocation)
  }

  private func unresolved(
    _ name: String, about resourceType: String = "shape"
  ) -> HandlerCatalog.Unresolved? {
    switch catalog.resolve(handlerModule: name, resourceType: resourceType) {
    case .success: nil
    case .failure(let unresolved): unresolved
    }
  }
}
