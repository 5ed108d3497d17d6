/// The version of Carillon that a program was built with.
enum CarillonVersion {
  static let current = "0.1.0"
}
