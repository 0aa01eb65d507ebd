import type { ReserveTurn } from '../../runtime/matching/pace.ts';
import type { Keys } from './keys.ts';
import { Script } from './redis.ts';
import type { RedisClient } from './redis.ts';

/** What `nextTurn` says, by the clock of Redis, for all processes. Times are in microseconds. */
const reserve = new Script(`
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local interval = tonumber(ARGV[1])
local due = math.max(tonumber(redis.call('GET', KEYS[1]) or '0'), now)
local wait = math.max(0, due - tonumber(ARGV[2]) - now)
redis.call('SET', KEYS[1], string.format('%.0f', due + interval), 'PX', math.ceil((due + interval - now) / 1000) + 1000)
return math.ceil(wait / 1000)
`);

/** Turns of all processes that share the Redis. */
export function redisTurns(client: RedisClient, keys: Keys): ReserveTurn {
  return async (queue, perSecond) => {
    const interval = 1_000_000 / perSecond;
    const burst = interval * (Math.max(1, Math.ceil(perSecond)) - 1);
    return Number(await reserve.run(client, [keys.turn(queue)], [interval, burst]));
  };
}
