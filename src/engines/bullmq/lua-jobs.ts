import { OPEN_STATUSES } from '../../core/run/open.ts';
import { DEFAULT_PRIORITY, LAST_PRIORITY } from '../../core/run/priority.ts';

/** Fairness keys of a queue and priority after which all begin anew. */
const MANY_KEYS = 10_000;
/** How long places of keys are remembered that nobody uses, in milliseconds. */
const REMEMBERED_MS = 3_600_000;

/**
 * All Lua that touches BullMQ's own keys; written against the version in package.json, and compared with it by `lua-jobs.test.ts`. `q` is a queue's
 * prefix with its colon, as `{perdure.default}:orders:`; times are milliseconds since the epoch.
 *
 * What BullMQ has no safe way to do: add a job in the commit that makes its run, put a job aside only if its run has not changed meanwhile, and
 * wake it in the commit that gives it work.
 */
const HELPERS = `
-- What a script has written stays when it fails later. So what would refuse to be written is found out before.
local function expectType(key, wanted)
  local found = redis.call('TYPE', key).ok
  if found ~= wanted and found ~= 'none' then
    error(key .. ' is a ' .. found .. ' where a ' .. wanted .. ' belongs: something else writes keys with this prefix.', 0)
  end
end

local function expectCount(key)
  expectType(key, 'string')
  local count = redis.call('GET', key)
  if count and not string.match(count, '^%-?%d+$') then
    error(key .. ' is no count: something else writes keys with this prefix.', 0)
  end
end

-- All of a queue that the functions below write.
local function expectQueue(q, id)
  for _, name in ipairs({'meta', id}) do expectType(q .. name, 'hash') end
  for _, name in ipairs({'delayed', 'prioritized', 'marker', 'completed', 'failed'}) do expectType(q .. name, 'zset') end
  for _, name in ipairs({'wait', 'active'}) do expectType(q .. name, 'list') end
  for _, name in ipairs({'id', 'pc'}) do expectCount(q .. name) end
  expectType(q .. 'events', 'stream')
end

local function expectLink(parentRun, parentId)
  expectType(parentRun, 'hash')
  local parent = redis.call('HGET', parentRun, 'queue')
  if not parent or parent == '' then return end
  expectType(parent .. parentId .. ':dependencies', 'set')
end

-- Length of the event stream, whether jobs may be taken now, whether that has a bound, whether any job of the queue has had a priority.
local function settings(q)
  local meta = redis.call('HMGET', q .. 'meta', 'opts.maxLenEvents', 'paused', 'concurrency', 'prioritised')
  if not meta[1] then
    meta[1] = '1000'
    redis.call('HSET', q .. 'meta', 'opts.maxLenEvents', meta[1])
  end
  local open = not meta[2] and (not meta[3] or redis.call('LLEN', q .. 'active') < tonumber(meta[3]))
  return meta[1], open, meta[3], meta[4]
end

local function event(q, max, ...)
  redis.call('XADD', q .. 'events', 'MAXLEN', '~', max, '*', 'event', ...)
end

local function priorityOf(q, id, prioritised)
  local priority = tonumber(redis.call('HGET', q .. id, 'priority') or '0')
  if priority > 0 or not prioritised then return priority end
  redis.call('HSET', q .. id, 'priority', ${DEFAULT_PRIORITY})
  return ${DEFAULT_PRIORITY}
end

local function delayUntil(q, id, at)
  redis.call('ZADD', q .. 'delayed', string.format('%.0f', at * 4096), id)
  local max, _, _, prioritised = settings(q)
  -- BullMQ looks at it when the time has come.
  if prioritised then priorityOf(q, id, prioritised) end
  event(q, max, 'delayed', 'jobId', id, 'delay', string.format('%.0f', at))
  local first = redis.call('ZRANGE', q .. 'delayed', 0, 0, 'WITHSCORES')
  redis.call('ZADD', q .. 'marker', math.floor(tonumber(first[2]) / 4096), '1')
end

-- All with one priority have this range of scores; below 1 above its beginning are the urgent ones.
local function scoresOf(priority)
  return priority * 4294967296, (priority + 1) * 4294967296 - 1
end

-- Places of jobs that share workers by keys: behind the latest of the same key, by the more the less it weighs, but not before what waits. As in FairPasses.
local function fairPlace(q, priority, share)
  local from, to = scoresOf(priority)
  local first = redis.call('ZRANGEBYSCORE', q .. 'prioritized', from + 1, to, 'LIMIT', 0, 1, 'WITHSCORES')
  local passes = q .. 'passes:' .. priority
  -- With nothing to wait behind, and with too many keys, all begin anew.
  if not first[1] or redis.call('HLEN', passes) > ${MANY_KEYS} then redis.call('DEL', passes) end
  local weight, key = string.match(share or '', '^(%S+) (.*)$')
  local latest = tonumber(redis.call('HGET', passes, key or '') or '0')
  local place = math.max(first[1] and tonumber(first[2]) - from or 1, latest + 1 / (tonumber(weight) or 1))
  redis.call('HSET', passes, key or '', string.format('%.17g', place))
  redis.call('PEXPIRE', passes, ${REMEMBERED_MS})
  return place % 4294967296
end

-- The urgent ones go before all others of their priority. Both kinds come in the order of their coming, unless the jobs of the queue share by keys.
local function prioritise(q, id, priority, urgent)
  local count = redis.call('INCR', q .. 'pc')
  local place = urgent and count % 524288 / 524288 or count % 4294967296
  if not urgent and redis.call('HEXISTS', q .. 'meta', 'shared') == 1 then
    place = fairPlace(q, priority, redis.call('HGET', q .. id, 'share'))
  end
  redis.call('ZADD', q .. 'prioritized', string.format('%.17g', priority * 4294967296 + place), id)
end

-- BullMQ takes jobs without a priority before all others. From the first one with a priority on, those without are in the middle.
local function usePriorities(q)
  if redis.call('HSETNX', q .. 'meta', 'prioritised', '1') == 0 then return end
  local waiting = redis.call('LRANGE', q .. 'wait', 0, -1)
  for i = #waiting, 1, -1 do
    redis.call('HSET', q .. waiting[i], 'priority', ${DEFAULT_PRIORITY})
    prioritise(q, waiting[i], ${DEFAULT_PRIORITY}, false)
  end
  redis.call('DEL', q .. 'wait')
end

-- From the first job with a share on, all of the queue have one. Those that wait have the places of their coming, and others without a key come behind them.
local function useShares(q)
  usePriorities(q)
  if redis.call('HSETNX', q .. 'meta', 'shared', '1') == 0 then return end
  for priority = 1, ${LAST_PRIORITY} do
    local from, to = scoresOf(priority)
    local last = redis.call('ZREVRANGEBYSCORE', q .. 'prioritized', to, from + 1, 'LIMIT', 0, 1, 'WITHSCORES')
    if last[1] then redis.call('HSET', q .. 'passes:' .. priority, '', string.format('%.17g', tonumber(last[2]) - from)) end
  end
end

-- At the end of those that wait, or (urgent) at their head. Jobs with a priority have a set of their own.
local function makeReady(q, id, urgent, previous)
  local max, open, _, prioritised = settings(q)
  local priority = priorityOf(q, id, prioritised)
  if priority > 0 then
    prioritise(q, id, priority, urgent)
  else
    redis.call(urgent and 'RPUSH' or 'LPUSH', q .. 'wait', id)
  end
  if open then redis.call('ZADD', q .. 'marker', 0, '0') end
  if previous then event(q, max, 'waiting', 'jobId', id, 'prev', previous) else event(q, max, 'waiting', 'jobId', id) end
end

-- A priority of 0 stands for none. The share, of a job that has one: its weight and its key.
local function addJob(q, id, name, data, opts, priority, now, at, share)
  local key = q .. id
  if redis.call('EXISTS', key) == 1 then return 0 end
  redis.call('INCR', q .. 'id')
  local delay = math.max(0, at - now)
  redis.call('HSET', key, 'name', name, 'data', data, 'opts', opts, 'timestamp', string.format('%.0f', now),
    'delay', string.format('%.0f', delay), 'priority', priority)
  if tonumber(priority) > 0 then usePriorities(q) end
  if share and share ~= '' then
    redis.call('HSET', key, 'share', share)
    useShares(q)
  end
  local max = settings(q)
  event(q, max, 'added', 'jobId', id, 'name', name)
  if delay > 0 then delayUntil(q, id, at) else makeReady(q, id, false, nil) end
  return 1
end

-- The tree that FlowProducer shows, as long as the parent's run is open. Nothing waits for it, and a job that fails leaves its parent's alone (idof).
local function linkJob(q, id, parentRun, parentId)
  local parent = redis.call('HMGET', parentRun, 'queue', 'status')
  local isOpen = ({ ${OPEN_STATUSES.map((status) => `['${status}'] = true`).join(', ')} })[parent[2]]
  if not isOpen or not parent[1] or parent[1] == '' or redis.call('EXISTS', parent[1] .. parentId) == 0 then return end
  local link = { id = parentId, queueKey = string.sub(parent[1], 1, -2), idof = true }
  redis.call('HSET', q .. id, 'parentKey', parent[1] .. parentId, 'parent', cjson.encode(link))
  redis.call('SADD', parent[1] .. parentId .. ':dependencies', q .. id)
end

-- What does not stay is not shown either: BullMQ would keep its name as long as the parent's job is there.
local function unlinkJob(q, id, parentRun, parentId)
  local parent = redis.call('HGET', parentRun, 'queue')
  if parent then redis.call('SREM', parent .. parentId .. ':dependencies', q .. id) end
end

-- BullMQ completes no job with unfinished children; a run may close before its own.
local function leaveChildren(q, id)
  redis.call('DEL', q .. id .. ':dependencies')
end

local function showProgress(q, id, progress)
  local shown = redis.call('HGET', q .. id, 'progress')
  if shown == progress or not shown and redis.call('EXISTS', q .. id) == 0 then return end
  redis.call('HSET', q .. id, 'progress', progress)
  local max = settings(q)
  event(q, max, 'progress', 'jobId', id, 'data', progress)
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
  if redis.call('ZREM', q .. 'delayed', id) == 0 then return false end
  local key = q .. id
  redis.call('DEL', key, key .. ':logs', key .. ':dependencies', key .. ':processed', key .. ':failed', key .. ':unsuccessful')
  return true
end

-- A job that nobody will take any more.
local function dropRestingJob(q, id)
  local found = redis.call('ZREM', q .. 'delayed', id) + redis.call('ZREM', q .. 'completed', id) + redis.call('ZREM', q .. 'failed', id)
  if found > 0 then redis.call('DEL', q .. id, q .. id .. ':logs') end
end

-- A job that BullMQ has done with, as failed or completed, though its run is not.
local function dropFinishedJob(q, id)
  if redis.call('ZREM', q .. 'failed', id) + redis.call('ZREM', q .. 'completed', id) == 0 then return false end
  local key = q .. id
  redis.call('DEL', key, key .. ':logs', key .. ':processed', key .. ':failed', key .. ':unsuccessful')
  return true
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
    -- With a bound, those that wait have not been told that they may be taken; now one of them may.
    local _, open, bound = settings(q)
    if bound and open and (redis.call('EXISTS', q .. 'wait') == 1 or redis.call('EXISTS', q .. 'prioritized') == 1) then
      redis.call('ZADD', q .. 'marker', 0, '0')
    end
  end
  return 1
end
`;

