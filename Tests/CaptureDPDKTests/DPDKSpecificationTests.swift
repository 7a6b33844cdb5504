// SPDX-License-Identifier: BSD-2-Clause
import Testing

@testable import CaptureDPDK

@Suite struct DPDKSpecificationTests {
    @Test(arguments: [
        ("0000:03:00.0", "0000:03:00.0"),
        ("03:00.1", "0000:03:00.1"),
        ("0000:AF:1f.7,key=1", "0000:af:1f.7"),
        ("10000:e1:00.0", "10000:e1:00.0"),
    ])
    func `a PCI address is taken with or without its domain`(text: String, name: String) throws {
        let specification = try DPDKSpecification(text)
        #expect(specification.kind == .pci)
        #expect(specification.name == name)
    }

    @Test(arguments: [
        "net_null0", "net_pcap0,rx_pcap=03:00.0", "port:1", "03:00", "3:0.0", "xx:00.0",
    ])
    func `what is no PCI address is a name`(text: String) throws {
        #expect(try DPDKSpecification(text).kind == .named)
    }

    @Test(arguments: [
        "", ",", "net_null0,", ",iface=eth0", "net null0", "iface=eth0", "/tmp/a.pcap",
    ])
    func `a specification without a name is refused`(text: String) {
        #expect(throws: DPDKSetupError.badSpecification(port: text)) {
            try DPDKSpecification(text)
        }
    }

    @Test func `the arguments of a virtual device are handed on as given`() throws {
        let specification = try DPDKSpecification("net_pcap0,rx_pcap=a=b.pcap,infinite_rx=1")
        #expect(specification.name == "net_pcap0")
        #expect(specification.value(of: "rx_pcap") == "a=b.pcap")
        #expect(specification.value(of: "infinite_rx") == "1")
        #expect(specification.value(of: "rx") == nil)
        #expect(specification.deviceArguments == specification.text)
        #expect(specification.isFile)
    }

    @Test func `net_pcap on an interface is no file`() throws {
        #expect(try !DPDKSpecification("net_pcap0,iface=eth0").isFile)
    }

    @Test func `net_af_packet gets a larger ring unless its arguments speak of one`() throws {
        let usual = try DPDKSpecification("net_af_packet0,iface=veth0")
        #expect(
            usual.deviceArguments
                == "net_af_packet0,iface=veth0,blocksz=1048576,framesz=2048,framecnt=8192"
        )
        #expect(usual.frameRoom == 0)
        let own = try DPDKSpecification("net_af_packet1,iface=veth0,framecnt=64")
        #expect(own.deviceArguments == own.text)
    }

    @Test(arguments: [("65408", 65376), ("4096", 4064), ("2048", 0), ("many", 0)])
    func `a buffer holds a frame of the ring of net_af_packet`(size: String, room: UInt32) throws {
        let specification = try DPDKSpecification("net_af_packet0,iface=veth0,framesz=\(size)")
        #expect(specification.frameRoom == room)
    }

    @Test(arguments: [
        ("net_af_packet0,iface=veth0", 2016), ("net_af_packet0,iface=veth0,framesz=16384", 16352),
        ("net_af_packet0,iface=veth0,framesz=16", 0), ("net_pcap0,tx_pcap=/tmp/out.pcap", 16128),
        ("net_ring0", 0), ("0000:03:00.0", 0),
    ])
    func `a driver's own limit is known where it would not say no`(text: String, limit: UInt32)
        throws
    {
        #expect(try DPDKSpecification(text).sendLimit == limit)
    }

    @Test(arguments: [
        ("net_pcap0,rx_pcap=/tmp/in.pcap", true), ("net_pcap0,rx_iface=veth0", true),
        ("net_pcap0,rx_pcap=/tmp/in.pcap,tx_pcap=/tmp/out.pcap", false),
        ("net_pcap0,rx_pcap=/tmp/in.pcap,tx_iface=veth0", false),
        ("net_pcap0,iface=veth0", false), ("net_null0", false),
    ])
    func `net_pcap sends only where it was told how`(text: String, discards: Bool) throws {
        #expect(try DPDKSpecification(text).discardsWhatIsSent == discards)
    }

    @Test func `a device belongs to the driver whose name and a number it bears`() throws {
        let specification = try DPDKSpecification("net_af_packet0")
        #expect(specification.isDevice(of: "net_af_packet"))
        #expect(!specification.isDevice(of: "net_af_xdp"))
        #expect(!specification.isDevice(of: "net_af"))
    }
}
