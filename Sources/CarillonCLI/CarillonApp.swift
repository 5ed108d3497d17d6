public import Carillon
import Foundation

/// A program that has Carillon's whole command line, with its own handlers in it.
///
///     @main struct Newsroom: CarillonApp {}
///
/// That is all: `newsroom serve`, `newsroom schedule publish_post --resource …`, `newsroom jobs
/// list`. The handlers are those that the program contains; they need no registration.
public protocol CarillonApp: Sendable {
  init()

  /// What the program is called in help and messages; the name of its executable.
  static var name: String { get }

  /// What handlers get from `JobContext.current.service(_:)`; none.
  ///
  /// Called by the commands that run handlers, and by no other.
  func services() async throws -> Services

  /// Changes how the scheduler behaves; nothing. Flags of the command line win over it.
  func configure(_ configuration: inout SchedulerConfiguration)

  /// Reads the command line, does what it says, and ends the process.
  static func main() async
}

extension CarillonApp {
  public static var name: String {
    let path = CommandLine.arguments.first ?? ""
    return path.split(separator: "/").last.map(String.init) ?? "carillon"
  }

  public func services() async throws -> Services { Services() }

  public func configure(_ configuration: inout SchedulerConfiguration) {}

  public static func main() async {
    // A reader that has seen enough (`| head`) is no reason to die in the middle of a job.
    signal(SIGPIPE, SIG_IGN)
    var environment = ProcessInfo.processInfo.environment
    // Services and cron have no USER; the system knows who they run as.
    if environment["USER", default: ""].isEmpty { environment["USER"] = NSUserName() }
    let session = Session(app: Self(), name: name, environment: environment)
    if let broken = RawArguments.firstBroken(
      UnsafeBufferPointer(start: CommandLine.unsafeArgv, count: Int(CommandLine.argc)))
    {
      session.complain(
        "Argument \(broken) is not valid UTF-8. Write text in UTF-8; nothing was done.")
      exit(ExitStatus.usage.rawValue)
    }
    let status = await session.run(Array(CommandLine.arguments.dropFirst()))
    exit(status.rawValue)
  }
}
