"""How files and jobs change state: each change is one script, so that Redis makes it whole or not at all.

In: nothing. Out: Lua. A final state is never left again, whoever comes late: the first result of a file is the one, and
a job that ended stays ended. Times are Redis' own, as the clocks of machines differ.

A file that is not settled is in exactly one place: in the line of its queue and owner, or claimed by a worker. Workers
take from the lines by turns: of the owners with files in a queue the one with the fewest being read, of several the one
whose last turn is longest ago. An owner whose files ran into the deadline or killed workers `OFFENCES` times within
`OFFENCE_S` goes after all others until that has passed.

Keys, all below `ocrlty:`
    job:<id>            what was asked for, and the job's times; `settled` counts its files that are done
    job:<id>:states     index -> state                  job:<id>:outcomes   index -> outcome, as JSON
    job:<id>:pages      `<index>:done`, `<index>:total` job:<id>:tries      index -> how often it ended a worker
    job:<id>:order      indexes in the order in which they were settled
    upload:<file>       the bytes of a small file; upload_sizes, upload_owners, upload_bytes: size and owner
                        of each, bytes of each owner, bytes of all
    open                files that are not settled -> since when
    line:<queue>:<owner>  files that wait, in their order
    turns:<queue>       owners with such a line -> when their last turn was
    wake:<queue>        something for each of the latest files, for workers that wait
    offences:<owner>    files that ran into the deadline or killed a worker
    claims, leases      file -> the worker that reads it, file -> until when it is believed to live
    workers, doing      worker -> until when it is believed to live, worker -> what it said last
    queues              names of queues that ever held a file
    callbacks           jobs whose end is to be told -> when to try next
    calling:<host>, calling:<host>:<owner>  jobs whose end is being told -> until when that may take
    totals              counts since Redis was new
"""

from typing import Final

OFFENCES: Final = 2
OFFENCE_S: Final = 600
"""Every owner may meet a bad document once."""

CHANGES: Final = f"""
local OFFENCES, OFFENCE_S = {OFFENCES}, {OFFENCE_S}
local function release(file)
  redis.call('HDEL', P .. 'claims', file)
  redis.call('ZREM', P .. 'leases', file)
end
local function claim(file, worker, lease)
  redis.call('HSET', P .. 'claims', file, worker)
  redis.call('ZADD', P .. 'leases', now() + lease, file)
end
local function after_last(key)
  return number(redis.call('ZRANGE', key, -1, -1, 'WITHSCORES')[2]) + 1
end
local function line_of(job)
  local found = redis.call('HMGET', job, 'queue', 'owner')
  if not found[1] or not found[2] then return nil end
  return P .. 'line:' .. found[1] .. ':' .. found[2], P .. 'turns:' .. found[1], found[2], P .. 'wake:' .. found[1]
end
local function leave_line(file)
  local line, turns, owner = line_of((split(file)))
  if line and redis.call('ZREM', line, file) == 1 and redis.call('ZCARD', line) == 0 then
    redis.call('ZREM', turns, owner)
  end
end
local function wait_in_line(file, at_front)
  local line, turns, owner, wake = line_of((split(file)))
  if not line then return end
  local place = after_last(line)
  if at_front then place = number(redis.call('ZRANGE', line, 0, 0, 'WITHSCORES')[2]) - 1 end
  redis.call('ZADD', line, 'NX', place, file)
  redis.call('ZADD', turns, 'NX', after_last(turns), owner)
  redis.call('LPUSH', wake, 1)
  redis.call('LTRIM', wake, 0, 63)
end
local function offend(job)
  local owner = redis.call('HGET', job, 'owner')
  if not owner then return end
  redis.call('INCR', P .. 'offences:' .. owner)
  redis.call('EXPIRE', P .. 'offences:' .. owner, OFFENCE_S)
end
local function end_job(job, id)
  redis.call('HSET', job, 'ended_at', now())
  local ttl = redis.call('HGET', job, 'ttl')
  for _, part in ipairs({{'', ':states', ':outcomes', ':pages', ':tries', ':order'}}) do
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
  if not waits_or_runs(file) then return 0 end
  local job, index, id = split(file)
  redis.call('HSET', job .. ':states', index, state)
  if outcome ~= '' then redis.call('HSET', job .. ':outcomes', index, outcome) end
  redis.call('RPUSH', job .. ':order', index)
  redis.call('ZREM', P .. 'open', file)
  release(file)
  leave_line(file)
  redis.call('HINCRBY', P .. 'totals', state, 1)
  if redis.call('HINCRBY', job, 'settled', 1) == tonumber(redis.call('HGET', job, 'files')) then end_job(job, id) end
  return 1
end
"""

