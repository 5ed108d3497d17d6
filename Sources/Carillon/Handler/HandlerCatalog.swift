/// All handlers of a program, by name.
///
/// Handlers are never registered: the compiler keeps a record of every conformance to `JobHandler`,
/// and the catalogue is made from those records once. A job's row is then only ever a key into it.
/// Text from a row is compared with the names here and goes nowhere else: it is never a mangled
/// name, a path, or anything that the runtime would load.
///
/// What can't be loaded by name, or not without doubt, stands in `problems`, with what to do.
public struct HandlerCatalog: Sendable {
  /// One handler that can be loaded by its name.
  public struct Entry: Sendable {
    /// The qualified type name as `String(reflecting:)` prints it: `Newsroom.Posts.Publish`.
    public let name: String
    /// The handler. Making one is left to whoever runs it.
    public let type: any JobHandler.Type
    /// The kind of job that it does, such as `publish_post`.
    public let jobType: String
    /// The type of resource that it works on, such as `post`.
    public let resourceType: String
    /// Older names that still resolve to it.
    public let aliases: [String]

    fileprivate init(_ type: any JobHandler.Type) {
      self.name = String(reflecting: type)
      self.type = type
      self.jobType = type.jobType
      self.resourceType = type.resourceType
      self.aliases = type.aliases
    }
  }

  /// The handlers of the running program: its own and those of the libraries linked into it.
  ///
  /// Made at first use, and the same ever after. A shared library is an image of its own with
  /// records of its own, so handlers in it aren't found: link libraries with handlers statically,
  /// as packages do unless they ask for `.dynamic`.
  public static let ofThisProgram = HandlerCatalog(shapes: ConformanceRecords.ofJobHandler())

  /// The handlers, sorted by name.
  public let entries: [Entry]
  /// What keeps a handler from being found, or makes it doubtful which one is meant.
  public let problems: [HandlerProblem]

  /// What a name leads to. A name of a handler is never an alias of another.
  private enum Target {
    case entry(Entry)
    case unresolved(Unresolved)
  }

  private let targets: [String: Target]
  private let jobTypes: [String: [Entry]]
  /// No text longer than this can be a name, and none is hashed to find that out.
  private let longestName: Int

  /// A catalogue of the given handlers alone, whatever else the program has.
  public init(types: [any JobHandler.Type]) {
    self.init(types: types, problems: [])
  }

  init(shapes: [ConformanceShape]) {
    var types: [any JobHandler.Type] = []
    var problems: [HandlerProblem] = []
    for shape in shapes {
      switch Self.load(shape) {
      case .success(let type) where type is any UnlistedHandler.Type: continue
      case .success(let type): types.append(type)
      case .failure(let problem): problems.append(problem)
      }
    }
    self.init(types: types, problems: problems)
  }

  private init(types: [any JobHandler.Type], problems unloadable: [HandlerProblem]) {
    var seen: Set<ObjectIdentifier> = []
    let entries = types.filter { seen.insert(ObjectIdentifier($0)).inserted }
      .map(Entry.init)
      .sorted { $0.name < $1.name }
    let jobTypes = Dictionary(grouping: entries, by: \.jobType)
    let names = Set(entries.map(\.name))
    let claims = Self.aliasClaims(of: entries)

    var targets: [String: Target] = [:]
    for problem in unloadable {
      guard let unresolved = problem.unresolved else { continue }
      targets[unresolved.name] = .unresolved(unresolved)
    }
    for (alias, claimants) in claims where !names.contains(alias) {
      targets[alias] =
        claimants.count == 1
        ? .entry(claimants[0])
        : .unresolved(.ambiguousAlias(name: alias, handlers: claimants.map(\.name)))
    }
    for entry in entries { targets[entry.name] = .entry(entry) }

    self.entries = entries
    self.problems = (unloadable + Self.problems(of: entries, jobTypes: jobTypes, claims: claims))
      .sorted { $0.description < $1.description }
    self.targets = targets
    self.jobTypes = jobTypes
    self.longestName = targets.keys.map(\.utf8.count).max() ?? 0
  }

  /// The handler of this name or alias; nil where there is none, or more than one.
  public func entry(named name: String) -> Entry? {
    switch target(of: name) {
    case .entry(let entry): entry
    case .unresolved, nil: nil
    }
  }

