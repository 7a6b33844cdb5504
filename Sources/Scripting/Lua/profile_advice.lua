-- SPDX-License-Identifier: BSD-2-Clause
-- Why LuaJIT does not compile something, in words, and what to write instead.

-- Functions that LuaJIT does not compile, as they stand in a line of a script.
local functions = {
  { "[.:]gsub%s*[({\"'%[]", "string.gsub", "find what is to change with view:find or a plain "
    .. "string.find, and put the parts together with .." },
  { "[.:]gmatch%s*[({\"'%[]", "string.gmatch", "loop with string.find(text, what, from, true), "
    .. "which is compiled" },
  { "[.:]match%s*[({\"'%[]", "string.match", "look for plain text with view:find, or "
    .. "string.find(text, what, 1, true), and cut with sub" },
  { "[.:]find%s*[({\"'%[]", "string.find with a pattern", "plain text is compiled: "
    .. "string.find(text, what, 1, true), or view:find" },
  { "[.:]dump%s*%(", "string.dump", nil },
  { "string%.format%s*%(", "string.format with this argument", "give it strings and numbers: "
    .. "call tostring where a new value comes, not for each event" },
  { "table%.concat%s*%(", "table.concat of these values", "give it strings and numbers" },
  { "table%.sort%s*%(", "table.sort", "sort in mos.on_report or on_interval, not for each event; "
    .. "mos.topk keeps the largest" },
  { "table%.insert%s*%(.-,.-,", "table.insert in the middle", "append with t[#t + 1] = value" },
  { "table%.remove%s*%(", "table.remove", "take the last: t[#t], t[#t] = nil" },
  { "coroutine%.", "coroutines", "keep what is to be known next time in flow.ctx or flow.state" },
  { "unpack%s*%(", "unpack", "name the values: t[1], t[2]" },
  { "select%s*%(", "select", "name the parameters" },
  { "os%.date", "os.date", "print the seconds, and turn them into a date afterwards" },
  { "os%.%a+", "functions of os", "call them in on_start or a timer" },
  { "io%.%a+", "functions of io", "use mos.emit or print for what is to be written" },
  { "load%a*%s*[({\"'%[]", "load", "load once, at the top level" },
  { "pcall%s*%(", "what is called through pcall", nil },
  { "collectgarbage", "collectgarbage", "leave it to LuaJIT, or call it in a timer" },
  { "debug%.%a+", "functions of debug", nil },
  { "require%s*[({\"'%[]", "require", "require once, at the top level" },
  { "print%s*%(", "print of these values", nil },
  { "pairs%s*%(", "pairs", "keep a list beside the table, and loop over its numbers" },
}

-- Parts of LuaJIT's reasons.
local reasons = {
  { "bytecode FNEW", "a closure is made each time", "make the function once, outside of the "
    .. "callback; keep what differs in flow.ctx" },
  { "bytecode UCLO", "a closure is made over a local of a loop or block",
    "make the function once, outside of the callback" },
  { "bytecode VARG", "... with an unknown number of values", "name the parameters" },
  { "bytecode CAT", "text is put together with ..", "use string.format, or string.buffer" },
  { "bytecode ITERN", "a loop over pairs or next", "keep a list beside the table, and loop over "
    .. "its numbers" },
  { "bytecode ISNEXT", "a loop over pairs or next", "keep a list beside the table, and loop over "
    .. "its numbers" },
  { "bytecode TSETM", "a table of an unknown number of values", "name the values" },
  { "bytecode", "an instruction that LuaJIT does not compile", nil },
  { "FastFunc", "a function that LuaJIT does not compile in this form", nil },
  { "leaving loop", "a loop that ends after few rounds, or with break", "loops of few rounds run "
    .. "in the interpreter: write the cases out, or leave it so where it is rare" },
  { "inner loop", "a loop within a loop", "the inner one is compiled by itself" },
  { "loop unroll", "a loop whose number of rounds changes from one time to the next", "move it "
    .. "into a function of its own" },
  { "call unroll", "a function that calls itself", "write it as a loop" },
  { "return to lower frame", "what follows a loop, or a call that is not compiled, in a function",
    nil },
  { "trace too long", "too much code for one way through it", "split the function, or do less" },
  { "trace too deep", "too many calls within each other", nil },
  { "too many snapshots", "too many branches on one way", "split the function" },
  { "too many spill slots", "too many locals at once", "split the function" },
  { "type instability", "a local that is now of one type, now of another", "give it one type: "
    .. "0 instead of nil, say" },
  { "mixed sparse/dense", "a table that is a list and a map at once", "use two tables" },
  { "nil or NaN key", "a table is written at nil or NaN", nil },
  { "missing metamethod", "an operation for which there is no metamethod", nil },
  { "C type conversion", "a conversion of an FFI value that LuaJIT does not compile", "use numbers "
    .. "and pointers to numbers; 64-bit values as doubles" },
  { "C function type", "an FFI call with arguments that LuaJIT does not compile", "no structs by "
    .. "value, no variable number of arguments, no callbacks" },
  { "bad argument", "a call with an argument of the wrong type", nil },
  { "error thrown", "an error is raised", nil },
  { "disabled", "jit.off was called for it", nil },
  { "blacklisted", "it calls or loops over what LuaJIT has given up", "see the lines before" },
  { "mcode", "no room for machine code", "fewer functions, or fewer branches" },
}

local function by_function(line)
  for _, one in ipairs(functions) do
    if line:find(one[1]) then return one[2], one[3] end
  end
  return nil
end

--- For a reason of LuaJIT's, or "stitch", and the line of the script: why, and what instead, which
--- may be nil.
return function(reason, line)
  if reason == "stitch" then
    local name, instead = by_function(line)
    return ("%s: compiled code is left and entered again at each call"):format(
      name and name .. " is not compiled" or "a function in C is called that is not compiled"),
      instead
  end
  for _, one in ipairs(reasons) do
    if reason:find(one[1], 1, true) then
      local why, instead = one[2], one[3]
      if one[1] == "FastFunc" then
        local name, other = by_function(line)
        if name then why, instead = name .. " is not compiled", other end
      end
      return ("%s: interpreted (%s)"):format(why, reason), instead
    end
  end
  return ("interpreted (%s)"):format(reason), nil
end
