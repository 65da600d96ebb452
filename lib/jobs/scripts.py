"""Lua scripts as functions: each runs whole or not at all, as Redis runs one at a time.

In: a client and code. Out: calls. What every script may use stands in `SHARED`.

A Redis that has reached its maxmemory refuses, of each script, the first write that may need memory, but none after a
write that needs none: Redis cannot stop in the middle. `allow_oom()` is such a write. A script that calls it first runs
on a full Redis: all those that read, end or cancel work, so that it drains. Those that bring new work do not call it.
Source: redis/src/script.c, scriptVerifyOOM (7.0 and later); redis/src/scripting.c, luaRedisGenericCommand (6.2).
"""

from collections.abc import Mapping
from typing import Any, Final

from redis import Redis

PREFIX: Final = "ocrlty:"

SHARED = """
local P = 'ocrlty:'
local function allow_oom() redis.call('DEL', P .. 'nothing') end
local function now()
  local time = redis.call('TIME')
  return tonumber(time[1]) + tonumber(time[2]) / 1000000
end
local function split(file)
  local id, index = string.match(file, '^(%x+)%-(%d+)$')
  if not id then return nil end
  return P .. 'job:' .. id, index, id
end
local function final(state)
  return state == 'finished' or state == 'failed' or state == 'cancelled'
end
local function waits_or_runs(file)
  local job, index = split(file)
  local state = job and redis.call('HGET', job .. ':states', index)
  return state and not final(state)
end
local function number(text) return tonumber(text or 0) or 0 end
local function count_upload(owner, bytes)
  local all = math.max(0, number(redis.call('GET', P .. 'upload_bytes')) + bytes)
  redis.call('SET', P .. 'upload_bytes', string.format('%.0f', all))
  local own = number(redis.call('HGET', P .. 'upload_owners', owner)) + bytes
  if own > 0 then
    redis.call('HSET', P .. 'upload_owners', owner, string.format('%.0f', own))
  else
    redis.call('HDEL', P .. 'upload_owners', owner)
  end
end
local function size_and_owner(upload)
  local size, owner = string.match(upload or '', '^(%d+):?(.*)$')
  return number(size), owner or ''
end
local function drop_upload(file)
  redis.call('UNLINK', P .. 'upload:' .. file)
  local size, owner = size_and_owner(redis.call('HGET', P .. 'upload_sizes', file))
  if redis.call('HDEL', P .. 'upload_sizes', file) == 1 then count_upload(owner, -size) end
end
"""
"""`split` and `waits_or_runs` are nil for what names no file: somebody else may have written to this Redis."""


class Scripts:
    """Scripts by their names."""

    def __init__(self, redis: Redis, codes: Mapping[str, str]) -> None:
        """Take a client and the code of each script, which follows `SHARED`."""
        self._scripts = {name: redis.register_script(SHARED + code) for name, code in codes.items()}

    def run(self, name: str, *args: str | float | bytes) -> Any:  # noqa: ANN401 - what the script returns
        """Run a script.

        Raises:
            RedisError: Redis is away or refuses.
        """
        return self._scripts[name](args=list(args))
