// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Scripting

/// What `mos --version` prints.
let versionText = "mos 0.1.0 (ABI \(MOS_ABI_VERSION), \(ScriptHost.luaVersion))"
