// SPDX-License-Identifier: BSD-2-Clause
import Capture
import Engine
import Outputs
import Scripting

/// Loads other versions of the scripts beside the ones that run, has all workers change to them, and has them go back when
/// one of them fails.
///
/// Its thread loads and ends Lua states; workers do nothing but change from one to another, see ``ScriptRunner``.
final class Reloader: @unchecked Sendable {
    typealias Loader = (_ calls: EngineCalls, _ number: Int) throws(ScriptError) -> ScriptVersion

    private let members: [Crew.Member]
    private let load: Loader
    private let monitor = Monitor()
    private var thread: WorkerThread?
    private let wakeUp = WakeUp()
    private var files: FileWatch?
    /// What the files held when they were loaded last.
    private var contents: [String: [UInt8]] = [:]

    // Below the monitor.
    private var isWanted = false
    private var isOver = false
    private var isSaidBroken = false
    private var garbage: [ScriptVersion] = []
    private var ended: Set<Int> = []
    /// Requests that workers have not answered.
    private var unanswered: [Int]
    private var number = 1
    /// The version on trial, and the workers where it has passed.
    private var trial: (number: Int, passed: Set<Int>)?

    init(_ crew: Crew, load: @escaping Loader) {
        members = crew.members
        self.load = load
        unanswered = members.map { _ in 0 }
        for (index, member) in members.enumerated() {
            member.runner.onReport = { [unowned self] report in take(report, from: index) }
            member.runner.onDisposal = { [unowned self] version in
                monitor.hold { garbage.append(version) }
                wakeUp?.ring()
            }
        }
        crew.onEnd = { [unowned self] index in end(of: index) }
    }

    /// Loads again whenever one of these files changes.
    ///
    /// - Throws: that the system cannot watch.
    func watch(_ paths: [String]) throws {
        guard let files = FileWatch() else {
            throw Failure(ExitStatus.usage, "--watch: the system refuses to watch files")
        }
        self.files = files
        addFiles(paths)
        try start()
    }

    /// Loads again, from any thread.
    func request() {
        monitor.hold { isWanted = true }
        do { try start() } catch { Diagnostics.say("mos: \(error)") }
        wakeUp?.ring()
    }

    /// The run is over.
    func finish() {
        monitor.hold {
            isOver = true
            monitor.wakeAll()
        }
        wakeUp?.ring()
        thread?.join()
        thread = nil
    }

    private func start() throws {
        if thread != nil { return }
        guard wakeUp != nil, let thread = WorkerThread(on: nil, { [unowned self] in work() }) else {
            throw Failure(ExitStatus.usage, "reload: the system refuses a thread")
        }
        self.thread = thread
    }

    // MARK: Its thread

    private func work() {
        Signals.blockForThisThread()
        while true {
            let (isOver, isAsked) = monitor.hold {
                garbage = []
                defer { isWanted = false }
                return (self.isOver, isWanted)
            }
            if isOver { return }
            if isAsked {
                reload()
            } else if files?.takeChanges() == true {
                settle()
                if hasChanged() { reload() }
            } else {
                // Whoever rings has said before what for; what ``settle()`` heard was looked at above.
                wakeUp?.wait(or: files?.descriptor, milliseconds: -1)
            }
        }
    }

    /// An editor may write in several steps: nothing has changed for some time.
    private func settle() {
        repeat {
            wakeUp?.wait(or: files?.descriptor, milliseconds: 50)
        } while files?.takeChanges() == true
    }

    private func addFiles(_ paths: [String]) {
        for path in files?.add(paths) ?? [] {
            Diagnostics.say("mos: --watch: cannot watch \(path)")
        }
        for path in paths { contents[path] = Self.read(path) }
    }

    private func hasChanged() -> Bool { contents.contains { Self.read($0.key) != $0.value } }

    private static func read(_ path: String) -> [UInt8] { (try? ScriptHost.bytes(of: path)) ?? [] }

    /// Loads a version for each worker; when all are there, they take over.
    private func reload() {
        guard waitForAnswers() else { return }
        let number = self.number + 1
        for path in contents.keys { contents[path] = Self.read(path) }
        var versions: [ScriptVersion] = []
        do {
            for member in members {
                let calls = try EngineCalls(staging: member.runner.current.calls)
                versions.append(try load(calls, number))
            }
            addFiles(try versions[0].host.files().filter { contents[$0] == nil })
        } catch {
            Diagnostics.say("mos: reload: \(error)\nmos: reload: not loaded; what runs goes on")
            return
        }
        self.number = number
        monitor.hold { trial = (number, []) }
        for (index, version) in versions.enumerated() { post(.takeOver(version), to: index) }
    }

    /// Waits until workers have done what they were asked for; false when the run is over.
    private func waitForAnswers() -> Bool {
        monitor.hold {
            while !isOver, unanswered.contains(where: { $0 > 0 }) { monitor.wait() }
            return !isOver && ended.count < members.count
        }
    }

    // MARK: What workers say, on their threads

    private func post(_ request: ScriptRunner.Request, to index: Int) {
        let runs = monitor.hold {
            if ended.contains(index) { return false }
            unanswered[index] += 1
            return true
        }
        if runs { members[index].runner.post(request) }
    }

    private func postToAll(_ request: ScriptRunner.Request) {
        for index in members.indices { post(request, to: index) }
    }

    private func take(_ report: ScriptRunner.Report, from index: Int) {
        switch report {
        case .answered:
            monitor.hold {
                unanswered[index] = max(0, unanswered[index] - 1)
                monitor.wakeAll()
            }
        case .tookOver(let number, let time, let lines):
            say("version \(number) runs", index, time, lines)
        case .refused(let number, let reason):
            fail(number, reason)
        case .tried(let number, passed: false):
            fail(number, "a callback failed 10 times in a row within its first 1000 callbacks")
        case .tried(let number, passed: true):
            pass(number) { $0.insert(index) }
        case .wentBack(let number, let time, let lines):
            say("version \(number) is gone, the one before runs again", index, time, lines)
        }
    }

    private func end(of index: Int) {
        monitor.hold {
            ended.insert(index)
            unanswered[index] = 0
            monitor.wakeAll()
        }
        guard let number = monitor.hold({ trial?.number }) else { return }
        pass(number) { _ in }
    }

    /// A version stands when its trial is passed by all workers that still run.
    private func pass(_ number: Int, _ note: (inout Set<Int>) -> Void) {
        let stands = monitor.hold {
            guard trial?.number == number else { return false }
            if var passed = trial?.passed {
                note(&passed)
                trial?.passed = passed
                guard passed.union(ended).count == members.count, !passed.isEmpty else {
                    return false
                }
            }
            trial = nil
            return true
        }
        if stands { postToAll(.accept(number)) }
    }

    private func fail(_ number: Int, _ reason: String) {
        let isFirst = monitor.hold {
            defer { if trial?.number == number { trial = nil } }
            return trial?.number == number
        }
        guard isFirst else { return }
        Diagnostics.say(
            "mos: reload: version \(number) fails: \(reason); the one before comes back"
        )
        postToAll(.goBack(number))
    }

    private func say(_ what: String, _ index: Int, _ nanoseconds: UInt64, _ lines: [String]) {
        let microseconds = Int(nanoseconds / 1000)
        let fraction = String(microseconds % 1000 / 100)
        let worker = members.count > 1 ? "worker \(index): " : ""
        Diagnostics.say(
            "mos: reload: \(worker)\(what), after \(microseconds / 1000).\(fraction) ms: "
                + lines.joined(separator: "; ")
        )
    }
}
