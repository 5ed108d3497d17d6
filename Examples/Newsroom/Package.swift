// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [
  .enableUpcomingFeature("ExistentialAny"),
  .treatAllWarnings(as: .error),
]

let package = Package(
  name: "Newsroom",
  platforms: [.macOS(.v15)],
  products: [
    .executable(name: "newsroom", targets: ["Newsroom"])
  ],
  dependencies: [
    .package(name: "carillon", path: "../..")
  ],
  targets: [
    .executableTarget(
      name: "Newsroom",
      dependencies: [
        .product(name: "Carillon", package: "carillon"),
        .product(name: "CarillonCLI", package: "carillon"),
      ],
      swiftSettings: strict),
    .testTarget(
      name: "NewsroomTests",
      dependencies: [
        "Newsroom",
        .product(name: "Carillon", package: "carillon"),
      ],
      swiftSettings: strict),
  ],
  swiftLanguageModes: [.v6])
