-- SPDX-License-Identifier: BSD-2-Clause
-- Numbers, seconds and keys as one-liners show them.
local numbers = {}

--- A number: whole ones in full, others to six digits.
function numbers.plain(n)
  if n % 1 == 0 and n > -1e15 and n < 1e15 then return ("%d"):format(n) end
  return ("%.6g"):format(n)
end

local function digits(n)
  return (("%.3g"):format(n):gsub("e%+0*", "e"))
end

--- Seconds in the unit that people say: 150 us, 1.5 ms, 2 s.
function numbers.seconds(s)
  local size = s < 0 and -s or s
  if size == 0 then return "0" end
  if size < 0.9995e-6 then return digits(s * 1e9) .. " ns" end
  if size < 0.9995e-3 then return digits(s * 1e6) .. " us" end
  if size < 0.9995 then return digits(s * 1e3) .. " ms" end
  return size < 1e5 and size % 1 == 0 and ("%d s"):format(s) or digits(s) .. " s"
end

local large = { "K", "M", "G", "T", "P", "E" }
local small = { "m", "u", "n", "p" }

--- A power of two: 512, 1K, 64M; 250m, 977u.
function numbers.power(n)
  if n == math.huge then return "..." elseif n == 0 then return "0" end
  local i = 0
  if n >= 1 then
    while n >= 1024 and large[i + 1] do n, i = n / 1024, i + 1 end
    return ("%d%s"):format(n, large[i] or "")
  end
  while n < 1 and small[i + 1] do n, i = n * 1000, i + 1 end
  return digits(n) .. small[i]
end

--- A number as it stands beside powers of two.
function numbers.short(n)
  if n > 0 and n < 0.1 then return numbers.power(n) end
  return numbers.plain(n)
end

local function visible(c)
  return ("\\x%02x"):format(c:byte())
end

--- A part of a key as it stands in a table: on one line, and nothing that steers a terminal.
function numbers.key(part)
  if type(part) == "number" then return numbers.plain(part) end
  local text = tostring(part):gsub("%c", visible):gsub("\194[\128-\159]", function(c)
    return "\\xc2" .. visible(c:sub(2))
  end)
  return text == "" and '""' or text
end

return numbers
