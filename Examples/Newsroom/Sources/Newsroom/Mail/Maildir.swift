import Foundation

/// A maildir, which most mail programs can open: letters are written in `tmp` and moved into `new`
/// when they are whole; a reader moves them on into `cur`.
///
/// A letter is delivered once for each key, however often it is asked for, by however many
/// processes, and also when a reader has moved or deleted it since. The receipts see to that:
/// `KEY.sending` is written before the letter and names its file, `KEY.sent` after it.
struct Maildir: Sendable {
  let folder: URL
  let receipts: URL

  struct Delivery: Sendable, Equatable {
    let file: String
    /// False when an earlier attempt had delivered it.
    let isNew: Bool
  }

  func deliver(_ message: Data, key: String, at date: Date) throws -> Delivery {
    for name in ["tmp", "new", "cur"] {
      try DurableFile.makeFolder(folder.appending(path: name))
    }
    try DurableFile.makeFolder(receipts)
    let receipt = Self.fileName(key)
    let sending = receipts.appending(path: "\(receipt).sending")
    let sent = receipts.appending(path: "\(receipt).sent")
    return try FileLock(file: receipts.appending(path: "lock")).withLock {
      if let file = read(sent) { return Delivery(file: file, isNew: false) }
      let earlier = read(sending)
      let file = earlier ?? Self.uniqueName(at: date)
      if earlier == nil { try DurableFile.replace(sending, with: Data(file.utf8)) }
      let isNew = earlier == nil || !isDelivered(file)
      if isNew { try write(message, as: file) }
      try DurableFile.move(sending, to: sent)
      return Delivery(file: file, isNew: isNew)
    }
  }

  private func write(_ message: Data, as file: String) throws(FileError) {
    let draft = folder.appending(path: "tmp/\(file)")
    // What a crash left here has the right name and perhaps half of the text.
    unlink(draft.path)
    try DurableFile.create(message, at: draft)
    try DurableFile.move(draft, to: folder.appending(path: "new/\(file)"))
  }

  /// Only asked after a crash between the two receipts. In `cur`, flags follow the name.
  private func isDelivered(_ file: String) -> Bool {
    let manager = FileManager.default
    if manager.fileExists(atPath: folder.appending(path: "new/\(file)").path) { return true }
    let read = try? manager.contentsOfDirectory(atPath: folder.appending(path: "cur").path)
    return read?.contains { $0 == file || $0.hasPrefix("\(file):") } ?? false
  }

  private func read(_ receipt: URL) -> String? {
    guard let data = try? Data(contentsOf: receipt), !data.isEmpty else { return nil }
    return String(data: data, encoding: .utf8)
  }

  /// Time, something unique, host: `1772528400.5f0c….host`. A uuid takes the place of process
  /// number and counter, which are less unique than they seem inside containers.
  private static func uniqueName(at date: Date) -> String {
    "\(Int64(date.timeIntervalSince1970)).\(UUID().lowercase).\(hostName)"
  }

  private static let hostName: String = {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "localhost" }
    let bytes = buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    let kept = String(decoding: bytes, as: UTF8.self).filter {
      $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == ".")
    }
    return kept.isEmpty ? "localhost" : kept
  }()

  /// A key as part of a file's name: letters and digits stay, and no two keys share one.
  private static func fileName(_ key: String) -> String {
    key.utf8.map { byte in
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"),
        UInt8(ascii: "-"):
        String(Unicode.Scalar(byte))
      default: "_" + byte.hexadecimal
      }
    }.joined()
  }
}
