import type { ReserveTurn } from '../../runtime/matching/turns.ts';
import type { Keys } from './keys.ts';
import { Script } from './redis.ts';
import type { RedisClient } from './redis.ts';

/** What `nextTurn` of one process does, by the clock of Redis, for all processes. Times are in microseconds. */
const reserve = new Script(`
local function rate_of(per_second)
  local interval = 1000000 / per_second
  return interval, interval * (math.max(1, math.ceil(per_second)) - 1)
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval, burst = rate_of(tonumber(ARGV[1]))
local due = now
local last_due, at, per_second = string.match(redis.call('GET', KEYS[1]) or '', '^(%S+) (%S+) (%S+)$')
if last_due then
  due = tonumber(last_due) - math.max(0, tonumber(at) - now)
  if per_second ~= ARGV[1] and due > now then
    local interval_before, burst_before = rate_of(tonumber(per_second))
    due = now + burst + (due - now - burst_before) / interval_before * interval
  end
  due = math.max(due, now)
end
local wait = math.max(0, due - burst - now)
local turns = string.format('%.0f %.0f %s', due + interval, now, ARGV[1])
redis.call('SET', KEYS[1], turns, 'PX', math.ceil((due + interval - now) / 1000) + 1000)
return math.ceil(wait / 1000)
`);

/** Turns of all processes that share the Redis. */
export function redisTurns(client: RedisClient, keys: Keys): ReserveTurn {
  return async (queue, perSecond) => Number(await reserve.run(client, [keys.turn(queue)], [perSecond]));
}
