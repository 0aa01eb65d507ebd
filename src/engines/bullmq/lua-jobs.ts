/**
 * All Lua that touches BullMQ's own keys; written against the version in package.json, and compared with it by `lua-jobs.test.ts`. `q` is a queue's
 * prefix with its colon, as `{perdure.default}:orders:`; times are milliseconds since the epoch.
 *
 * What BullMQ has no safe way to do: add a job in the commit that makes its run, put a job aside only if its run has not changed meanwhile, and
 * wake it in the commit that gives it work.
 */
const HELPERS = `
local function events(q)
  local meta = q .. 'meta'
  local max = redis.call('HGET', meta, 'opts.maxLenEvents')
  if not max then
    max = '1000'
    redis.call('HSET', meta, 'opts.maxLenEvents', max)
  end
  return q .. 'events', max
end

local function markReady(q)
  local meta = redis.call('HMGET', q .. 'meta', 'paused', 'concurrency')
  if meta[1] then return end
  if meta[2] and redis.call('LLEN', q .. 'active') >= tonumber(meta[2]) then return end
  redis.call('ZADD', q .. 'marker', 0, '0')
end

local function delayUntil(q, id, at)
  redis.call('ZADD', q .. 'delayed', string.format('%.0f', at * 4096), id)
  local stream, max = events(q)
  redis.call('XADD', stream, 'MAXLEN', '~', max, '*', 'event', 'delayed', 'jobId', id, 'delay', string.format('%.0f', at))
  local first = redis.call('ZRANGE', q .. 'delayed', 0, 0, 'WITHSCORES')
  redis.call('ZADD', q .. 'marker', math.floor(tonumber(first[2]) / 4096), '1')
end

-- At the end of those that wait, or (urgent) at their head. Jobs with a priority have a set of their own.
local function makeReady(q, id, urgent, previous)
  local priority = tonumber(redis.call('HGET', q .. id, 'priority') or '0')
  if priority > 0 then
    local count = redis.call('INCR', q .. 'pc')
    redis.call('ZADD', q .. 'prioritized', string.format('%.0f', priority * 4294967296 + count % 4294967296), id)
  else
    redis.call(urgent and 'RPUSH' or 'LPUSH', q .. 'wait', id)
  end
  markReady(q)
  local stream, max = events(q)
  if previous then
    redis.call('XADD', stream, 'MAXLEN', '~', max, '*', 'event', 'waiting', 'jobId', id, 'prev', previous)
  else
    redis.call('XADD', stream, 'MAXLEN', '~', max, '*', 'event', 'waiting', 'jobId', id)
  end
end

local function addJob(q, id, name, data, opts, priority, now, at)
  local key = q .. id
  if redis.call('EXISTS', key) == 1 then return 0 end
  redis.call('INCR', q .. 'id')
  local delay = math.max(0, at - now)
  redis.call('HSET', key, 'name', name, 'data', data, 'opts', opts, 'timestamp', string.format('%.0f', now),
    'delay', string.format('%.0f', delay), 'priority', priority)
  local stream, max = events(q)
  redis.call('XADD', stream, 'MAXLEN', '~', max, '*', 'event', 'added', 'jobId', id, 'name', name)
  if delay > 0 then delayUntil(q, id, at) else makeReady(q, id, false, nil) end
  return 1
end

-- A job that was put aside is wanted now. Any other is on its way already.
local function wakeJob(q, id)
  if redis.call('ZREM', q .. 'delayed', id) == 0 then return 0 end
  redis.call('HSET', q .. id, 'delay', 0)
  makeReady(q, id, true, 'delayed')
  return 1
end

-- A job that was put aside is wanted no later than this.
local function wakeJobBy(q, id, at)
  local score = redis.call('ZSCORE', q .. 'delayed', id)
  if not score or tonumber(score) <= at * 4096 then return 0 end
  delayUntil(q, id, at)
  return 1
end

local function dropDelayedJob(q, id)
  if redis.call('ZREM', q .. 'delayed', id) == 1 then redis.call('DEL', q .. id, q .. id .. ':logs') end
end

-- Whether this is still the activation of the job that the caller thinks it is: tokens are used again, the count of activations is not.
local function isHeld(q, id, token, activation)
  local key = q .. id
  return redis.call('GET', key .. ':lock') == token and redis.call('HGET', key, 'ats') == activation
end

local function putAside(q, id, now, at)
  if redis.call('LREM', q .. 'active', -1, id) == 0 then return 0 end
  redis.call('DEL', q .. id .. ':lock')
  redis.call('SREM', q .. 'stalled', id)
  if at <= now then
    makeReady(q, id, true, 'active')
  else
    -- BullMQ's delay is since the job was added, and only shown.
    redis.call('HSET', q .. id, 'delay', string.format('%.0f', at - now))
    delayUntil(q, id, at)
  end
  return 1
end
`;

/** Helpers for the scripts below and for the one that commits. */
export const jobHelpers: string = HELPERS;

/**
 * Adds a job. KEYS: queue prefix. ARGV: job id, name, data, options as JSON, priority, now, earliest time.
 * @returns 0 when there is such a job already.
 */
export const ADD_JOB: string = `${HELPERS}
return addJob(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]))`;

/** Commits whose events come with a run that is taken care of: what a worker needs that has the run in its cache, or a run that has just begun. */
const ADOPTED_COMMITS = 4;

/**
 * The process that holds a run's job takes care of the run. KEYS: the run's hash, queue prefix, what says that an update is expected, history.
 * ARGV: job id, token, activation, process.
 * @returns revision, id of the last event, record, time of the last event, 1 when an update is expected, the last commits' events; 0 when the job is not held any more, `nil` when
 * there is no run.
 */
export const ADOPT: string = `${HELPERS}
if not isHeld(KEYS[2], ARGV[1], ARGV[2], ARGV[3]) then return 0 end
local fields = redis.call('HMGET', KEYS[1], 'rev', 'last', 'rec', 'time')
if not fields[1] then return false end
redis.call('HSET', KEYS[1], 'owner', ARGV[4])
fields[5] = redis.call('EXISTS', KEYS[3])
fields[6] = redis.call('LRANGE', KEYS[4], -${ADOPTED_COMMITS}, -1)
return fields`;

/**
 * Puts a run's job aside unless the run has changed. KEYS: the run's hash, queue prefix.
 * ARGV: job id, token, activation, process, revision (empty: any), now, time at which it is wanted again.
 * @returns 1 when done, 0 when the run has changed, -1 when the job is not held any more.
 */
export const PARK: string = `${HELPERS}
if not isHeld(KEYS[2], ARGV[1], ARGV[2], ARGV[3]) then return -1 end
if ARGV[5] ~= '' and redis.call('HGET', KEYS[1], 'rev') ~= ARGV[5] then return 0 end
if putAside(KEYS[2], ARGV[1], tonumber(ARGV[6]), tonumber(ARGV[7])) == 0 then return -1 end
if redis.call('HGET', KEYS[1], 'owner') == ARGV[4] then redis.call('HDEL', KEYS[1], 'owner') end
return 1`;

/**
 * Has a run taken care of. KEYS: the run's hash, queue prefix. ARGV: job id, name, data, options, priority, now.
 * @returns the process that has it (which may be dead), or empty.
 */
export const WAKE: string = `${HELPERS}
if wakeJob(KEYS[2], ARGV[1]) == 0 then
  addJob(KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[6]))
end
return redis.call('HGET', KEYS[1], 'owner') or ''`;
