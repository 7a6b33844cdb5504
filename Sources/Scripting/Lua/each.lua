-- SPDX-License-Identifier: BSD-2-Clause
-- `for key, value in each(t) do` is `pairs`, but safe: where a script's loop is called `pairs` or
-- `next`, LuaJIT makes special bytecode of it, and versions of 2022 end such a loop early at the
-- moment when they give up compiling it (LuaJIT issue 827).
local step = next

return function(t)
  return step, t
end
