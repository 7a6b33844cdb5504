// SPDX-License-Identifier: BSD-2-Clause
import Engine
import Testing

@testable import Scripting

/// The names of the errors that POSIX has, ours among them.
private let errnoNames = Set(
    """
    E2BIG EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF EBADMSG EBUSY ECANCELED ECHILD \
    ECONNABORTED ECONNREFUSED ECONNRESET EDEADLK EDESTADDRREQ EDOM EDQUOT EEXIST EFAULT EFBIG EHOSTUNREACH \
    EIDRM EILSEQ EINPROGRESS EINTR EINVAL EIO EISCONN EISDIR ELOOP EMFILE EMLINK EMSGSIZE EMULTIHOP \
    ENAMETOOLONG ENETDOWN ENETRESET ENETUNREACH ENFILE ENOBUFS ENODATA ENODEV ENOENT ENOEXEC ENOLCK ENOLINK \
    ENOMEM ENOMSG ENOPROTOOPT ENOSPC ENOSR ENOSTR ENOSYS ENOTCONN ENOTDIR ENOTEMPTY ENOTRECOVERABLE ENOTSOCK \
    ENOTSUP ENOTTY ENXIO EOPNOTSUPP EOVERFLOW EOWNERDEAD EPERM EPIPE EPROTO EPROTONOSUPPORT EPROTOTYPE ERANGE \
    EROFS ESOCKTNOSUPPORT ESPIPE ESRCH ESTALE ETIME ETIMEDOUT ETXTBSY EWOULDBLOCK EXDEV
    """.split(separator: " ").map(String.init)
)

/// Words of capital letters and digits.
private func capitalWords(_ text: String) -> [String] {
    text.split { !$0.isUppercase && !$0.isNumber }.map(String.init)
}

private func lines(_ text: String) -> [Substring] {
    text.split(separator: "\n", omittingEmptySubsequences: false)
}

@Suite struct `The manual` {
    private let manual: Manual
    private let data: ManualData

    init() throws {
        manual = try Manual()
        data = try ManualData.shared.get()
    }

    @Test func `has a page for every name of the schema`() {
        #expect(data.names.count > 200)
        let missing = data.names.filter { $0["page"].isEmpty }.map { $0.one("name") }
        #expect(missing == [])
        let ambiguous = data.names.filter { $0["page"].count > 1 }.map { $0.one("name") }
        #expect(ambiguous == [])
    }

    @Test func `has no text for a name that is not there`() {
        #expect(data.leftover == "")
    }

    @Test func `says of every call what it takes, gives and raises, with an example`() {
        let calls = data.pages.filter { $0.one("kind") == "call" && !$0["takes"].isEmpty }
        #expect(calls.count > 45)
        for page in calls {
            var parts = ["NAME", "SYNOPSIS", "RESULT", "ERRORS", "EXAMPLE"]
            if !page["parameter"].isEmpty { parts.insert("ARGUMENTS", at: 2) }
            let missing = parts.filter { !page["heading"].contains($0) }
            #expect(missing == [], "page \(page.one("name"))")
        }
    }

    @Test func `explains exactly the arguments that the schema has`() {
        for page in data.pages where page.one("kind") == "call" {
            let names = page["argument"].map { String($0.split(separator: "\t")[0]) }
            let same =
                names.count == page["parameter"].count
                && zip(names, page["parameter"]).allSatisfy {
                    $1.hasPrefix($0) || $1.hasPrefix("{")
                }
            #expect(same, "\(page.one("name")): \(names) for \(page["parameter"])")
        }
    }

    @Test func `shows an example with every event, option, constant, field and value`() {
        let kinds: Set = ["event", "option", "constant", "field", "object"]
        let without = data.pages.filter {
            kinds.contains($0.one("kind")) && !$0["heading"].contains("EXAMPLE")
        }
        #expect(without.map { $0.one("name") } == [])
    }

    @Test func `says of every event when it comes, in which order, and what can be read`() {
        let events = data.pages.filter { $0.one("kind") == "event" }
        #expect(events.count == Event.allCases.count)
        for page in events {
            for part in ["trigger ", "hooks ", "side ", "order ", "sockets ", "may read "] {
                #expect(page.one("text").contains("\n    " + part), "\(page.one("name")): \(part)")
            }
        }
    }

    @Test func `names no error that scripts cannot see`() {
        for page in data.pages where page.one("kind") != "c" && page.one("name") != "c-api" {
            let unknown = capitalWords(page.one("text")).filter {
                errnoNames.contains($0) && !data.errnos.contains($0)
            }
            #expect(unknown == [], "page \(page.one("name"))")
        }
        let all = Set(data.pages.flatMap { $0["raised"] + $0["returned"] })
        #expect(all.filter { $0.hasPrefix("E") && !data.errnos.contains($0) } == [])
    }

