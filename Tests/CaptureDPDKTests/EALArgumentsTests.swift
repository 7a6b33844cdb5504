// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import CaptureDPDK

@Suite struct EALArgumentsTests {
    private func words(_ user: String, processor: Int = 3, hugePages: Bool = false) -> [String] {
        let arguments = EALArguments(
            user: EALArguments.split(user),
            processor: processor,
            hasHugePages: hugePages
        )
        return arguments.words
    }

    @Test func `without huge pages memory is ordinary and no files are left`() {
        #expect(
            words("") == [
                "mos", "-l", "3", "--no-telemetry", "-a", "ffff:ff:1f.7", "--no-huge",
                "--no-shconf", "-m", "256",
            ]
        )
    }

    @Test func `huge pages are used where there are any`() {
        #expect(
            words("", hugePages: true) == [
                "mos", "-l", "3", "--no-telemetry", "-a", "ffff:ff:1f.7", "--in-memory",
            ]
        )
    }

    @Test(arguments: ["-m 64", "-m64", "--socket-mem=64", "--socket-mem 64"])
    func `the user's amount of memory replaces ours`(user: String) {
        #expect(!words(user).contains("256"))
    }

    @Test(arguments: ["-l 0-1", "-l0", "-c 3", "--lcores=0@1", "--lcores 0@1"])
    func `the user's processors replace ours`(user: String) {
        #expect(!words(user, processor: 77).contains("77"))
    }

    @Test(arguments: ["-a 0000:03:00.0", "--allow=0000:03:00.0", "-b 0000:03:00.0", "--no-pci"])
    func `the user's choice of hardware replaces ours`(user: String) {
        #expect(!words(user).contains("ffff:ff:1f.7"))
    }

    @Test func `the user can do without huge pages`() {
        let words = words("--no-huge", hugePages: true)
        #expect(words.filter { $0 == "--no-huge" }.count == 1)
        #expect(!words.contains("--in-memory"))
    }

    @Test func `a way to use huge pages that the user names is the only one`() {
        let words = words("--huge-dir /mnt/huge")
        #expect(!words.contains("--in-memory"))
        #expect(!words.contains("--no-huge"))
    }

    @Test func `the user's words come last and in their order`() {
        #expect(
            words("--log-level=debug --vdev net_null7").suffix(3) == [
                "--log-level=debug", "--vdev", "net_null7",
            ]
        )
    }

    @Test func `messages are shown when the user asks for a log level`() {
        let quiet = EALArguments(user: [], processor: 0, hasHugePages: false)
        let loud = EALArguments(user: ["--log-level", "8"], processor: 0, hasHugePages: false)
        #expect(!quiet.echoesLog)
        #expect(loud.echoesLog)
    }

    @Test(arguments: [
        ("", []),
        ("  -m   64 ", ["-m", "64"]),
        ("--vdev 'net_pcap0,rx_pcap=a b.pcap'", ["--vdev", "net_pcap0,rx_pcap=a b.pcap"]),
        ("a\"b c\"d ''", ["ab cd", ""]),
        ("'a\"b'", ["a\"b"]),
    ])
    func `words are split at blanks, quotes keep them`(text: String, expected: [String]) {
        #expect(EALArguments.split(text) == expected)
    }
}
