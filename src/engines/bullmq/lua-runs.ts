import { jobHelpers } from './lua-jobs.ts';

/** Arguments of one run in `COMMIT`. */
const RUN_ARGUMENTS = 21;
/** Arguments of one pointer in `COMMIT`. */
const POINTER_ARGUMENTS = 3;

/**
 * Writes a commit, or nothing. KEYS: for each run, then for each pointer, the base of its namespace.
 * ARGV: commit id, process, now, number of runs; then for each run
 *  1 run id, 2 workflow id, 3 part of its keys, 4 expected revision, 5 id of the last event before (empty: no events), 6 id of the last event after,
 *  7 record, 8 events, 9 status, 10 type, 11 minus the start, 12 `1` while unfinished, 13 next deadline, 14 queue prefix (empty: no job), 15 `1` when a worker
 *  has something to do, 16 name, 17 data, 18 options and 19 priority of the job, 20 time of the last event, 21 revision after;
 * then for each pointer workflow id, expected run (empty: none), run.
 * A commit that was sent twice, because its answer was lost, counts once.
 * @returns 1 when written, 0 on a conflict; `{index of the run, id of its last event}` when the events leave a gap.
 */
export const COMMIT: string = `${jobHelpers}
local commit, process, now, count = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local function argument(index, n) return ARGV[4 + (index - 1) * ${RUN_ARGUMENTS} + n] end
local pointers = 4 + count * ${RUN_ARGUMENTS}
local before = {}
for i = 1, count do
  local key = KEYS[i] .. 'run:' .. argument(i, 3)
  local fields = redis.call('HMGET', key, 'rev', 'last', 'status', 'owner', 'commit')
  local revision = tonumber(fields[1] or '0')
  local expected = tonumber(argument(i, 4))
  if revision ~= expected then
    if revision == tonumber(argument(i, 21)) and fields[5] == commit then return 1 end
    return 0
  end
  before[i] = fields
end
for i = count + 1, #KEYS do
  local at = pointers + (i - count - 1) * ${POINTER_ARGUMENTS}
  if (redis.call('HGET', KEYS[i] .. 'current', ARGV[at + 1]) or '') ~= ARGV[at + 2] then return 0 end
end
for i = 1, count do
  local last = tonumber(before[i][2] or '0')
  if argument(i, 5) ~= '' and tonumber(argument(i, 5)) ~= last then return {i - 1, last} end
end

for i = 1, count do
  local base, id, workflow, part = KEYS[i], argument(i, 1), argument(i, 2), argument(i, 3)
  local key, fields, status = base .. 'run:' .. part, before[i], argument(i, 9)
  local member, start = id .. '\\0' .. workflow, argument(i, 11)
  redis.call('HSET', key, 'rev', argument(i, 21), 'rec', argument(i, 7), 'commit', commit, 'wants', argument(i, 15))
  if argument(i, 5) ~= '' then
    redis.call('HSET', key, 'last', argument(i, 6), 'time', argument(i, 20))
    redis.call('RPUSH', base .. 'hist:' .. part, argument(i, 8))
  end
  if not fields[1] then
    redis.call('HSET', key, 'type', argument(i, 10), 'start', start, 'queue', argument(i, 14))
    redis.call('ZADD', base .. 'by:start', start, member)
    redis.call('ZADD', base .. 'by:type:' .. argument(i, 10), start, member)
    redis.call('ZADD', base .. 'by:id', 0, workflow .. '\\0' .. id)
  end
  if fields[3] ~= status then
    if fields[3] then redis.call('ZREM', base .. 'by:status:' .. fields[3], member) end
    redis.call('HSET', key, 'status', status)
    redis.call('ZADD', base .. 'by:status:' .. status, start, member)
  end
  if argument(i, 12) == '1' then
    redis.call('ZADD', base .. 'unfinished', argument(i, 13), member)
  else
    redis.call('ZREM', base .. 'unfinished', member)
  end
  local q, owner = argument(i, 14), fields[4]
  if q ~= '' and owner ~= process then
    if argument(i, 12) ~= '1' then
      dropDelayedJob(q, id)
    else
      local at = argument(i, 15) == '1' and now or tonumber(argument(i, 13))
      -- Far away, but within what BullMQ's scores can say.
      if at > now + 315360000000 then at = now + 315360000000 end
      if redis.call('EXISTS', q .. id) == 0 then
        addJob(q, id, argument(i, 16), argument(i, 17), argument(i, 18), argument(i, 19), now, at)
      elseif at <= now then
        wakeJob(q, id)
      else
        wakeJobBy(q, id, at)
      end
    end
    if owner then redis.call('PUBLISH', base .. 'to:' .. owner, 'changed\\0' .. member) end
  end
  redis.call('PUBLISH', base .. 'of:' .. workflow, process .. '\\0' .. id)
end
for i = count + 1, #KEYS do
  local at = pointers + (i - count - 1) * ${POINTER_ARGUMENTS}
  redis.call('HSET', KEYS[i] .. 'current', ARGV[at + 1], ARGV[at + 3])
end
return 1`;

