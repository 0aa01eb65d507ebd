import { jobHelpers } from './lua-jobs.ts';

/** Arguments of one run in `COMMIT`. */
const RUN_ARGUMENTS = 28;
/** Arguments of one pointer in `COMMIT`. */
const POINTER_ARGUMENTS = 3;

/**
 * Keeps the payloads of a run. Those that events refer to stay as long as the run; those of the record alone go with what refers to them.
 */
const PAYLOADS = `
-- Whether all payloads that are referred to are there or were sent along.
local function hasPayloads(key, names, sent)
  for name in string.gmatch(names, '%S+') do
    if not sent[name] and redis.call('HEXISTS', key, name) == 0 then return false end
  end
  return true
end

-- Returns the names that the record alone refers to from now on, and by how many bytes the payloads have grown.
local function keepPayloads(key, held, ofRecord, ofEvents, sent)
  local before, after, permanent, grown = {}, {}, {}, 0
  for name in string.gmatch(held, '%S+') do before[name] = true end
  for name in string.gmatch(ofEvents, '%S+') do permanent[name] = true end
  for name in string.gmatch(ofRecord, '%S+') do
    if not permanent[name] and (before[name] or redis.call('HEXISTS', key, name) == 0) then after[name] = true end
  end
  for name, data in pairs(sent) do
    if redis.call('HSETNX', key, name, data) == 1 then grown = grown + #data end
  end
  for name in pairs(before) do
    if not after[name] and not permanent[name] then
      grown = grown - redis.call('HSTRLEN', key, name)
      redis.call('HDEL', key, name)
    end
  end
  local names = ''
  for name in pairs(after) do names = names .. name .. ' ' end
  return names, grown
end
`;

/**
 * Writes a commit, or nothing. KEYS: for each run, then for each pointer, the base of its namespace.
 * ARGV: commit id, process, now, number of runs; then for each run
 *  1 run id, 2 workflow id, 3 part of its keys, 4 expected revision, 5 id of the last event before (empty: no events), 6 id of the last event after,
 *  7 record, 8 events, 9 status (of a schedule: after `schedule:`, and it is not listed among all runs), 10 type, 11 minus the start, 12 `1` while unfinished, 13 next deadline, 14 queue prefix (empty: no job), 15 `1` when a worker
 *  has something to do, `2` when some of it is outside of the run, else `0`, 16 name, 17 data, 18 options and 19 priority of the job, 20 time of the last event, 21 names of the payloads that the record and
 *  22 those that the events refer to, each followed by a space, 23 time of the close (empty: open), 24 part of its parent's keys (empty: no parent here),
 *  25 the parent's run id, 26 how a run that is closed stays: `gone` or `kept` as BullMQ has finished jobs (empty: it is open), 27 progress to show
 *  (empty: leave it), 28 revision after;
 * then for each pointer workflow id, expected run (empty: none), run; then for each payload that is sent along index of the run, name, data.
 * A commit that was sent twice, because its answer was lost, counts once. It fails when a key is of another type than it should be, and then has written
 * nothing either.
 * @returns 1 when written, 0 on a conflict, 2 when a payload that was not sent along is not there; `{index of the run, id of its last event}` when the
 *  events leave a gap.
 */
