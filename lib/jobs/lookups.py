"""What is asked about files, jobs and workers: each answer is one script, so that it is true of one moment.

In: nothing. Out: Lua. A transaction (MULTI) would do, but a full Redis refuses every one.
"""

VIEW = """
local job, found = P .. 'job:' .. ARGV[1], {}
for place, part in ipairs({'', ':states', ':pages', ':outcomes'}) do
  found[place] = (part ~= ':outcomes' or ARGV[2] == '1') and redis.call('HGETALL', job .. part) or {}
end
found[5] = redis.call('LRANGE', job .. ':order', 0, -1)
return found
"""
"""id, whether with outcomes -> the job, states, pages, outcomes, each as names and values, and the order of the end."""

LAPSED = """
local lease, found = tonumber(ARGV[1]), redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', now())
for _, file in ipairs(redis.call('ZRANGEBYSCORE', P .. 'leases', now() + 2 * lease, '+inf')) do
  found[#found + 1] = file
end
return found
"""
"""seconds -> files whose workers have given no sign of life, or none since the clock of Redis was put back."""

WORKERS = """
allow_oom()
redis.call('ZREMRANGEBYSCORE', P .. 'workers', '-inf', now())
redis.call('ZREMRANGEBYSCORE', P .. 'workers', now() + 2 * tonumber(ARGV[1]), '+inf')
local alive, doing = redis.call('ZRANGE', P .. 'workers', 0, -1), {}
for _, worker in ipairs(redis.call('HKEYS', P .. 'doing')) do
  if not redis.call('ZSCORE', P .. 'workers', worker) then redis.call('HDEL', P .. 'doing', worker) end
end
for place, worker in ipairs(alive) do doing[place] = redis.call('HGET', P .. 'doing', worker) or '' end
return {alive, doing}
"""
"""seconds -> names of the workers that are alive, and what each said last."""

WAITING = """
local oldest, claimed, lengths = '', redis.call('HLEN', P .. 'claims'), {}
local first = redis.call('ZRANGE', P .. 'open', 0, claimed, 'WITHSCORES')
for place = 1, #first, 2 do
  if oldest == '' and redis.call('HEXISTS', P .. 'claims', first[place]) == 0 then
    oldest = tostring(math.max(0, now() - tonumber(first[place + 1])))
  end
end
for place, queue in ipairs(ARGV) do
  lengths[place] = 0
  for _, owner in ipairs(redis.call('ZRANGE', P .. 'turns:' .. queue, 0, -1)) do
    lengths[place] = lengths[place] + redis.call('ZCARD', P .. 'line:' .. queue .. ':' .. owner)
  end
end
return {claimed, oldest, lengths}
"""
"""queues -> files being read, seconds that the oldest other one waits, or nothing, and how many wait in each queue."""
