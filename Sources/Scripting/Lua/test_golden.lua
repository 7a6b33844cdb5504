-- SPDX-License-Identifier: BSD-2-Clause
-- Golden records: a file beside the script has what the run of a test writes to standard output.
-- `mos test --update` writes it.
local ffi = require "ffi"
local boot = require "mos.boot"
local diff = require "mos.test_diff"
local watch = require "mos.test_watch"

ffi.cdef "int mkdir(const char *path, unsigned int mode);"

local golden = {
  --- The file of the test in hand, and whether it was written.
  path = nil, is_written = false, is_used = false,
}

--- The file of a test: `http.lua`, "finds it, twice" -> `http.golden/finds-it-twice.jsonl`.
function golden.path_of(file, name)
  local slug = name:gsub("[^%w]+", "-"):gsub("^%-+", ""):gsub("%-+$", "")
  return file:gsub("%.lua$", "") .. ".golden/" .. (slug == "" and "test" or slug) .. ".jsonl"
end

local function read(path)
  local file, problem = io.open(path, "rb")
  if not file then return nil, problem end
  local text = file:read "*a"
  file:close()
  return text
end

local function write(path, text)
  ffi.C.mkdir(path:match "^(.*)/", 493) -- rwxr-xr-x; an error shows in what follows
  local file, problem = io.open(path, "wb")
  if not file then return problem end
  local ok, failure = file:write(text)
  local closed, other = file:close()
  return not ok and failure or not closed and other or nil
end

local function lines_of(text)
  local lines = {}
  for line in text:gmatch "([^\n]*)\n" do lines[#lines + 1] = line end
  return lines
end

--- Compares, or writes with --update, when it is called with the place of the expectation.
function golden.look(fail)
  golden.is_used = true
  return function(place)
    local have = #watch.out == 0 and "" or table.concat(watch.out, "\n") .. "\n"
    local wanted = read(golden.path)
    if wanted == have then return end
    if boot.options.update then
      local problem = write(golden.path, have)
      if problem then return fail(place, "t.expect.golden: cannot write: " .. problem) end
      golden.is_written = true
      return
    end
    if not wanted then
      return fail(place, ("t.expect.golden: there is no %s; mos test --update writes it"):format(
        golden.path))
    end
    local a, b = lines_of(wanted), lines_of(have)
    local lines = diff.lists(a, b)
    if #lines == 0 then lines = { "    only the ends of lines differ" } end
    fail(place, ("t.expect.golden: %s: %s; mos test --update takes it as right"):format(
      golden.path, diff.heading("line", a, b)), lines)
  end
end

return golden
