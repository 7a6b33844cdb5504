// SPDX-License-Identifier: BSD-2-Clause
import CMosABI
import Scripting

/// The program's version.
let version = "0.1.0"

/// What `mos --version` prints.
let versionText = "mos \(version) (ABI \(MOS_ABI_VERSION), \(ScriptHost.luaVersion))"
