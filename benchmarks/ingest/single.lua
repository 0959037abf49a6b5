-- One summary a request, each of another site and hour: SITES tokens in a file, hours counted up from START.
-- wrk starts a state for each thread; ID and THREADS part the sites among them.
local tokens, heads = {}, {}
local counter = 0
local threads = {}
function setup(thread)
  table.insert(threads, thread)
  thread:set("id", #threads)
end
function init(args)
  for line in io.lines(args[1]) do tokens[#tokens + 1] = line end
  sites, share, start = #tokens, tonumber(args[2]), tonumber(args[3])
  first = (id - 1) * math.floor(sites / share)
  mine = math.floor(sites / share)
  template = io.open(args[4]):read("*a")
  before, middle = template:match("^(.-)@SITE@"), nil
  parts = {}
  for text, mark in template:gmatch("([^@]*)@(%u+)@") do parts[#parts + 1] = {text, mark} end
  tail = template:match("@%u+@([^@]*)$")
end
local function stamp(at) return os.date("!%Y-%m-%dT%H:%M:%SZ", at) end
function request()
  local number = first + counter % mine
  local at = start + 3600 * math.floor(counter / mine)
  counter = counter + 1
  local values = {SITE = tostring(number), START = stamp(at), END = stamp(at + 3600),
                  LABEL = os.date("!%Y-%m-%dT%HZ", at), FIGURE = tostring(10 + counter % 90)}
  local out = {}
  for _, part in ipairs(parts) do out[#out + 1] = part[1]; out[#out + 1] = values[part[2]] end
  out[#out + 1] = tail
  return wrk.format("POST", "/v1/summaries", {["Authorization"] = "Bearer " .. tokens[number + 1],
    ["Content-Type"] = "application/json"}, table.concat(out))
end
function done(summary, latency, requests)
  io.write(string.format("RESULT %d %d %.1f %.1f %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), summary.errors.status, summary.errors.timeout + summary.errors.connect + summary.errors.read))
end