CREATE = """
local id, idempotency, most, files = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local owner, most_each = ARGV[5], tonumber(ARGV[6])
if idempotency ~= '' then
  local known = redis.call('GET', idempotency)
  local digest = known and redis.call('HGET', P .. 'job:' .. known, 'digest')
  if digest then return {known, digest} end
end
if redis.call('ZCARD', P .. 'open') + files > most then return {} end
local waiting = files
for _, queue in ipairs(redis.call('SMEMBERS', P .. 'queues')) do
  waiting = waiting + redis.call('ZCARD', P .. 'line:' .. queue .. ':' .. owner)
end
if waiting > most_each then return {'share'} end
local job, time = P .. 'job:' .. id, now()
redis.call('HSET', job, 'created_at', time, 'settled', 0, 'files', files, 'idempotency', idempotency, unpack(ARGV, 7))
redis.call('SADD', P .. 'queues', redis.call('HGET', job, 'queue'))
for index = 0, files - 1 do
  local file = id .. '-' .. index
  redis.call('HSET', job .. ':states', index, 'queued')
  redis.call('ZADD', P .. 'open', time, file)
  redis.call('PERSIST', P .. 'upload:' .. file)
  wait_in_line(file, false)
end
if idempotency ~= '' then redis.call('SET', idempotency, id) end
return {id, redis.call('HGET', job, 'digest')}
"""
"""id, idempotency key, most open files, files, owner, most of its files that wait, then fields and values -> id and
digest of the job; nothing where all is full, `share` where its owner has its share."""

TAKE = """
allow_oom()
local worker, lease, running = ARGV[1], tonumber(ARGV[2]), {}
local claims = redis.call('HGETALL', P .. 'claims')
for place = 1, #claims, 2 do
  local file, holder = claims[place], claims[place + 1]
  if waits_or_runs(file) then
    if holder == worker then
      claim(file, worker, lease)
      return file
    end
    local owner = redis.call('HGET', (split(file)), 'owner')
    if owner then running[owner] = (running[owner] or 0) + 1 end
  end
end
local function next_owner(turns)
  local best, lowest
  for _, owner in ipairs(redis.call('ZRANGE', turns, 0, -1)) do
    local rank = running[owner] or 0
    if number(redis.call('GET', P .. 'offences:' .. owner)) >= OFFENCES then rank = rank + 1000000 end
    if not best or rank < lowest then best, lowest = owner, rank end
  end
  return best
end
for place = 3, #ARGV do
  local turns = P .. 'turns:' .. ARGV[place]
  local owner = next_owner(turns)
  while owner do
    local line = P .. 'line:' .. ARGV[place] .. ':' .. owner
    local file = redis.call('ZPOPMIN', line)[1]
    if redis.call('ZCARD', line) == 0 then
      redis.call('ZREM', turns, owner)
    elseif file then
      redis.call('ZADD', turns, after_last(turns), owner)
    end
    if file and waits_or_runs(file) and redis.call('HEXISTS', P .. 'claims', file) == 0 then
      local job, index = split(file)
      claim(file, worker, lease)
      redis.call('HSET', job .. ':states', index, 'started')
      redis.call('HSETNX', job, 'started_at', now())
      return file
    end
    owner = next_owner(turns)
  end
end
return ''
"""
"""worker, seconds, queues in their order -> the file that it is to read, or nothing.

A worker that has a file gets it again: the first answer did not reach it."""