/** Helpers for the scripts below and for the one that commits. */
export const jobHelpers: string = HELPERS;

/**
 * Adds a job. KEYS: queue prefix. ARGV: job id, name, data, options as JSON, priority, now, earliest time, share (may be empty).
 * @returns 0 when there is such a job already.
 */
export const ADD_JOB: string = `${HELPERS}
return addJob(KEYS[1], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[7]), ARGV[8])`;

/**
 * Takes a job back that nobody has. KEYS: queue prefix. ARGV: job id. Its id and its data go together: BullMQ fails what it finds by its id alone.
 * @returns 1 when it is gone, 0 when somebody has it, or when there is none.
 */
export const DROP_JOB: string = `${HELPERS}
local q, id = KEYS[1], ARGV[1]
if redis.call('EXISTS', q .. id .. ':lock') == 1 then return 0 end
if redis.call('LREM', q .. 'wait', 1, id) + redis.call('ZREM', q .. 'prioritized', id) == 0 then return 0 end
redis.call('DEL', q .. id, q .. id .. ':logs')
local max = settings(q)
event(q, max, 'removed', 'jobId', id, 'prev', 'waiting')
return 1`;

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
 * Makes a job anew that no worker would ever take: it is there, but in no list that any reads, and nobody holds it. KEYS: queue prefix.
 * ARGV: job id, name, data, options, priority, now.
 * @returns 1 when done, 0 when the job is not so (any more).
 */
