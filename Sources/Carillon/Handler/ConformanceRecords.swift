internal import CCarillon

/// What one conformance to `JobHandler` in this program turned out to be.
enum ConformanceShape: Hashable, Sendable {
  /// A type with a stable name: mangled for `_typeByName`, qualified for people.
  case named(mangledName: String, qualifiedName: String)
  /// A type that is private, fileprivate or local to a function: another one may have its name.
  case privateType(qualifiedName: String)
  /// A type that is generic or stands in a generic one: its name alone doesn't say which type.
  case generic(qualifiedName: String)
  /// A record that this reader doesn't understand, and why.
  case unsupported(qualifiedName: String, reason: String)
}

/// The conformances to `JobHandler` that the compiler recorded in this program.
///
/// The records are constants in the read-only memory of the program, and only the compiler and the
/// linker write them; nothing here depends on data from outside. Even so nothing is taken on trust
/// that can be checked: a field of a record is read only once the kind of the record is known,
/// chains and strings have a greatest length, `Place` checks every address, and what fails a check
/// is reported as `unsupported`. Nothing found here is called or kept.
///
/// The layouts are a stable ABI on Darwin and unchanged since Swift 5 elsewhere. In Swift's sources
/// they stand in `docs/ABI/TypeMetadata.rst`, `include/swift/ABI/Metadata.h` (the structs),
/// `include/swift/ABI/MetadataValues.h` (the flags) and `docs/ABI/Mangling.rst` (the names).
enum ConformanceRecords {
  /// The shape of every conformance to `JobHandler` in this image, in the linker's order.
  static func ofJobHandler() -> [ConformanceShape] {
    guard let wanted = jobHandlerProtocol() else {
      return [
        .unsupported(
          qualifiedName: "Every handler of this program",
          reason: "the metadata of JobHandler has a layout that is unknown here")
      ]
    }
    let bounds = carillon_conformance_records()
    guard let start = Place(bounds.start), let stop = Place(bounds.stop) else { return [] }

    // The section is an array of `RelativeDirectPointer<ProtocolConformanceDescriptor>`: 32-bit
    // offsets, each counted from its own address (docs/ABI/TypeMetadata.rst, "Protocol Conformance
    // Records"). A linker may pad the section with zeros; `relative` answers nil for those.
    var shapes: [ConformanceShape] = []
    var offset = 0
    let size = start.distance(to: stop)
    while size - offset >= MemoryLayout<Int32>.size {
      if let conformance = start.relative(at: offset),
        conformance.indirectable(at: ConformanceLayout.protocolOffset) == wanted
      {
        shapes.append(shape(ofConformance: conformance))
      }
      offset += MemoryLayout<Int32>.size
    }
    return shapes
  }

  /// The address of `JobHandler`'s descriptor, as the metadata of `any JobHandler` has it.
  private static func jobHandlerProtocol() -> Place? {
    guard let metadata = Place(metadataOf: (any JobHandler).self) else { return nil }
    // TargetExistentialTypeMetadata: Kind (one word), Flags (32 bits), NumProtocols (32 bits),
    // then one word for each protocol. A superclass constraint would stand before the protocols.
    // `Sendable` and `AnyObject` are no protocols at run time, so there is exactly one.
    let word = MemoryLayout<UInt>.size
    guard metadata.word(at: 0) == ExistentialLayout.kind,
      let flags = metadata.uint32(at: word),
      flags & ExistentialLayout.hasSuperclass == 0,
      metadata.uint32(at: word + 4) == 1
    else { return nil }
    return metadata.pointer(at: word + 8)
  }

