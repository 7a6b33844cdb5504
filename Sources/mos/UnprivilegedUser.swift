// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// The user as whom a run goes on once ports and files are open: scripts need no root.
struct UnprivilegedUser {
    private let name: String
    private let user: uid_t
    private let group: gid_t

    /// Looks `name` up.
    ///
    /// - Throws: that there is no such user, or that this process cannot become it.
    init(_ name: String) throws {
        self.name = name
        var entry = unsafe passwd()
        var found: UnsafeMutablePointer<passwd>?
        var room = [CChar](repeating: 0, count: 1 << 16)
        let code = unsafe getpwnam_r(name, &entry, &room, room.count, &found)
        guard unsafe found != nil else {
            let reason =
                code == 0 ? "there is no such user" : unsafe String(cString: strerror(code))
            throw Failure(ExitStatus.usage, "--user \(name): \(reason)")
        }
        (user, group) = unsafe (entry.pw_uid, entry.pw_gid)
        guard user != 0 else {
            throw Failure(ExitStatus.usage, "--user \(name): that is root, who need not be named")
        }
        guard geteuid() == 0 else {
            throw Failure(
                ExitStatus.usage,
                "--user \(name): only root can become another user; this is user \(geteuid()), "
                    + "leave --user out"
            )
        }
    }

    /// Gives root up for good: all threads, all groups.
    ///
    /// - Throws: that it cannot be given up, or came back.
    func become() throws {
        try check(unsafe initgroups(name, group), "initgroups")
        try check(setgid(group), "setgid")
        try check(setuid(user), "setuid")
        let isUser =
            getuid() == user && geteuid() == user && getgid() == group && getegid() == group
        // Whoever keeps capabilities or a saved root could take it back, and so could a script.
        guard isUser, setuid(0) != 0, seteuid(0) != 0, setgid(0) != 0 || group == 0 else {
            throw Failure(
                ExitStatus.usage,
                "--user \(name): root could be had again (securebits, capabilities); this is not safe"
            )
        }
    }

    private func check(_ result: Int32, _ call: String) throws {
        if result == 0 { return }
        let reason = unsafe String(cString: strerror(errno))
        throw Failure(ExitStatus.usage, "--user \(name): \(call): \(reason)")
    }
}
