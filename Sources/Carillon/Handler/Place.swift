/// An address among the constants of the program, that is not null and is aligned.
///
/// The only code that reads raw memory. A place is made from the bounds of a section or from a
/// type, and every other place is reached from one of those by an offset or pointer that stands
/// there.
///
/// No read writes, and no arithmetic traps: what overflows, is null or isn't aligned is no place.
/// Whether an address is mapped can't be asked; so a reader must know what stands at a place, by
/// the kind of the record, before it reads there.
struct Place: Equatable {
  private let address: UInt

  /// The longest name that is read. A longer one is no name.
  static let longestString = 1024

  init?(_ pointer: UnsafeRawPointer?) {
    self.init(UInt(bitPattern: pointer), alignment: 4)
  }

  /// The metadata of a type. An `Any.Type` is its address and nothing else: one word
  /// (docs/ABI/TypeMetadata.rst, "Type Metadata").
  init?(metadataOf type: Any.Type) {
    self.init(unsafeBitCast(type, to: UnsafeRawPointer.self))
  }

  private init?(_ address: UInt, alignment: UInt) {
    guard address != 0, address % alignment == 0 else { return nil }
    self.address = address
  }

  /// How many bytes lie between here and `end`; 0 where `end` comes first.
  func distance(to end: Place) -> Int {
    let (bytes, overflow) = end.address.subtractingReportingOverflow(address)
    return overflow ? 0 : Int(clamping: bytes)
  }

  func byte(at offset: Int) -> UInt8? { load(UInt8.self, at: offset) }
  func uint32(at offset: Int) -> UInt32? { load(UInt32.self, at: offset) }
  func word(at offset: Int) -> UInt? { load(UInt.self, at: offset) }

  /// Where the word at `offset` points, taken as an address.
  func pointer(at offset: Int) -> Place? {
    word(at: offset).flatMap { Place($0, alignment: 4) }
  }

  /// Where the 32-bit offset at `offset` leads, counted from its own address; nil for an offset of
  /// 0, which stands for null (include/swift/Basic/RelativePointer.h, `RelativeDirectPointer`).
  func relative(at offset: Int, alignment: UInt = 4) -> Place? {
    guard let distance = load(Int32.self, at: offset), distance != 0 else { return nil }
    return moved(by: offset)?.moved(by: Int(distance)).flatMap {
      Place($0.address, alignment: alignment)
    }
  }

  /// As `relative`, where a low bit of 1 means that the address itself stands in the word there
  /// (`RelativeIndirectablePointer`: the loader filled it in, as the target is in another image).
  func indirectable(at offset: Int) -> Place? {
    guard let distance = load(Int32.self, at: offset), distance & ~1 != 0 else { return nil }
    let target = moved(by: offset)?.moved(by: Int(distance & ~1))
    guard distance & 1 != 0 else { return target.flatMap { Place($0.address, alignment: 4) } }
    return target?.pointer(at: 0)
  }

  /// The C string here: nil where it is empty, has no end within the limit, or isn't UTF-8.
  func string() -> String? {
    var bytes: [UInt8] = []
    while bytes.count <= Self.longestString, let byte = byte(at: bytes.count) {
      if byte == 0 { return bytes.isEmpty ? nil : String(validating: bytes, as: UTF8.self) }
      bytes.append(byte)
    }
    return nil
  }

  private func moved(by distance: Int) -> Place? {
    let magnitude = distance.magnitude
    let (address, overflow) =
      distance < 0
      ? address.subtractingReportingOverflow(magnitude)
      : address.addingReportingOverflow(magnitude)
    return overflow ? nil : Place(address, alignment: 1)
  }

  private func load<Value: BitwiseCopyable>(_: Value.Type, at offset: Int) -> Value? {
    guard let place = moved(by: offset) else { return nil }
    return UnsafeRawPointer(bitPattern: place.address)?.loadUnaligned(as: Value.self)
  }
}