  private static func shape(ofConformance conformance: Place) -> ConformanceShape {
    func unsupported(_ reason: String) -> ConformanceShape {
      .unsupported(qualifiedName: "A type without a readable name", reason: reason)
    }
    // TargetProtocolConformanceDescriptor: Protocol, TypeRef, WitnessTablePattern, Flags; 32 bits
    // each. The flags say how TypeRef is to be read, so they come first.
    guard let flags = conformance.uint32(at: ConformanceLayout.flagsOffset) else {
      return unsupported("its conformance record isn't readable")
    }
    let kind = (flags & ConformanceLayout.typeKindMask) >> ConformanceLayout.typeKindShift
    let descriptor: Place?
    switch TypeReferenceKind(rawValue: kind) {
    case .directDescriptor:
      descriptor = conformance.relative(at: ConformanceLayout.typeOffset)
    case .indirectDescriptor:
      // The type stands in another image: the offset leads to a word that the loader filled in.
      descriptor = conformance.relative(at: ConformanceLayout.typeOffset)?.pointer(at: 0)
    case .directObjCClassName, .indirectObjCClass:
      return unsupported("it is an Objective-C class")
    case nil:
      return unsupported("its conformance record has a kind that is unknown here")
    }
    guard let descriptor else { return unsupported("its conformance record leads nowhere") }
    return shape(ofType: descriptor)
  }

  private static func shape(ofType descriptor: Place) -> ConformanceShape {
    var path = NamePath()
    let end = path.walk(from: descriptor, depth: 0)
    let name = path.qualifiedName.isEmpty ? "A type without a readable name" : path.qualifiedName
    switch end {
    case _ where path.isGeneric: return .generic(qualifiedName: name)
    case .unreadable(let reason): return .unsupported(qualifiedName: name, reason: reason)
    case .complete where path.isPrivate: return .privateType(qualifiedName: name)
    case .complete: return .named(mangledName: path.mangledName, qualifiedName: name)
    }
  }
}

/// The names of a type and of all that it stands in, gathered on the way up from its descriptor.
private struct NamePath {
  enum End {
    case complete
    case unreadable(String)
  }

  var qualifiedName = ""
  var mangledName = ""
  var isPrivate = false
  var isGeneric = false

  /// Nesting in sources is a handful deep; this only ends a walk through something else.
  static let greatestDepth = 64

  /// Adds the context at `place`, outermost first, so that both names grow from left to right.
  mutating func walk(from place: Place, depth: Int) -> End {
    // TargetContextDescriptor: Flags, Parent; 32 bits each. The low five bits of the flags are the
    // kind, bit 7 says generic (MetadataValues.h, `ContextDescriptorFlags`). What follows the two
    // depends on the kind, and an anonymous context has no name there: the kind is checked first.
    guard depth < Self.greatestDepth else { return .unreadable("it is nested too deeply") }
    guard let flags = place.uint32(at: 0) else {
      return .unreadable("its descriptor isn't readable")
    }
    if flags & ContextLayout.isGeneric != 0 { isGeneric = true }
    guard let kind = place.contextKind else {
      return .unreadable("it stands in a context of an unknown kind")
    }
    switch kind {
    case .module: return add(nameAt: place, suffix: "")
    case .extensionContext: return walkExtension(at: place, depth: depth)
    case .anonymous:
      // A private or local declaration. Its own parent may again be a type or a module.
      isPrivate = true
      return walkParent(of: place, depth: depth)
    case .class: return walkType(at: place, suffix: "C", depth: depth)
    case .struct: return walkType(at: place, suffix: "V", depth: depth)
    case .enum: return walkType(at: place, suffix: "O", depth: depth)
    case .protocol, .opaqueType:
      return .unreadable("it stands in a protocol or in an opaque type")
    }
  }

  private mutating func walkType(at place: Place, suffix: String, depth: Int) -> End {
    let parent = walkParent(of: place, depth: depth)
    let name = add(nameAt: place, suffix: suffix)
    switch parent {
    case .complete: return name
    case .unreadable: return parent
    }
  }

  private mutating func walkParent(of place: Place, depth: Int) -> End {
    // Parent is a RelativeContextPointer; with a low bit of 1 it leads to a word with the address.
    guard let parent = place.indirectable(at: ContextLayout.parentOffset) else {
      return .unreadable("it stands in no module")
    }
    return walk(from: parent, depth: depth + 1)
  }

