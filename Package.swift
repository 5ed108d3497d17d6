// swift-tools-version: 6.2
import PackageDescription

let package = Package(
  name: "carillon",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "Carillon", targets: ["Carillon"]),
    .library(name: "CarillonSQLite", targets: ["CarillonSQLite"]),
    .library(name: "CarillonPostgres", targets: ["CarillonPostgres"]),
    .library(name: "CarillonWeb", targets: ["CarillonWeb"]),
    .library(name: "CarillonCLI", targets: ["CarillonCLI"]),
    .library(name: "CarillonTesting", targets: ["CarillonTesting"]),
    // The target can't be called like its product: on a file system that ignores case
    // `carillon` and the library `Carillon` would share a build folder.
    .executable(name: "carillon", targets: ["CarillonCommand"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.5.0"),
    .package(url: "https://github.com/apple/swift-distributed-tracing", from: "1.7.0"),
    .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-log", from: "1.16.0"),
    .package(url: "https://github.com/apple/swift-metrics", from: "2.13.0"),
    .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
    .package(url: "https://github.com/apple/swift-nio-extras", from: "1.35.0"),
    .package(url: "https://github.com/apple/swift-service-context", from: "1.5.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    .package(url: "https://github.com/hummingbird-project/hummingbird", from: "2.28.0"),
    .package(url: "https://github.com/hummingbird-project/swift-mustache", from: "2.1.0"),
    .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
  ],
  targets: [
    .target(name: "CCarillon"),
    .systemLibrary(
      name: "CLibPQ", pkgConfig: "libpq", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .target(
      name: "Carillon",
      dependencies: [
        "CCarillon",
        .product(name: "Instrumentation", package: "swift-distributed-tracing"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "ServiceContextModule", package: "swift-service-context"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ]
    ),
    .target(
      name: "CarillonSQLite",
      dependencies: [
        "Carillon",
        .product(name: "GRDB", package: "GRDB.swift"),
        .product(name: "GRDBSQLite", package: "GRDB.swift"),
        .product(name: "Logging", package: "swift-log"),
      ]
    ),
    .target(
      name: "CarillonPostgres",
      dependencies: ["Carillon", "CLibPQ", .product(name: "Logging", package: "swift-log")]
    ),
    .target(
      name: "CarillonWeb",
      dependencies: [
        "Carillon",
        .product(name: "Crypto", package: "swift-crypto"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdCore", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Metrics", package: "swift-metrics"),
        .product(name: "Mustache", package: "swift-mustache"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOHTTPTypes", package: "swift-nio-extras"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ],
      // In the program itself: a resource bundle beside it would be lost when it is copied.
      resources: [.embedInCode("Dashboard/Assets")]
    ),
    .target(
      name: "CarillonCLI",
      dependencies: [
        "Carillon",
        "CarillonPostgres",
        "CarillonSQLite",
        "CarillonWeb",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
        .product(name: "UnixSignals", package: "swift-service-lifecycle"),
      ]
    ),
    .target(
      name: "CarillonTesting",
      dependencies: [
        "Carillon",
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
      ]
    ),
    .executableTarget(name: "CarillonCommand", dependencies: ["Carillon", "CarillonCLI"]),
    // A program with handlers that misbehave, for tests with real processes.
    .executableTarget(
      name: "CarillonProbe", dependencies: ["Carillon", "CarillonCLI"], path: "Tests/Probe"),
    .testTarget(
      name: "CarillonTests",
      dependencies: [
        "Carillon",
        "CarillonTesting",
        .product(name: "InMemoryTracing", package: "swift-distributed-tracing"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "ServiceLifecycleTestKit", package: "swift-service-lifecycle"),
        .product(name: "Tracing", package: "swift-distributed-tracing"),
      ]
    ),
    .testTarget(
      name: "CarillonSQLiteTests",
      dependencies: [
        "Carillon",
        "CarillonSQLite",
        "CarillonTesting",
        .product(name: "GRDB", package: "GRDB.swift"),
      ]
    ),
    .testTarget(
      name: "CarillonPostgresTests",
      dependencies: [
        "Carillon",
        "CarillonCLI",
        "CarillonPostgres",
        "CarillonSQLite",
        "CarillonTesting",
        .product(name: "Logging", package: "swift-log"),
      ]
    ),
    .testTarget(
      name: "CarillonWebTests",
      dependencies: [
        "Carillon",
        "CarillonPostgres",
        "CarillonSQLite",
        "CarillonTesting",
        "CarillonWeb",
        .product(name: "CoreMetrics", package: "swift-metrics"),
        .product(name: "HTTPTypes", package: "swift-http-types"),
        .product(name: "Hummingbird", package: "hummingbird"),
        .product(name: "HummingbirdTesting", package: "hummingbird"),
        .product(name: "Logging", package: "swift-log"),
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "ServiceLifecycle", package: "swift-service-lifecycle"),
      ]
    ),
    .testTarget(
      name: "CarillonCLITests", dependencies: ["Carillon", "CarillonCLI", "CarillonTesting"]
    ),
    .testTarget(
      name: "CarillonProcessTests",
      dependencies: ["Carillon", "CarillonPostgres", "CarillonProbe", "CarillonSQLite"]
    ),
  ],
  swiftLanguageModes: [.v6]
)

for target in package.targets where !["CCarillon", "CLibPQ"].contains(target.name) {
  target.swiftSettings = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .treatAllWarnings(as: .error),
  ]
}
