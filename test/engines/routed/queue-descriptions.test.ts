import { expect, it } from 'vitest';
import { toDuration, toLong, toTimestamp } from '../../../src/core/proto.ts';
import type { Part } from '../../../src/engines/routed/part.ts';
import { describeQueue } from '../../../src/engines/routed/queue-descriptions.ts';
import type { ResponseOf } from '../../../src/runtime/service.ts';

type Description = ResponseOf<'describeTaskQueue'>;

const part = (description: Description): Part => ({ call: () => Promise.resolve(description) }) as unknown as Part;
const stats = (count: number, ageMs: number) => ({
  approximateBacklogCount: toLong(count),
  approximateBacklogAge: toDuration(ageMs),
  tasksAddRate: 1.5,
  tasksDispatchRate: 0.5,
});

it('describes the queues of all engines as one, and a worker of several engines once', async () => {
  const first: Description = {
    pollers: [{ identity: 'a', lastAccessTime: toTimestamp(1000) }],
    effectiveRateLimit: { requestsPerSecond: Infinity, rateLimitSource: 3 },
    taskQueueStatus: { backlogCountHint: toLong(2) },
    stats: stats(2, 500),
    statsByPriorityKey: { 3: stats(2, 500) },
    versionsInfo: { '': { typesInfo: { 1: { stats: stats(2, 500) } } } },
  };
  const second: Description = {
    pollers: [
      { identity: 'a', lastAccessTime: toTimestamp(2000), ratePerSecond: 4 },
      { identity: 'b', lastAccessTime: toTimestamp(1) },
    ],
    effectiveRateLimit: { requestsPerSecond: 4, rateLimitSource: 2 },
    taskQueueStatus: { backlogCountHint: toLong(3) },
    stats: stats(3, 900),
    statsByPriorityKey: { 1: stats(1, 900), 3: stats(2, 100) },
    versionsInfo: { '': { typesInfo: { 1: { stats: stats(3, 900) } } } },
  };
  const both = { ...stats(5, 900), tasksAddRate: 3, tasksDispatchRate: 1 };
  const described = await describeQueue([part(first), part(second)], {});
  expect(described).toMatchObject({
    pollers: second.pollers,
    effectiveRateLimit: second.effectiveRateLimit,
    taskQueueStatus: { backlogCountHint: toLong(5) },
    stats: both,
    statsByPriorityKey: { 1: stats(1, 900), 3: { approximateBacklogCount: toLong(4) } },
    versionsInfo: { '': { typesInfo: { 1: { stats: both } } } },
  });
});