/**
 * Events of a run. KEYS: its history. ARGV: id of the first event, id of the event to stop before (empty: none).
 * @returns commits that contain them, each as `<id of its first event>:<events>`.
 */
export const READ_HISTORY: string = `
local function first(index)
  return tonumber(string.match(redis.call('LINDEX', KEYS[1], index), '^%d+'))
end
local low, high = 0, redis.call('LLEN', KEYS[1]) - 1
if high < 0 then return {} end
local from = tonumber(ARGV[1])
-- The last commit that begins at or before the first event that is asked for.
while low < high do
  local middle = math.floor((low + high + 1) / 2)
  if first(middle) <= from then low = middle else high = middle - 1 end
end
if ARGV[2] == '' then return redis.call('LRANGE', KEYS[1], low, -1) end
local to, last, length = tonumber(ARGV[2]), low, redis.call('LLEN', KEYS[1])
while last + 1 < length and first(last + 1) < to do last = last + 1 end
return redis.call('LRANGE', KEYS[1], low, last)`;

/**
 * Forgets a run. KEYS: base of its namespace. ARGV: run id, workflow id, part of its keys, queue prefix (empty: no job).
 */
export const DELETE_RUN: string = `${jobHelpers}
local base, id, workflow, part = KEYS[1], ARGV[1], ARGV[2], ARGV[3]
local fields = redis.call('HMGET', base .. 'run:' .. part, 'status', 'type')
if not fields[1] then return 0 end
local member = id .. '\\0' .. workflow
redis.call('DEL', base .. 'run:' .. part, base .. 'hist:' .. part)
redis.call('ZREM', base .. 'by:start', member)
redis.call('ZREM', base .. 'by:status:' .. fields[1], member)
redis.call('ZREM', base .. 'by:type:' .. fields[2], member)
redis.call('ZREM', base .. 'by:id', workflow .. '\\0' .. id)
redis.call('ZREM', base .. 'unfinished', member)
if redis.call('HGET', base .. 'current', workflow) == id then redis.call('HDEL', base .. 'current', workflow) end
if ARGV[4] ~= '' then dropDelayedJob(ARGV[4], id) end
return 1`;

/**
 * A run's next deadline, as found by looking. KEYS: base of its namespace. ARGV: part of its keys, name in indexes, revision, deadline.
 */
export const RESCORE: string = `
if redis.call('HGET', KEYS[1] .. 'run:' .. ARGV[1], 'rev') ~= ARGV[3] then return 0 end
return redis.call('ZADD', KEYS[1] .. 'unfinished', 'XX', ARGV[4], ARGV[2])`;

/**
 * What is wrong with runs. KEYS: base of their namespace. ARGV: name in indexes, part of the keys; of each run.
 * @returns for each run `ok`, `gone` (there is no such run), `lost` (it has no job), `asleep` (its job is put aside, though there is work), or
 * `nowhere` (its job is in no list that a worker reads).
 */
export const EXAMINE: string = `
local base, found = KEYS[1], {}
for i = 1, #ARGV, 2 do
  local fields = redis.call('HMGET', base .. 'run:' .. ARGV[i + 1], 'queue', 'wants')
  local id = string.match(ARGV[i], '^[^%z]*')
  local q, state = fields[1], 'ok'
  if not q then
    state = 'gone'
  elseif q ~= '' then
    if redis.call('EXISTS', q .. id) == 0 then
      state = 'lost'
    elseif redis.call('ZSCORE', q .. 'delayed', id) then
      if fields[2] == '1' then state = 'asleep' end
    elseif redis.call('EXISTS', q .. id .. ':lock') == 0 and not redis.call('LPOS', q .. 'wait', id)
      and not redis.call('LPOS', q .. 'active', id) and not redis.call('ZSCORE', q .. 'prioritized', id) then
      state = 'nowhere'
    end
  end
  found[#found + 1] = state
end
return found`;
