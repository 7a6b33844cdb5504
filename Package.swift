// swift-tools-version: 6.2
// SPDX-License-Identifier: BSD-2-Clause
import PackageDescription

/// What every Swift target is built with.
///
/// Warnings of strict memory safety are errors, so unsafe code stays where it is marked. Exclusivity is proved by the compiler for what the packet path does; the run-time checks are a debug net.
let swift: [SwiftSetting] = [
    .strictMemorySafety(),
    .treatWarning("StrictMemorySafety", as: .error),
    .unsafeFlags(
        ["-enforce-exclusivity=unchecked", "-cross-module-optimization"],
        .when(configuration: .release)
    ),
]

/// SwiftPM cannot read Debian's libdpdk.pc (its Description spans two lines), so its flags stand here.
let dpdkHeaders: [CSetting] = [
    .unsafeFlags([
        "-I/usr/include/dpdk", "-I/usr/include/x86_64-linux-gnu/dpdk",
        "-I/usr/include/aarch64-linux-gnu/dpdk",
    ])
]

let package = Package(
    name: "mos",
    products: [.executable(name: "mos", targets: ["mos"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2")
    ],
    targets: [
        .systemLibrary(
            name: "CLuaJIT",
            pkgConfig: "luajit",
            providers: [.apt(["libluajit-5.1-dev"])]
        ),
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap", providers: [.apt(["libpcap-dev"])]),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .target(
            name: "CDPDK",
            cSettings: dpdkHeaders,
            linkerSettings: [
                "rte_ethdev", "rte_eal", "rte_mbuf", "rte_mempool", "rte_ring", "rte_bus_vdev",
            ]
            .map { .linkedLibrary($0) }
        ),
        .target(name: "CRawSocket"),
        .target(name: "CProcessors"),
        .target(name: "CMosABI"),
        .target(name: "CMosLua", dependencies: ["CLuaJIT", "CMosABI"]),
        .target(
            name: "Packets",
            dependencies: ["CMosABI"],
            exclude: ["README.md"],
            swiftSettings: swift
        ),
        .target(
            name: "Capture",
            dependencies: ["CPcap", "CRawSocket", "CZlib", "Packets"],
            exclude: ["README.md"],
            swiftSettings: swift
        ),
        .target(
            name: "CaptureDPDK",
            dependencies: ["CDPDK", "Capture", "Packets"],
            exclude: ["README.md"],
            swiftSettings: swift
        ),
        .target(
            name: "Flows",
            dependencies: ["CMosABI", "Packets"],
            exclude: ["README.md"],
            swiftSettings: swift
        ),
        .target(
            name: "TCPTracking",
            dependencies: ["CMosABI", "Packets", "Flows"],
            exclude: ["README.md"],
            swiftSettings: swift
        ),
        .target(
            name: "Engine",
            dependencies: ["CMosABI", "Packets", "Capture", "Flows", "TCPTracking"],
            exclude: ["README.md"],
            swiftSettings: swift
        ),
        .target(
            name: "Generation",
            dependencies: ["Capture", "Packets"],
            exclude: ["README.md"],
            swiftSettings: swift
        ),
        .target(
            name: "Outputs",
            dependencies: ["Capture", "Engine"],
            exclude: ["README.md"],
            swiftSettings: swift
        ),
        .target(
            name: "Scripting",
            dependencies: [
                "CMosLua", "CCrypto", "CMosABI", "Capture", "Engine", "Outputs", "Packets",
            ],
            exclude: ["Lua", "README.md"],
            swiftSettings: swift
        ),
        .executableTarget(
            name: "mos",
            dependencies: [
                "CProcessors", "Engine", "Flows", "Scripting", "Outputs", "Capture", "CaptureDPDK",
                "Generation", "Packets",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swift
        ),
        // A development tool, not a product: captures from seeds, measurements.
        .executableTarget(
            name: "mos-bench",
            dependencies: [
                "CMosABI", "Packets", "Capture", "Flows", "TCPTracking", "Engine", "Generation",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: swift
        ),
        // Ports whose frames lie in memory.
        .target(
            name: "TestPorts",
            dependencies: ["Capture", "Packets"],
            path: "Tests/Ports",
            swiftSettings: swift
        ),
        // What tests on network interfaces, and on threads, have in common.
        .target(name: "TestNetworks", path: "Tests/Networks", swiftSettings: swift),
        .testTarget(name: "PacketsTests", dependencies: ["Packets"], swiftSettings: swift),
        .testTarget(
            name: "CaptureTests",
            dependencies: [
                "Capture", "CPcap", "CRawSocket", "CZlib", "Packets", "TestNetworks", "TestPorts",
            ],
            swiftSettings: swift
        ),
        .testTarget(
            name: "CaptureDPDKTests",
            dependencies: ["CaptureDPDK", "Capture", "Packets", "TestNetworks", "TestPorts"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "FlowsTests",
            dependencies: ["Flows", "Packets", "Capture", "CMosABI"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "TCPTrackingTests",
            dependencies: ["TCPTracking", "Flows", "Packets", "Capture", "CMosABI"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "EngineTests",
            dependencies: [
                "Engine", "TCPTracking", "Flows", "Packets", "Capture", "CMosABI", "TestPorts",
            ],
            swiftSettings: swift
        ),
        .testTarget(
            name: "GenerationTests",
            dependencies: [
                "Generation", "Engine", "Capture", "Packets", "CMosABI", "TestPorts",
                "TestNetworks",
            ],
            swiftSettings: swift
        ),
        .testTarget(
            name: "MosBenchTests",
            dependencies: ["mos-bench", "Generation", "TCPTracking"],
            swiftSettings: swift
        ),
        .testTarget(
            name: "ScriptingTests",
            dependencies: [
                "Scripting", "Engine", "Outputs", "Capture", "Packets", "Flows", "CMosABI",
                "CMosLua", "TestNetworks", "TestPorts",
            ],
            swiftSettings: swift
        ),
        // What the fuzzers of Tests/Fuzz do, over what they found.
        .testTarget(
            name: "FuzzTests",
            dependencies: [
                "Engine", "TCPTracking", "Flows", "Capture", "Packets", "CMosABI", "CZlib",
            ],
            swiftSettings: swift
        ),
        .testTarget(
            name: "OutputsTests",
            dependencies: ["Outputs", "Engine", "TestNetworks"],
            swiftSettings: swift
        ),
    ]
)
