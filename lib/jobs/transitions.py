"""How files and jobs change state: each change is one script, so that Redis makes it whole or not at all.

In: names of keys and values. Out: Lua. A final state is never left again, whoever comes late: the first result of a
file is the one, and a job that ended stays ended. Times are Redis' own, as the clocks of machines differ.

Keys, all below `ocrlty:`
    job:<id>            what was asked for, and the job's times; `settled` counts its files that are done
    job:<id>:states     index -> state                  job:<id>:outcomes   index -> outcome, as JSON
    job:<id>:pages      `<index>:done`, `<index>:total` job:<id>:deaths     index -> workers that died over it
    job:<id>:order      indexes in the order in which they were settled
    upload:<file>       the bytes of a small file
    open                files that are not settled -> since when
    claims, leases      file -> the worker that reads it, file -> until when it is believed to live
    workers, doing      worker -> until when it is believed to live, worker -> what it said last
    queues              names of queues that ever held a file
    callbacks           jobs whose end is to be told -> when to try next
    totals              counts since Redis was new
"""

from typing import Final

PREFIX: Final = "ocrlty:"

SHARED = """
local P = 'ocrlty:'
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local function split(file)
  local id, index = string.match(file, '^(%x+)%-(%d+)$')
  return P .. 'job:' .. id, index, id
end
local function final(state)
  return state == 'finished' or state == 'failed' or state == 'cancelled'
end
local function release(file)
  redis.call('HDEL', P .. 'claims', file)
  redis.call('ZREM', P .. 'leases', file)
end
local function end_job(job, id)
  redis.call('HSET', job, 'ended_at', now())
  local ttl = redis.call('HGET', job, 'ttl')
  for _, part in ipairs({'', ':states', ':outcomes', ':pages', ':deaths', ':order'}) do
    redis.call('EXPIRE', job .. part, ttl)
  end
  local idempotency = redis.call('HGET', job, 'idempotency')
  if idempotency ~= '' then redis.call('EXPIRE', idempotency, ttl) end
  if redis.call('HGET', job, 'callback_url') ~= '' then
    redis.call('HSET', job, 'callback', 'pending')
    redis.call('ZADD', P .. 'callbacks', now(), id)
  end
end
local function settle(file, state, outcome)
  local job, index, id = split(file)
  local known = redis.call('HGET', job .. ':states', index)
  if not known or final(known) then return 0 end
  redis.call('HSET', job .. ':states', index, state)
  if outcome ~= '' then redis.call('HSET', job .. ':outcomes', index, outcome) end
  redis.call('RPUSH', job .. ':order', index)
  redis.call('ZREM', P .. 'open', file)
  release(file)
  redis.call('HINCRBY', P .. 'totals', state, 1)
  if redis.call('HINCRBY', job, 'settled', 1) == tonumber(redis.call('HGET', job, 'files')) then end_job(job, id) end
  return 1
end
"""

CREATE = """
local id, idempotency, most, files = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
if idempotency ~= '' then
  local known = redis.call('GET', idempotency)
  local digest = known and redis.call('HGET', P .. 'job:' .. known, 'digest')
  if digest then return {known, digest} end
end
if redis.call('ZCARD', P .. 'open') + files > most then return {} end
local job, time = P .. 'job:' .. id, now()
redis.call('HSET', job, 'created_at', time, 'settled', 0, 'files', files, 'idempotency', idempotency, unpack(ARGV, 5))
redis.call('SADD', P .. 'queues', redis.call('HGET', job, 'queue'))
for index = 0, files - 1 do
  redis.call('HSET', job .. ':states', index, 'queued')
  redis.call('ZADD', P .. 'open', time, id .. '-' .. index)
end
if idempotency ~= '' then redis.call('SET', idempotency, id) end
return {id, redis.call('HGET', job, 'digest')}
"""
"""id, idempotency key, most open files, files, then fields and values -> id and digest of the job, or nothing."""

BEGIN = """
local file, worker, lease = ARGV[1], ARGV[2], tonumber(ARGV[3])
local job, index = split(file)
local state = redis.call('HGET', job .. ':states', index)
if not state or final(state) then return 0 end
local holder = redis.call('HGET', P .. 'claims', file)
local until_when = redis.call('ZSCORE', P .. 'leases', file)
if holder and holder ~= worker and until_when and tonumber(until_when) > now() then return 0 end
redis.call('HSET', P .. 'claims', file, worker)
redis.call('ZADD', P .. 'leases', now() + lease, file)
redis.call('HSET', job .. ':states', index, 'started')
redis.call('HSETNX', job, 'started_at', now())
return 1
"""
"""file, worker, seconds -> whether this worker is to read it."""

