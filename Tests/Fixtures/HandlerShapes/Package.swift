// swift-tools-version: 6.1
import PackageDescription

// A program of its own beside the package: what its users write, in every shape a handler can have.
let package = Package(
  name: "HandlerShapes",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "carillon", path: "../../..")],
  targets: [
    // Its main file mentions no handler, and nothing in it mentions ShapesLibrary.
    .executableTarget(
      name: "Shapes",
      dependencies: [
        "ShapesLibrary",
        .product(name: "Carillon", package: "carillon"),
        .product(name: "CarillonCLI", package: "carillon"),
      ]),
    .target(
      name: "ShapesLibrary",
      dependencies: [.product(name: "Carillon", package: "carillon")]),
    // Two handlers that do the same kind of job: a mistake that has to be reported.
    .executableTarget(
      name: "TwoOfAKind",
      dependencies: [
        .product(name: "Carillon", package: "carillon"),
        .product(name: "CarillonCLI", package: "carillon"),
      ]),
  ]
)
