import Foundation

/// Files that are there as a whole or not at all, also after a power cut.
enum DurableFile {
  /// Makes a new file, with its bytes on the disk when this returns. It must not exist yet.
  static func create(_ data: Data, at file: URL) throws(FileError) {
    let descriptor = open(file.path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw FileError("create", file) }
    do throws(FileError) {
      defer { close(descriptor) }
      try write(data, to: descriptor, of: file)
      guard fsync(descriptor) == 0 else { throw FileError("save", file) }
    } catch {
      unlink(file.path)
      throw error
    }
  }

  /// Puts the file in the place of what was there: readers see the old bytes or the new ones.
  static func replace(_ file: URL, with data: Data) throws(FileError) {
    let folder = file.deletingLastPathComponent()
    try makeFolder(folder)
    let draft = folder.appending(path: ".\(file.lastPathComponent).\(UUID().lowercase).tmp")
    try create(data, at: draft)
    do throws(FileError) {
      try move(draft, to: file)
    } catch {
      unlink(draft.path)
      throw error
    }
  }

  /// As `replace`, but leaves a file alone that has these bytes already.
  static func refresh(_ file: URL, with data: Data) throws(FileError) {
    if (try? Data(contentsOf: file)) == data { return }
    try replace(file, with: data)
  }

  /// Renames within a file system, and keeps the new name over a power cut.
  static func move(_ file: URL, to target: URL) throws(FileError) {
    guard rename(file.path, target.path) == 0 else { throw FileError("move a file to", target) }
    try synchronize(folder: target.deletingLastPathComponent())
  }

  static func makeFolder(_ folder: URL) throws(FileError) {
    do {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    } catch {
      throw FileError("make the folder", folder, reason: "\(error.localizedDescription)")
    }
  }

  private static func write(
    _ data: Data, to descriptor: Int32, of file: URL
  ) throws(FileError) {
    var rest = [UInt8](data)[...]
    while !rest.isEmpty {
      #if canImport(Darwin)
        let count = rest.withUnsafeBytes { Darwin.write(descriptor, $0.baseAddress, $0.count) }
      #else
        let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
      #endif
      if count < 0 {
        if errno == EINTR { continue }
        throw FileError("write", file)
      }
      rest = rest.dropFirst(count)
    }
  }

  private static func synchronize(folder: URL) throws(FileError) {
    let descriptor = open(folder.path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw FileError("open", folder) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw FileError("save", folder) }
  }
}