export const REVIVE: string = `${HELPERS}
local q, id = KEYS[1], ARGV[1]
local key = q .. id
if redis.call('EXISTS', key) == 0 or redis.call('EXISTS', key .. ':lock') == 1 then return 0 end
for _, set in ipairs({ 'delayed', 'prioritized' }) do
  if redis.call('ZSCORE', q .. set, id) then return 0 end
end
for _, list in ipairs({ 'active', 'wait' }) do
  if redis.call('LPOS', q .. list, id) then return 0 end
end
if not dropFinishedJob(q, id) then redis.call('DEL', key) end
return addJob(q, id, ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[6]))`;

/**
 * Gives a job to whoever wants it, before those that wait. KEYS: queue prefix. ARGV: job id, token, activation, now.
 * @returns 1 when done, 0 when the job is not held any more.
 */
export const PUT_BACK: string = `${HELPERS}
if not isHeld(KEYS[1], ARGV[1], ARGV[2], ARGV[3]) then return 0 end
return putAside(KEYS[1], ARGV[1], tonumber(ARGV[4]), tonumber(ARGV[4]))`;

/**
 * Has a run taken care of, also when its job has failed. KEYS: the run's hash, queue prefix. ARGV: job id, name, data, options, priority, now.
 * @returns the process that has it (which may be dead), or empty.
 */
export const WAKE: string = `${HELPERS}
if wakeJob(KEYS[2], ARGV[1]) == 0 then
  dropFinishedJob(KEYS[2], ARGV[1])
  addJob(KEYS[2], ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], tonumber(ARGV[6]), tonumber(ARGV[6]))
end
return redis.call('HGET', KEYS[1], 'owner') or ''`;
