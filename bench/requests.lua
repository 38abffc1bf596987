-- wrk script: one operation over all seeded people. Arguments: operation, tokens file, patients.
local operation, people, patients

function init(args)
   operation = args[1]
   patients = tonumber(args[3])
   people = {}
   for line in io.lines(args[2]) do
      local own, practitioner = line:match("^(%S+)\t(%S+)$")
      people[#people + 1] = { own = "Bearer " .. own, practitioner = "Bearer " .. practitioner }
   end
   math.randomseed(os.time())
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

function request()
   local p = math.random(1, patients)
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
   elseif operation == "R4" then
      headers.Authorization = who.practitioner
      return wrk.format("GET", "/v1/patients/" .. seeded(6, p) .. "/report?from=2025-10-31&to=2026-10-30", headers)
   else
      return wrk.format("GET", "/healthz")
   end
end

function done(summary, latency, requests)
   local errors = summary.errors
   io.write(string.format("RESULT %d %d %d %.0f %.0f\n", summary.requests, summary.duration,
      errors.status + errors.connect + errors.read + errors.write + errors.timeout,
      latency:percentile(50), latency:percentile(99)))
end
