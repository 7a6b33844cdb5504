// swift-tools-version: 6.2
// SPDX-License-Identifier: BSD-2-Clause
import PackageDescription

/// Coverage for libFuzzer, every access to memory checked, the assertions of a debug build, and insight into what is
/// left at the end.
let fuzzed: [SwiftSetting] = [
    .unsafeFlags(["-sanitize=fuzzer,address", "-assert-config", "Debug", "-enable-testing"])
]

/// The fuzzers, apart from the package of mos so that its build knows nothing of them; `scripts/fuzz` builds and runs it.
///
/// `Sources` are links: to what is fuzzed, and to what the fuzzers do, which `Tests/FuzzTests` replays.
let package = Package(
    name: "fuzz",
    targets: [
        .systemLibrary(name: "CPcap", pkgConfig: "libpcap"),
        .systemLibrary(name: "CZlib", pkgConfig: "zlib"),
        .systemLibrary(name: "CLibFuzzer"),
        .target(name: "CMosABI"),
        .target(name: "CRawSocket"),
        .target(
            name: "Packets",
            dependencies: ["CMosABI"],
            exclude: ["README.md"],
            swiftSettings: fuzzed
        ),
        .target(
            name: "Capture",
            dependencies: ["CPcap", "CRawSocket", "CZlib", "Packets"],
            exclude: ["README.md"],
            swiftSettings: fuzzed
        ),
        .target(
            name: "Flows",
            dependencies: ["CMosABI", "Packets"],
            exclude: ["README.md"],
            swiftSettings: fuzzed
        ),
        .target(
            name: "TCPTracking",
            dependencies: ["CMosABI", "Packets", "Flows"],
            exclude: ["README.md"],
            swiftSettings: fuzzed
        ),
        .target(
            name: "Engine",
            dependencies: ["CMosABI", "Packets", "Capture", "Flows", "TCPTracking"],
            exclude: ["README.md"],
            swiftSettings: fuzzed
        ),
        .target(
            name: "FuzzTargets",
            dependencies: [
                "CMosABI", "CZlib", "Packets", "Capture", "Flows", "TCPTracking", "Engine",
            ],
            swiftSettings: fuzzed
        ),
        .executableTarget(
            name: "Fuzz",
            dependencies: ["CLibFuzzer", "FuzzTargets", "Capture", "Packets"],
            swiftSettings: fuzzed,
            linkerSettings: [.unsafeFlags(["-sanitize=fuzzer,address", "-use-ld=lld"])]
        ),
    ]
)