  /// The handler for this job type; nil where there is none, or more than one.
  public func entry(jobType: String) -> Entry? {
    guard !jobType.isEmpty, let entries = jobTypes[jobType], entries.count == 1 else { return nil }
    return entries.first { Self.isSame($0.jobType, jobType) }
  }

  /// The handler that a job's row names, if it works on resources of the row's type.
  ///
  /// Nothing is made or called. A failure says why the row resolves to nothing here; another
  /// program may well have the handler.
  public func resolve(
    handlerModule: String, resourceType: String
  ) -> Result<any JobHandler.Type, Unresolved> {
    switch target(of: handlerModule) {
    case .entry(let entry):
      guard Self.isSame(entry.resourceType, resourceType) else {
        return .failure(
          .resourceTypeMismatch(
            name: entry.name, expected: entry.resourceType, found: resourceType))
      }
      return .success(entry.type)
    case .unresolved(let unresolved): return .failure(unresolved)
    case nil: return .failure(.unknownName(name: handlerModule))
    }
  }

  private func target(of name: String) -> Target? {
    guard name.utf8.count <= longestName, let index = targets.index(forKey: name),
      Self.isSame(targets[index].key, name)
    else { return nil }
    return targets[index].value
  }

  /// Byte for byte, as the stores compare: `==` would also accept another spelling of an accent.
  private static func isSame(_ one: String, _ other: String) -> Bool {
    one.utf8.elementsEqual(other.utf8)
  }
}

extension HandlerCatalog {
  /// The type of a conformance, or why it can't be had by name.
  private static func load(
    _ shape: ConformanceShape
  ) -> Result<any JobHandler.Type, HandlerProblem> {
    switch shape {
    case .named(let mangledName, let qualifiedName):
      func unusable(_ reason: String) -> Result<any JobHandler.Type, HandlerProblem> {
        .failure(.unsupportedType(name: qualifiedName, reason: reason))
      }
      guard let type = _typeByName(mangledName) else {
        return unusable("the Swift runtime finds no type of that name")
      }
      guard let handler = type as? any JobHandler.Type else {
        return unusable("the type of that name is no JobHandler")
      }
      // Rows keep the name that the runtime prints. If it were another one than the records say,
      // no one could be sure that the next build prints the same.
      let printed = String(reflecting: handler)
      guard printed == qualifiedName else {
        return unusable("Swift prints its name as \(printed)")
      }
      return .success(handler)
    case .privateType(let name): return .failure(.privateType(name: name))
    case .generic(let name): return .failure(.genericType(name: name))
    case .unsupported(let name, let reason):
      return .failure(.unsupportedType(name: name, reason: reason))
    }
  }

  /// Every alias with the handlers that claim it. A handler's own name is no alias of it.
  private static func aliasClaims(of entries: [Entry]) -> [String: [Entry]] {
    var claims: [String: [Entry]] = [:]
    for entry in entries {
      for alias in Set(entry.aliases) where alias != entry.name && !alias.isEmpty {
        claims[alias, default: []].append(entry)
      }
    }
    return claims
  }

  private static func problems(
    of entries: [Entry], jobTypes: [String: [Entry]], claims: [String: [Entry]]
  ) -> [HandlerProblem] {
    var problems: [HandlerProblem] = []
    for entry in entries {
      if entry.jobType.isEmpty { problems.append(.emptyJobType(name: entry.name)) }
      if entry.resourceType.isEmpty { problems.append(.emptyResourceType(name: entry.name)) }
      if entry.aliases.contains("") { problems.append(.emptyAlias(name: entry.name)) }
    }
    for (jobType, owners) in jobTypes where owners.count > 1 && !jobType.isEmpty {
      problems.append(.duplicateJobType(jobType: jobType, names: owners.map(\.name)))
    }
    let names = Set(entries.map(\.name))
    for (alias, claimants) in claims {
      if names.contains(alias) {
        problems += claimants.map { .aliasOfAnotherHandler(alias: alias, name: $0.name) }
      } else if claimants.count > 1 {
        problems.append(.sharedAlias(alias: alias, names: claimants.map(\.name)))
      }
    }
    return problems
  }
}
