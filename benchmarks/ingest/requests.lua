-- Sends the requests of a file, one after the other: each is its length in a line of its own, then its octets.
-- They are made before the run, so that wrk has nothing to do in it but send.
local made, next_one = {}, 0
function init(args)
  local file = assert(io.open(args[1], "rb"))
  while true do
    local length = file:read("*l")
    if not length then break end
    made[#made + 1] = file:read(tonumber(length))
  end
  file:close()
end
function request()
  next_one = next_one + 1
  return made[(next_one - 1) % #made + 1]
end
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %.0f %.0f %.0f %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), latency.max, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout))
end