export const COMMIT: string = `${jobHelpers}${PAYLOADS}
local commit, process, now, count = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4])
local function argument(index, n) return ARGV[4 + (index - 1) * ${RUN_ARGUMENTS} + n] end
local pointers = 4 + count * ${RUN_ARGUMENTS}
local before, sent = {}, {}

-- That nothing refuses what is written below.
local function expectRun(i)
  local base, fields, q, part = KEYS[i], before[i], argument(i, 14), argument(i, 3)
  local indexes = {'unfinished'}
  if not fields[1] then indexes = {'unfinished', 'by:start', 'by:type:' .. argument(i, 10), 'by:id'} end
  if fields[3] ~= argument(i, 9) then indexes[#indexes + 1] = 'by:status:' .. argument(i, 9) end
  if fields[3] and fields[3] ~= argument(i, 9) then indexes[#indexes + 1] = 'by:status:' .. fields[3] end
  if argument(i, 12) ~= '1' then
    indexes[#indexes + 1] = 'by:close'
    expectCount(base .. 'bytes')
  end
  for _, name in ipairs(indexes) do expectType(base .. name, 'zset') end
  expectType(base .. 'hist:' .. part, 'list')
  expectType(base .. 'data:' .. part, 'hash')
  if q == '' then return end
  expectQueue(q, argument(i, 1))
  if argument(i, 24) ~= '' then expectLink(base .. 'run:' .. argument(i, 24), argument(i, 25)) end
end
for i = 1, count do sent[i] = {} end
for at = pointers + (#KEYS - count) * ${POINTER_ARGUMENTS} + 1, #ARGV, 3 do sent[tonumber(ARGV[at])][ARGV[at + 1]] = ARGV[at + 2] end
for i = 1, count do
  local key = KEYS[i] .. 'run:' .. argument(i, 3)
  local fields = redis.call('HMGET', key, 'rev', 'last', 'status', 'owner', 'commit', 'held', 'bytes', 'counted')
  local revision = tonumber(fields[1] or '0')
  local expected = tonumber(argument(i, 4))
  if revision ~= expected then
    if revision == tonumber(argument(i, 28)) and fields[5] == commit then return 1 end
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
  if not hasPayloads(KEYS[i] .. 'data:' .. argument(i, 3), argument(i, 21) .. argument(i, 22), sent[i]) then return 2 end
  expectRun(i)
end

for i = 1, count do
  local base, id, workflow, part = KEYS[i], argument(i, 1), argument(i, 2), argument(i, 3)
  local key, fields, status = base .. 'run:' .. part, before[i], argument(i, 9)
  local member, start = id .. '\\0' .. workflow, argument(i, 11)
  redis.call('HSET', key, 'rev', argument(i, 28), 'rec', argument(i, 7), 'commit', commit, 'wants', argument(i, 15))
  local bytes = tonumber(fields[7] or '0') + #argument(i, 8)
  if fields[6] or argument(i, 21) ~= '' or argument(i, 22) ~= '' then
    local held, grown = keepPayloads(base .. 'data:' .. part, fields[6] or '', argument(i, 21), argument(i, 22), sent[i])
    if held ~= '' then redis.call('HSET', key, 'held', held) elseif fields[6] then redis.call('HDEL', key, 'held') end
    bytes = bytes + grown
  end
  if bytes ~= tonumber(fields[7] or '-1') then redis.call('HSET', key, 'bytes', bytes) end
  if argument(i, 5) ~= '' then
    redis.call('HSET', key, 'last', argument(i, 6), 'time', argument(i, 20))
    redis.call('RPUSH', base .. 'hist:' .. part, argument(i, 8))
  end
  if not fields[1] then
    redis.call('HSET', key, 'type', argument(i, 10), 'start', start, 'queue', argument(i, 14))
    if string.sub(status, 1, 9) ~= 'schedule:' then redis.call('ZADD', base .. 'by:start', start, member) end
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
    local size = bytes + #argument(i, 7)
    redis.call('ZADD', base .. 'by:close', argument(i, 23), member)
    redis.call('INCRBY', base .. 'bytes', size - tonumber(fields[8] or '0'))
    redis.call('HSET', key, 'counted', size)
  end
  local q, owner, parent, ended = argument(i, 14), fields[4], argument(i, 24), argument(i, 26)
  local isNowClosed, dropped = ended ~= '' and fields[3] ~= status, false
  if q ~= '' and isNowClosed then leaveChildren(q, id) end
  -- Nobody has a run whose job is over, whoever had it last.
  local isRevived = q ~= '' and argument(i, 12) == '1' and dropFinishedJob(q, id)
  if q ~= '' and (isRevived or owner ~= process) then
    if argument(i, 12) ~= '1' then
      dropped = dropDelayedJob(q, id)
    else
      local at = argument(i, 15) ~= '0' and now or tonumber(argument(i, 13))
      -- Far away, but within what BullMQ's scores can say.
      if at > now + 315360000000 then at = now + 315360000000 end
      if redis.call('EXISTS', q .. id) == 0 then
        addJob(q, id, argument(i, 16), argument(i, 17), argument(i, 18), argument(i, 19), now, at)
        if parent ~= '' and ended == '' then linkJob(q, id, base .. 'run:' .. parent, argument(i, 25)) end
      elseif at <= now then
        wakeJob(q, id)
      else
        wakeJobBy(q, id, at)
      end
    end
    if owner then redis.call('PUBLISH', base .. 'to:' .. owner, 'changed\\0' .. member) end
  end
  if q ~= '' and parent ~= '' and (dropped or isNowClosed and ended == 'gone') then
    unlinkJob(q, id, base .. 'run:' .. parent, argument(i, 25))
  end
  if q ~= '' and argument(i, 27) ~= '' then showProgress(q, id, argument(i, 27)) end
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
-- The last one that begins before the event to stop at.
local to, last, top = tonumber(ARGV[2]), low, redis.call('LLEN', KEYS[1]) - 1
while last < top do
  local middle = math.floor((last + top + 1) / 2)
  if first(middle) < to then last = middle else top = middle - 1 end
end
return redis.call('LRANGE', KEYS[1], low, last)`;

