// SPDX-License-Identifier: BSD-2-Clause
import Flows

/// What tables lie on, in words.
enum TransparentHugePages {
    private static let path = "/sys/kernel/mm/transparent_hugepage/enabled"

    /// Of the tables that were made so far.
    static var tables: String {
        let (reserved, others) = (TablePages.onReservedHugePages, TablePages.onOrdinaryPages)
        if reserved == 0 { return transparent }
        if others == 0 { return "reserved huge pages" }
        return "reserved huge pages, \(others) of \(reserved + others) on \(transparent)"
    }

    /// What those that asked for transparent huge pages can get.
    private static var transparent: String {
        guard let setting = SystemFile.text(path) else {
            return "ordinary pages (this kernel has no transparent huge pages)"
        }
        if setting.contains("[never]") {
            return "ordinary pages (transparent huge pages are off: echo madvise > \(path))"
        }
        if SystemFile.text("/proc/self/status")?.contains("\nTHP_enabled:\t0\n") == true {
            return "ordinary pages (transparent huge pages are off for this process)"
        }
        return "transparent huge pages"
    }
}