  /// A type in an extension of another module's type. An extension in the type's own module has no
  /// context of its own: there the parent is simply the type.
  private mutating func walkExtension(at place: Place, depth: Int) -> End {
    // TargetExtensionContextDescriptor: Flags, Parent (the module that extends), ExtendedContext: a
    // relative pointer to the mangled name of the extended type.
    var module = NamePath()
    guard let parent = place.indirectable(at: ContextLayout.parentOffset),
      parent.contextKind == .module,
      case .complete = module.add(nameAt: parent, suffix: ""),
      let extended = place.relative(at: ContextLayout.nameOffset, alignment: 1)
    else { return .unreadable("it stands in an extension that isn't readable") }
    let end = walkExtended(extended, depth: depth)
    qualifiedName = "(extension in \(module.qualifiedName)):\(qualifiedName)"
    mangledName += "\(module.mangledName)E"
    return end
  }

  private mutating func walkExtended(_ name: Place, depth: Int) -> End {
    // In a mangled name a byte of 1 or 2 announces a symbolic reference: the next four bytes are
    // the offset to the descriptor, or to a word with its address (docs/ABI/Mangling.rst, "Symbolic
    // references"). Any other name, such as `Si` for Int, is text.
    switch name.byte(at: 0) {
    case 1: return walkReference(name.relative(at: 1), depth: depth)
    case 2: return walkReference(name.relative(at: 1)?.pointer(at: 0), depth: depth)
    default:
      guard let text = name.string(), let type = _typeByName(text) else {
        qualifiedName = "…"
        return .unreadable("it stands in an extension of a type that isn't found by its name")
      }
      qualifiedName = String(reflecting: type)
      mangledName = text
      return .complete
    }
  }

  private mutating func walkReference(_ descriptor: Place?, depth: Int) -> End {
    guard let descriptor else {
      return .unreadable("it stands in an extension of a type that leads nowhere")
    }
    return walk(from: descriptor, depth: depth + 1)
  }

  /// Adds the name of a module or type: in both descriptors a relative pointer to a C string right
  /// after Parent (TargetModuleContextDescriptor, TargetTypeContextDescriptor).
  private mutating func add(nameAt place: Place, suffix: String) -> End {
    guard let name = place.relative(at: ContextLayout.nameOffset, alignment: 1)?.string() else {
      return .unreadable("a name in it isn't readable")
    }
    qualifiedName += qualifiedName.isEmpty ? name : ".\(name)"
    mangledName += "\(name.utf8.count)\(name)\(suffix)"
    return .complete
  }
}

extension Place {
  /// The kind of the context descriptor that is known to stand here.
  fileprivate var contextKind: ContextKind? {
    uint32(at: 0).flatMap { ContextKind(rawValue: $0 & ContextLayout.kindMask) }
  }
}

/// MetadataValues.h, `ContextDescriptorKind`.
private enum ContextKind: UInt32 {
  case module = 0
  case extensionContext = 1
  case anonymous = 2
  case `protocol` = 3
  case opaqueType = 4
  case `class` = 16
  case `struct` = 17
  case `enum` = 18
}

/// MetadataValues.h, `TypeReferenceKind`.
private enum TypeReferenceKind: UInt32 {
  case directDescriptor = 0
  case indirectDescriptor = 1
  case directObjCClassName = 2
  case indirectObjCClass = 3
}

/// Metadata.h, `TargetContextDescriptor` and the descriptors that begin with it.
private enum ContextLayout {
  static let parentOffset = 4
  static let nameOffset = 8
  static let kindMask: UInt32 = 0x1F
  static let isGeneric: UInt32 = 0x80
}

/// Metadata.h, `TargetProtocolConformanceDescriptor`; MetadataValues.h, `ConformanceFlags`.
private enum ConformanceLayout {
  static let protocolOffset = 0
  static let typeOffset = 4
  static let flagsOffset = 12
  static let typeKindMask: UInt32 = 0x7 << 3
  static let typeKindShift: UInt32 = 3
}

/// MetadataValues.h, `MetadataKind::Existential` and `ExistentialTypeFlags::HasSuperclassMask`.
private enum ExistentialLayout {
  static let kind: UInt = 0x303
  static let hasSuperclass: UInt32 = 0x4000_0000
}