/**
 * Forgets runs. KEYS: base of their namespace. ARGV: run id, workflow id, part of its keys; of each run.
 */
export const DELETE_RUNS: string = `${jobHelpers}
local base = KEYS[1]
local function forget(id, workflow, part)
  local fields = redis.call('HMGET', base .. 'run:' .. part, 'status', 'type', 'counted', 'queue')
  if not fields[1] then return end
  local member = id .. '\\0' .. workflow
  redis.call('UNLINK', base .. 'run:' .. part, base .. 'hist:' .. part, base .. 'data:' .. part)
  if redis.call('ZREM', base .. 'by:close', member) == 1 then redis.call('DECRBY', base .. 'bytes', fields[3]) end
  redis.call('ZREM', base .. 'by:start', member)
  redis.call('ZREM', base .. 'by:status:' .. fields[1], member)
  redis.call('ZREM', base .. 'by:type:' .. fields[2], member)
  redis.call('ZREM', base .. 'by:id', workflow .. '\\0' .. id)
  redis.call('ZREM', base .. 'unfinished', member)
  if redis.call('HGET', base .. 'current', workflow) == id then redis.call('HDEL', base .. 'current', workflow) end
  if fields[4] and fields[4] ~= '' then dropRestingJob(fields[4], id) end
end
for i = 1, #ARGV, 3 do forget(ARGV[i], ARGV[i + 1], ARGV[i + 2]) end
return 1`;

/**
 * A run's next deadline, as found by looking. KEYS: base of its namespace. ARGV: part of its keys, name in indexes, revision, deadline.
 */
export const RESCORE: string = `
if redis.call('HGET', KEYS[1] .. 'run:' .. ARGV[1], 'rev') ~= ARGV[3] then return 0 end
return redis.call('ZADD', KEYS[1] .. 'unfinished', 'XX', ARGV[4], ARGV[2])`;

/**
 * How runs are, as far as a few cheap looks tell: this blocks Redis. KEYS: base of their namespace. ARGV: name in indexes, part of the keys; of each run.
 * @returns for each run its state, the time of its last event (0: none), the prefix of its queue, and its field `wants`. State: `gone` (there is no such run),
 * `lost` (it has no job), `aside` (its job is put aside), `unseen` (its job is there, and nobody holds it: it waits to be taken, or is in no list that a
 * worker reads), or `ok`.
 */
export const EXAMINE: string = `
local base, found = KEYS[1], {}
for i = 1, #ARGV, 2 do
  local fields = redis.call('HMGET', base .. 'run:' .. ARGV[i + 1], 'queue', 'wants', 'time')
  local id = string.match(ARGV[i], '^[^%z]*')
  local q, state = fields[1], 'ok'
  if not q then
    state = 'gone'
  elseif q ~= '' then
    if redis.call('EXISTS', q .. id) == 0 then
      state = 'lost'
    elseif redis.call('ZSCORE', q .. 'delayed', id) then
      state = 'aside'
    elseif redis.call('EXISTS', q .. id .. ':lock') == 0 and not redis.call('ZSCORE', q .. 'prioritized', id) then
      state = 'unseen'
    end
  end
  found[#found + 1] = {state, fields[3] or '0', q or '', fields[2] or '0'}
end
return found`;