    @Test func `points to pages that are there`() {
        for page in data.pages { #expect(page["lost"] == [], "page \(page.one("name"))") }
    }

    @Test func `says of every counter what it counts`() {
        let counters = data.pages.filter { $0.one("kind") == "counter" }
        #expect(counters.count == Counter.names.count)
        #expect(counters.filter { $0.one("title").isEmpty }.map { $0.one("name") } == [])
    }

    @Test func `gives what counters count in the engine's order`() throws {
        let lines = try manual.counterMeanings()
        #expect(lines.count == Counter.names.count)
        #expect(lines[Counter.packets.rawValue].hasPrefix("frames read"))
        #expect(lines[Counter.gapBytes.rawValue] == "bytes of holes given up")
        #expect(lines.last == "ICMP messages of fewer than 8 bytes")
    }

    @Test func `has a page for every setting`() throws {
        for setting in Settings.all {
            let page = try manual.page("settings \(setting.key)")
            let words = page.text.split { $0.isWhitespace }.joined(separator: " ")
            #expect(words.hasPrefix("NAME \(setting.key) - \(setting.meaning) SYNOPSIS --set "))
        }
    }

    @Test func `fits into 100 columns`() {
        for page in data.pages {
            let wide = lines(page.one("text")).filter { $0.count > 100 }
            #expect(wide == [], "page \(page.one("name"))")
        }
        #expect(lines(data.contents).filter { $0.count > 100 || $0.hasSuffix("...") } == [])
    }

    @Test func `finds every name that it lists`() throws {
        #expect(Set(data.allNames).count > 500)
        for name in Set(data.allNames) {
            #expect(try manual.page(name).isFound, "\(name)")
        }
    }

    @Test(arguments: [
        ("mos.peek", "mos.peek"), ("peek", "mos.peek"), ("flow:peek", "mos.peek"),
        ("flow.peek()", "mos.peek"), ("flow.cli.rtt", "flow.cli.rtt"),
        ("flow.svr.rtt", "flow.cli.rtt"), ("rtt_min", "flow.cli.rtt_min"),
        ("packet.tcp.seq", "packet.tcp.seq"), ("tcp.seq", "packet.tcp.seq"),
        ("ON_GAP", "ON_GAP"), ("on_gap", "ON_GAP"), ("mos.ON_GAP", "ON_GAP"),
        ("CLIBUF", "CLIBUF"), ("mos.SVROVERLAP", "SVROVERLAP"), ("view:find", "view:find"),
        ("timer:cancel", "timer:cancel"), ("arg.code", "arg.code"), ("gap.packets", "gap.packets"),
        ("settings gap.packets", "gap.packets"), ("stats.orphans", "orphans"),
        ("counters orphans", "orphans"), ("c-api", "c-api"), ("events", "events"),
        ("hooks", "hooks"), ("order", "order"), ("inline", "inline"), ("filters", "filters"),
        ("numbers", "numbers"), ("errors", "errors"), ("EINVAL", "errors"), ("ude", "ude"),
        ("records", "records"), ("mtcp_peek", "mtcp_peek"), ("MOS_ON_REXMIT", "MOS_ON_REXMIT"),
        ("s:on", "mos.register_callback"), ("packet.tcp", "packet.tcp"), ("hash:hex", "hash:hex"),
    ])
    func `finds a page by each way of writing its name`(name: String, title: String) throws {
        let page = try manual.page(name)
        #expect(page.isFound)
        let first = lines(page.text).dropFirst().first ?? ""
        #expect(first.hasPrefix("    \(title) - ") || first.hasPrefix("    \(title), "), "\(first)")
    }

    @Test func `lists the pages when a name has several`() throws {
        let page = try manual.page("offset")
        #expect(page.isFound)
        for name in ["arg.offset", "packet.offset", "view.offset", "pkt_info.offset"] {
            #expect(page.text.contains("\n  \(name) "))
        }
        #expect(try manual.page("ON_*").text.split(separator: "\n").count == Event.allCases.count)
    }

    @Test func `names the other pages of a name behind the best one`() throws {
        let page = try manual.page("settings")
        #expect(page.text.hasPrefix("NAME\n    settings - "))
        let socket = try manual.page("socket")
        #expect(socket.text.hasSuffix("OTHER PAGES OF THAT NAME\n    mos.socket, flow.socket"))
    }

    @Test(arguments: [
        ("mos.peak", "the manual has no \"mos.peak\"; did you mean \"mos doc mos.peek\"?"),
        ("reexmit", "the manual has no \"reexmit\"; did you mean \"mos doc rexmit\"?"),
        ("zzzzz", "the manual has no \"zzzzz\"; \"mos doc\" lists all there is"),
        ("ZZ*", "nothing matches \"ZZ*\""),
    ])
    func `says what is near when nothing matches`(name: String, message: String) throws {
        #expect(try manual.page(name) == Manual.Page(text: message, isFound: false))
    }

    @Test func `costs a run nothing`() throws {
        let code = """
            for name in pairs(package.preload) do
              if name:find "manual" then print(name) end
            end
            """
        let run = try runManual(ManualRecord("file=x\0capture=web\0"), code: code)
        #expect(run.output == [] && run.errors == 0)
    }

    @Test func `is one Markdown text as well`() throws {
        let text = try manual.whole(.markdown)
        #expect(text.hasPrefix("# The manual of mos\n"))
        #expect(text.contains("\n### mos.peek\n"))
        #expect(text.contains("* `flow.cli.rtt` (number, seconds): "))
        #expect(text.contains("| `gap.packets` | 3 | packets |"))
        let fences = lines(text).filter { $0.hasPrefix("```") }
        #expect(fences.count % 2 == 0 && fences.count > 300)
    }
}
