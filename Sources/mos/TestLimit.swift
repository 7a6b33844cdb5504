// SPDX-License-Identifier: BSD-2-Clause
import Glibc

/// Ends the program when a test has used too much processor time: a script that loops for ever returns to nobody.
enum TestLimit {
    /// What is said then, made before the handler can need it.
    nonisolated(unsafe) private static var message: UnsafeMutablePointer<CChar>?

    /// Ctrl-C and SIGTERM end the program at once: there is no capture whose end anybody waits for.
    static func handleInterrupts() {
        for number in [SIGINT, SIGTERM] {
            var action = sigaction()
            unsafe action.__sigaction_handler.sa_handler = { _ in
                Glibc._exit(ExitStatus.interrupted)
            }
            _ = unsafe sigaction(number, &action, nil)
        }
    }

    /// From now on so much processor time may pass; 0 = any.
    static func start(seconds: Int, _ what: String) {
        if seconds == 0 { return }
        let text =
            "mos: \(what): still running after \(seconds) s of processor time (--timeout): stopped\n"
        unsafe free(message)
        unsafe message = strdup(text)
        var action = sigaction()
        unsafe action.__sigaction_handler.sa_handler = { _ in
            if let message = unsafe TestLimit.message {
                _ = unsafe write(STDERR_FILENO, message, strlen(message))
            }
            Glibc._exit(ExitStatus.test)
        }
        _ = unsafe sigaction(SIGVTALRM, &action, nil)
        set(seconds)
    }

    /// It is done.
    static func stop() { set(0) }

    private static func set(_ seconds: Int) {
        var timer = itimerval()
        timer.it_value.tv_sec = seconds
        _ = unsafe setitimer(__itimer_which_t(1), &timer, nil)
    }
}
