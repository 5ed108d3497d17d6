/// The arguments as the process got them, before Swift made text of them.
enum RawArguments {
  /// The position of the first that is no UTF-8; nil when all are.
  ///
  /// Swift mends such text on the way in, and a job would be stored with other args than were given.
  static func firstBroken(_ arguments: some Sequence<UnsafeMutablePointer<CChar>?>) -> Int? {
    for (position, argument) in arguments.enumerated() {
      if let argument, String(validatingCString: argument) == nil { return position }
    }
    return nil
  }
}