BEAT = """
allow_oom()
local worker, saying, lease, file = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
redis.call('ZADD', P .. 'workers', now() + lease, worker)
redis.call('HSET', P .. 'doing', worker, saying)
if file == '' then return 1 end
local holder = redis.call('HGET', P .. 'claims', file)
if not waits_or_runs(file) or (holder and holder ~= worker) then return 0 end
local job, index = split(file)
if not holder then leave_line(file) end
claim(file, worker, lease)
redis.call('HSET', job .. ':states', index, 'started')
for name, pages in pairs({done = tonumber(ARGV[5]), total = tonumber(ARGV[6])}) do
  if pages > number(redis.call('HGET', job .. ':pages', index .. ':' .. name)) then
    redis.call('HSET', job .. ':pages', index .. ':' .. name, pages)
  end
end
return 1
"""
"""worker, what it does, seconds, file or nothing, pages done, pages in all -> whether it is to go on."""

SETTLE = """
allow_oom()
local file, pages = ARGV[1], tonumber(ARGV[4])
if not waits_or_runs(file) then return 0 end
local job, index = split(file)
drop_upload(file)
if pages > 0 then redis.call('HSET', job .. ':pages', index .. ':done', pages, index .. ':total', pages) end
return settle(file, ARGV[2], ARGV[3])
"""
"""file, final state, outcome or nothing, pages read -> whether this settled it."""

PUT_BACK = """
allow_oom()
local file, worker, counted, most, outcome = ARGV[1], ARGV[2], ARGV[3] == '1', tonumber(ARGV[4]), ARGV[5]
if worker ~= '' and redis.call('HGET', P .. 'claims', file) ~= worker then return 'other' end
local lease = number(redis.call('ZSCORE', P .. 'leases', file)) - now()
if worker == '' and lease > 0 and lease < 2 * tonumber(ARGV[6]) then return 'other' end
release(file)
if not waits_or_runs(file) then return 'other' end
local job, index = split(file)
if counted then offend(job) end
if counted and redis.call('HINCRBY', job .. ':tries', index, 1) >= most then
  settle(file, 'failed', outcome)
  redis.call('EXPIRE', P .. 'upload:' .. file, redis.call('HGET', job, 'ttl'))
  return 'failed'
end
redis.call('HSET', job .. ':states', index, 'queued')
wait_in_line(file, not counted)
redis.call('HINCRBY', P .. 'totals', 'put_back', 1)
return 'queued'
"""
"""file, worker (none: whoever let its lease lapse), whether it counts, tries allowed, outcome, seconds -> its fate.

One that overran its time, or whose worker died of itself, perhaps over it, waits behind the others of its owner."""

CANCEL = """
allow_oom()
local id = ARGV[1]
local job = P .. 'job:' .. id
for index = 0, number(redis.call('HGET', job, 'files')) - 1 do
  local file = id .. '-' .. index
  if settle(file, 'cancelled', '') == 1 then drop_upload(file) end
end
"""
"""id -> nothing is open any more; workers learn it from their next beat."""

HEAL = """
allow_oom()
if not redis.call('SET', P .. 'sweeping', 1, 'NX', 'PX', ARGV[1]) then return 0 end
for _, file in ipairs(redis.call('HKEYS', P .. 'claims')) do
  if not waits_or_runs(file) then release(file) else redis.call('ZADD', P .. 'leases', 'NX', now(), file) end
end
for _, file in ipairs(redis.call('ZRANGE', P .. 'leases', 0, -1)) do
  if redis.call('HEXISTS', P .. 'claims', file) == 0 then redis.call('ZREM', P .. 'leases', file) end
end
local placed = redis.call('HLEN', P .. 'claims')
for _, queue in ipairs(redis.call('SMEMBERS', P .. 'queues')) do
  for _, owner in ipairs(redis.call('ZRANGE', P .. 'turns:' .. queue, 0, -1)) do
    placed = placed + redis.call('ZCARD', P .. 'line:' .. queue .. ':' .. owner)
  end
end
if placed == redis.call('ZCARD', P .. 'open') then return 0 end
local healed = 0
for _, file in ipairs(redis.call('ZRANGE', P .. 'open', 0, -1)) do
  if not waits_or_runs(file) then
    redis.call('ZREM', P .. 'open', file)
  elseif redis.call('HEXISTS', P .. 'claims', file) == 0 then
    wait_in_line(file, false)
    healed = healed + 1
  end
end
return healed
"""
"""milliseconds -> open files that were found in no line, or may have been; once within that time over all parents.

Only the work of another program, or of an earlier version of this one, is mended here."""
