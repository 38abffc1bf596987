-- wrk script: one operation over all seeded people. Arguments: operation, tokens file, patients,
-- directory. The first half of the patients is read by sync and by reports, the second half is written.
local operation, people, patients, home, half
local EPOCH, COUNTER = 2 ^ 40, 1000000
local cursors, replays, turn, wrong = {}, {}, 0, 0

-- The timestamp of a push's answer tells whose it is: that device has now seen everything.
local function learn(status, _, answer)
   local timestamp = answer:match('"timestamp":(%d+)')
   if timestamp then
      cursors[math.floor((tonumber(timestamp) - EPOCH) / COUNTER)] = timestamp
   end
   if not (answer:find('"accepted":50', 1, true) and answer:find('"records":[]', 1, true)) then
      wrong = wrong + 1
      if wrong == 1 then io.write("WRONG ", status, " ", answer:sub(1, 300), "\n") end
   end
end

function init(args)
   operation = args[1]
   patients = tonumber(args[3])
   people = {}
   for line in io.lines(args[2]) do
      local own, practitioner = line:match("^(%S+)\t(%S+)$")
      people[#people + 1] = { own = "Bearer " .. own, practitioner = "Bearer " .. practitioner }
   end
   home, half = args[4], math.floor(patients / 2)
   math.randomseed(os.time())
   if operation == "W2" then
      response = learn -- wrk parses answers only where this exists
      for line in io.lines(home .. "/cursors.tsv") do
         local p, cursor = line:match("^(%d+)\t(%d+)$")
         cursors[tonumber(p)] = cursor
      end
   elseif operation == "W2_replay" then
      for p = half + 1, half + 16 do
         local cursor, file = io.lines(home .. "/replay-" .. p .. ".tsv")():match("^(%d+)\t(.*)$")
         replays[p] = { cursor = cursor, body = file }
      end
   end
end

local function seeded(kind, number)
   return string.format("%08d-0000-7000-8000-%012d", kind, number)
end

local function random_id()
   return string.format("%08x-%04x-4%03x-8%03x-%06x%06x", math.random(0, 0xffffffff),
      math.random(0, 0xffff), math.random(0, 0xfff), math.random(0, 0xfff),
      math.random(0, 0xffffff), math.random(0, 0xffffff))
end

local body = [[{"kind":"daily","effective_at":"2026-11-01T20:00:00.000Z","time_zone":"Europe/Berlin",
"recorded_at":"2026-11-01T20:00:00.000Z","pain_now":4,"pain_average":4,"pain_worst":4,"pain_least":4,
"interference":4,"mood":4,"energy":4,"stress":4,"stiffness":4,"walking_minutes":60,"steps":4200,
"sites":[{"region":"low_back","intensity":5}],"triggers":["lifting"],
"note":"a note of about a hundred characters, as people write them in the evening before they go to bed"}]]

local function pull(p, since, more)
   local path = string.format("/v1/sync?last_pulled_at=%.0f%s", since, more or "")
   return wrk.format("GET", path, { Authorization = people[p].own })
end

local function push(p, cursor, key, changes)
   local headers = { Authorization = people[p].own, ["Idempotency-Key"] = key, ["Content-Type"] = "application/json" }
   return wrk.format("POST", "/v1/sync?last_pulled_at=" .. cursor, headers, changes)
end

-- 50 entries scattered over three years, three fields of each edited.
local function edits(p)
   local rows, start = {}, math.random(0, 1094)
   for k = 0, 49 do
      rows[#rows + 1] = string.format('{"id":"%s","mood":%d,"steps":%d,"updated_at":1793000000000,' ..
         '"note":"note %d of about a hundred characters, as people write them in the evening before they sleep",' ..
         '"_status":"updated","_changed":"mood,steps,note"}',
         seeded(5, p * 10000 + (start + k * 21) % 1095), math.random(0, 10), math.random(0, 30000), math.random(1, 999999))
   end
   return '{"changes":{"journal_entries":{"created":[],"updated":[' .. table.concat(rows, ",") .. '],"deleted":[]}}}'
end

local function sync()
   local p = math.random(1, half)
   local now = EPOCH + p * COUNTER
   if operation == "R2_0" then
      return pull(p, now)
   elseif operation == "R2_20" then
      return pull(p, now - 20)
   elseif operation == "R2_1095" then
      return pull(p, 0, "&collections=journal_entries")
   elseif operation == "R2_10k" then
      local since = math.random(0, 1) * (EPOCH + 5001)
      return pull(patients + math.random(1, 4), since, "&collections=journal_entries")
   elseif operation == "W2_replay" then
      p = half + math.random(1, 16)
      return push(p, replays[p].cursor, "bench-replay-" .. p, replays[p].body)
   end
   turn = turn + 1
   p = half + 1 + turn % (patients - half)
   return push(p, cursors[p], random_id(), edits(p))
end

-- A practitioner's report: R4, of 365 days, as JSON; R4_html_90 is the page of 90 days.
local FROM = { ["90"] = "2026-08-02", ["365"] = "2025-10-31", ["731"] = "2024-10-30" }
local FILES = { html = "/page.html", pdf = "/document.pdf" }

local function report()
   local form, days = operation:match("_(%a+)"), operation:match("_(%d+)$") or "365"
   -- The longest window is read where the journals have three entries a day.
   local p = days == "731" and patients + math.random(37, 40) or math.random(1, half)
   local path = string.format("/v1/patients/%s/report%s?from=%s&to=2026-10-30", seeded(6, p), FILES[form] or "", FROM[days])
   return wrk.format("GET", path, { Authorization = people[p].practitioner })
end

function request()
   if operation:match("^R2_") or operation:match("^W2") then return sync() end
   if operation:match("^R4") then return report() end
   local p = math.random(operation == "W1" and half + 1 or 1, patients)
   local who = people[p]
   local headers = { Authorization = who.own }
   if operation == "W1" then
      headers["Content-Type"] = "application/json"
      headers["If-None-Match"] = "*"
      return wrk.format("PUT", "/v1/journal-entries/" .. random_id(), headers, body)
   elseif operation == "R1" then
      local id = seeded(5, p * 10000 + math.random(0, 1094))
      return wrk.format("GET", "/v1/journal-entries/" .. id, headers)
   elseif operation == "R3" then
      return wrk.format("GET", "/v1/journal-entries?from=2026-10-01&to=2026-10-30", headers)
   else
      return wrk.format("GET", "/healthz")
   end
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format("RESULT %d %d %d %d %.0f %.0f %.0f\n", summary.requests, summary.duration,
      errors.status, errors.connect + errors.read + errors.write + errors.timeout,
      latency:percentile(50), latency:percentile(99), latency.max))
end
