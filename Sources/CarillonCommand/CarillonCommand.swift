import CarillonCLI

/// The stock program: everything but handlers.
@main struct CarillonCommand: CarillonApp {
  static var name: String { "carillon" }
}
