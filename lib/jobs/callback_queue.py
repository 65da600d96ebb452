"""Which callbacks are due, and how many are under way to each host, over all machines.

In: a Redis client. Out: jobs whose end is to be told. `callbacks` sends them.
"""

from typing import Final

from redis import Redis

from lib.jobs.scripts import Scripts

LOOKS = 200
"""Callbacks that one script looks at, so that Redis does not stand still for it."""

CALLING: Final = """
local function calling_of(job)
  local found = redis.call('HMGET', job, 'callback_host', 'owner')
  local host = P .. 'calling:' .. (found[1] or '')
  return host, host .. ':' .. (found[2] or '')
end
local function under_way(calling)
  redis.call('ZREMRANGEBYSCORE', calling, '-inf', now())
  return redis.call('ZCARD', calling)
end
"""

NEXT: Final = """
allow_oom()
local own_for, most, looks = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local due = redis.call('ZRANGEBYSCORE', P .. 'callbacks', '-inf', now(), 'LIMIT', 0, looks)
for _, id in ipairs(due) do
  local job = P .. 'job:' .. id
  local host, owner = calling_of(job)
  if under_way(host) < most and under_way(owner) < math.ceil(most / 2) then
    redis.call('ZADD', P .. 'callbacks', now() + own_for, id)
    for _, calling in ipairs({host, owner}) do
      redis.call('ZADD', calling, now() + own_for, id)
      redis.call('EXPIRE', calling, math.ceil(own_for) + 1)
    end
    if redis.call('EXISTS', job) == 0 then return {id, 1} end
    return {id, redis.call('HINCRBY', job, 'callback_attempts', 1)}
  end
  redis.call('ZADD', P .. 'callbacks', now() + 1, id)
end
return #due == looks and {} or false
"""
"""seconds that it is this caller's, most under way to a host, most to look at -> id and attempt, or nothing.

An empty answer: none of so many, and there may be more.

Half of the places are the most that one owner has. What there is no place for is looked at again after a second, so
that it stands in nobody's way."""

DONE: Final = """
allow_oom()
local id, seconds, state = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local job = P .. 'job:' .. id
for _, calling in ipairs({calling_of(job)}) do redis.call('ZREM', calling, id) end
if state == '' then return redis.call('ZADD', P .. 'callbacks', 'XX', now() + seconds, id) end
redis.call('ZREM', P .. 'callbacks', id)
redis.call('HINCRBY', P .. 'totals', 'callback_' .. state, 1)
if redis.call('EXISTS', job) == 1 then redis.call('HSET', job, 'callback', state) end
"""
"""id, seconds until the next attempt, or delivered or failed."""


class CallbackQueue:
    """Ends of jobs that are to be told. Synchronous."""

    def __init__(self, redis: Redis) -> None:
        """Take a client."""
        self._scripts = Scripts(redis, {"NEXT": CALLING + NEXT, "DONE": CALLING + DONE})

    def next(self, *, own_for_s: float, per_host: int) -> tuple[str, int] | None:
        """A job whose end is to be told now, and which attempt that is; nobody else gets it for `own_for_s`."""
        due: list[bytes] | None = []
        while due == []:
            due = self._scripts.run("NEXT", own_for_s, per_host, LOOKS)
        return (due[0].decode(), int(due[1])) if due else None

    def later(self, job_id: str, *, wait_s: float) -> None:
        """Tell a job's end again later."""
        self._scripts.run("DONE", job_id, wait_s, "")

    def over(self, job_id: str, *, delivered: bool) -> None:
        """Tell a job's end no more."""
        self._scripts.run("DONE", job_id, 0, "delivered" if delivered else "failed")
