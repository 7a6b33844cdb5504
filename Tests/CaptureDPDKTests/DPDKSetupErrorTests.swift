// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import CaptureDPDK

@Suite struct DPDKSetupErrorTests {
    private typealias Circumstances = DPDKSetupError.Circumstances

    private func found(_ log: String, root: Bool = true, huge: Bool = false) -> Circumstances {
        Circumstances(log: log, isRoot: root, hasHugePages: huge)
    }

    private let refused = DPDKError(call: "rte_dev_probe", code: -1)

    @Test func `a code is printed with its call, its text and its number`() {
        let error = DPDKError(call: "rte_eth_dev_configure", code: -22)
        #expect(error.description == "rte_eth_dev_configure failed: Invalid argument (-22)")
    }

    @Test func `a bare -1 of a driver is not printed as a missing permission`() {
        #expect(refused.description == "rte_dev_probe failed (-1)")
    }

    @Test func `the first message that DPDK logged is its reason`() {
        let log = "\n  eth_x(): no cable\nEAL: Driver cannot attach the device (x)\n"
        #expect(found(log).reason == "eth_x(): no cable")
        #expect(found("").reason == "")
        let noise = "EAL: No free 1048576 kB hugepages reported on node 0\n"
        #expect(found(noise + log).reason == "eth_x(): no cable")
    }

    @Test(arguments: [
        "open_packet_iface(): Could not open AF_PACKET socket",
        "tun_alloc(): Unable to set TUNSETIFF for dtap%d: Operation not permitted",
    ])
    func `a refusal of the kernel says to run as root`(log: String) throws {
        let port = try DPDKSpecification("net_tap0")
        let error = DPDKSetupError.attaching(
            port,
            refused,
            isKernelInterface: false,
            found(log, root: false)
        )
        #expect(error == .notPermitted(port: "net_tap0", reason: log))
        #expect(error.description.hasSuffix("run as root"))
    }

    @Test func `the same refusal to root is DPDK's to explain`() throws {
        let log = "open_packet_iface(): Could not open AF_PACKET socket"
        let port = try DPDKSpecification("net_af_packet0,iface=lo")
        let error = DPDKSetupError.attaching(port, refused, isKernelInterface: false, found(log))
        #expect(error == .refused(port: port.text, refused, reason: log))
        #expect(error.description.contains(log))
    }

    @Test func `a pool that does not fit says how to get more memory`() throws {
        let port = try DPDKSpecification("net_null0")
        let call = DPDKError(call: "rte_pktmbuf_pool_create", code: -12)
        let ordinary = DPDKSetupError.opening(port, call, found(""))
        #expect(ordinary.description.contains("--dpdk-args \"-m 512\""))
        let huge = DPDKSetupError.opening(port, call, found("", huge: true))
        #expect(huge.description.contains("--no-huge"))
    }

    @Test func `a port that runs already is in use`() throws {
        let port = try DPDKSpecification("net_null0")
        let call = DPDKError(call: "rte_eth_dev_configure", code: -16)
        #expect(DPDKSetupError.opening(port, call, found("")) == .inUse(port: "net_null0"))
    }

    @Test func `an option that EAL does not know is named`() {
        let log = """
            EAL: Invalid 'command line' arguments.
            mos: unrecognized option '--foo'

            Usage: mos [options]
            """
        let error = DPDKSetupError.starting(
            "--foo",
            DPDKError(call: "rte_eal_init", code: -22),
            found(log)
        )
        #expect(error.description.contains("unrecognized option '--foo'"))
        #expect(!error.description.contains("Usage"))
    }

    @Test func `EAL without memory quotes its reason`() {
        let error = DPDKSetupError.starting(
            "",
            DPDKError(call: "rte_eal_init", code: -12),
            found("EAL: Cannot get a virtual area: Cannot allocate memory\nEAL: FATAL: x\n")
        )
        #expect(error.description.contains("Cannot get a virtual area"))
        #expect(error.description.contains("(-12)"))
    }

    @Test(arguments: [
        DPDKSetupError.notBound(port: "03:00.0", address: "0000:03:00.0", kernelDriver: "ixgbe"),
        .notBound(port: "03:00.0", address: "0000:03:00.0", kernelDriver: nil),
    ])
    func `a device that DPDK does not hold says how to bind it`(error: DPDKSetupError) {
        #expect(error.description.contains("dpdk-devbind.py --bind=vfio-pci 0000:03:00.0"))
    }
}
