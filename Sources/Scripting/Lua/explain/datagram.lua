-- SPDX-License-Identifier: BSD-2-Clause
-- Notes of a row of a UDP or ICMP flow: these have neither stacks nor a stream.
local paint = require "mos.explain.paint"

local datagram = {}

local function bytes(count)
  return paint.count(count, "byte")
end

local function icmp_note(r)
  local text = ("type %d code %d"):format(r.icmp_type, r.icmp_code)
  if not r.quoted then return text end
  local proto = tostring(r.quoted.proto)
  if r.about then return text .. (", an error about %s %s"):format(proto, r.about) end
  return text .. (", an error about %s %s > %s"):format(proto, r.quoted.src, r.quoted.dst)
end

--- The notes of a row, as those of a connection.
function datagram.notes(r)
  local notes = {}
  if not r.from then return notes end
  local text = bytes(r.len)
  if r.icmp_type then text = icmp_note(r) .. ", " .. text end
  notes[1] = { text = text }
  if r.unbelieved then
    notes[#notes + 1] = { code = "bad-checksum", style = "bad",
      text = "wrong checksum: not believed, no event" }
  end
  if r.captured < r.len then
    notes[#notes + 1] = { code = "cut", style = "bad",
      text = ("%s not captured"):format(bytes(r.len - r.captured)) }
  end
  if r.reassembled then
    notes[#notes + 1] = { code = "reassembled", text = "put together from IP fragments" }
  end
  return notes
end

return datagram