BEAT = """
local worker, saying, lease, file = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
redis.call('ZADD', P .. 'workers', now() + lease, worker)
redis.call('HSET', P .. 'doing', worker, saying)
if file == '' then return 1 end
local job, index = split(file)
local state = redis.call('HGET', job .. ':states', index)
local holder = redis.call('HGET', P .. 'claims', file)
if not state or final(state) or (holder and holder ~= worker) then return 0 end
redis.call('HSET', P .. 'claims', file, worker)
redis.call('ZADD', P .. 'leases', now() + lease, file)
redis.call('HSET', job .. ':states', index, 'started')
for name, pages in pairs({done = tonumber(ARGV[5]), total = tonumber(ARGV[6])}) do
  local known = tonumber(redis.call('HGET', job .. ':pages', index .. ':' .. name) or 0)
  if pages > known then redis.call('HSET', job .. ':pages', index .. ':' .. name, pages) end
end
return 1
"""
"""worker, what it does, seconds, file or nothing, pages done, pages in all -> whether it is to go on."""

SETTLE = """
local job, index = split(ARGV[1])
local known = redis.call('HGET', job .. ':states', index)
if not known or final(known) then return 0 end
if tonumber(ARGV[4]) > 0 then
  redis.call('HSET', job .. ':pages', index .. ':done', ARGV[4], index .. ':total', ARGV[4])
end
return settle(ARGV[1], ARGV[2], ARGV[3])
"""
"""file, final state, outcome or nothing, pages read -> whether this settled it."""

PUT_BACK = """
local file, worker, counted, most, outcome = ARGV[1], ARGV[2], ARGV[3] == '1', tonumber(ARGV[4]), ARGV[5]
if worker ~= '' and redis.call('HGET', P .. 'claims', file) ~= worker then return 'other' end
local lease = redis.call('ZSCORE', P .. 'leases', file)
if worker == '' and lease and tonumber(lease) > now() then return 'other' end
release(file)
local job, index = split(file)
local state = redis.call('HGET', job .. ':states', index)
if not state or final(state) then return 'other' end
if counted and redis.call('HINCRBY', job .. ':deaths', index, 1) >= most then
  settle(file, 'failed', outcome)
  redis.call('EXPIRE', P .. 'upload:' .. file, redis.call('HGET', job, 'ttl'))
  return 'failed'
end
redis.call('HSET', job .. ':states', index, 'queued')
redis.call('HINCRBY', P .. 'totals', 'put_back', 1)
return 'queued'
"""
"""file, its worker (none: whoever let its lease lapse), whether it counts, deaths allowed, outcome -> its fate."""

LAPSED = "return redis.call('ZRANGEBYSCORE', P .. 'leases', '-inf', now())"
"""-> files whose workers have given no sign of life."""

CANCEL = """
local id = ARGV[1]
local job = P .. 'job:' .. id
for index = 0, tonumber(redis.call('HGET', job, 'files') or 0) - 1 do
  settle(id .. '-' .. index, 'cancelled', '')
end
return redis.call('HGET', job, 'ended_at')
"""
"""id -> nothing is open any more; workers learn it from their next beat."""

NEXT_CALLBACK = """
local due = redis.call('ZRANGEBYSCORE', P .. 'callbacks', '-inf', now(), 'LIMIT', 0, 1)[1]
if not due then return false end
redis.call('ZADD', P .. 'callbacks', now() + tonumber(ARGV[1]), due)
local job = P .. 'job:' .. due
if redis.call('EXISTS', job) == 0 then return {due, 1} end
return {due, redis.call('HINCRBY', job, 'callback_attempts', 1)}
"""
"""seconds that it is this caller's -> id and attempt, or nothing."""

CALLBACK_LATER = "return redis.call('ZADD', P .. 'callbacks', 'XX', now() + tonumber(ARGV[2]), ARGV[1])"
"""id, seconds."""

CALLBACK_OVER = """
redis.call('ZREM', P .. 'callbacks', ARGV[1])
redis.call('HINCRBY', P .. 'totals', 'callback_' .. ARGV[2], 1)
local job = P .. 'job:' .. ARGV[1]
if redis.call('EXISTS', job) == 1 then redis.call('HSET', job, 'callback', ARGV[2]) end
"""
"""id, delivered or failed."""

WORKERS = """
redis.call('ZREMRANGEBYSCORE', P .. 'workers', '-inf', now())
local alive, doing = redis.call('ZRANGE', P .. 'workers', 0, -1), {}
for _, worker in ipairs(redis.call('HKEYS', P .. 'doing')) do
  if not redis.call('ZSCORE', P .. 'workers', worker) then redis.call('HDEL', P .. 'doing', worker) end
end
for place, worker in ipairs(alive) do doing[place] = redis.call('HGET', P .. 'doing', worker) or '' end
return {alive, doing}
"""
"""-> names of the workers that are alive, and what each said last."""

WAITING = """
local counts, oldest = {}, ''
local claimed = redis.call('HLEN', P .. 'claims')
local first = redis.call('ZRANGE', P .. 'open', 0, claimed, 'WITHSCORES')
for place = 1, #first, 2 do
  if oldest == '' and redis.call('HEXISTS', P .. 'claims', first[place]) == 0 then
    oldest = tostring(now() - tonumber(first[place + 1]))
  end
end
return {redis.call('ZCARD', P .. 'open'), claimed, oldest}
"""
"""-> open files, those being read, seconds that the oldest waits, or nothing."""
