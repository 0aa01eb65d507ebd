import type { temporal } from '@temporalio/proto';
import { durationMs, RateLimitSource, toDuration, toLong, toMillis, toNumber } from '../../core/proto.ts';
import type { CallOptions, ResponseOf } from '../../runtime/service.ts';
import type { Part } from './part.ts';

type Description = ResponseOf<'describeTaskQueue'>;
type Stats = temporal.api.taskqueue.v1.ITaskQueueStats;
type Poller = temporal.api.taskqueue.v1.IPollerInfo;
type TypeInfo = temporal.api.taskqueue.v1.ITaskQueueTypeInfo;

/** Who polls a task queue, on whichever engine, and how much waits there: a worker of several engines is one, what waits is all together. */
export async function describeQueue(
  parts: readonly Part[],
  request: temporal.api.workflowservice.v1.IDescribeTaskQueueRequest,
  options?: CallOptions,
): Promise<Description> {
  const all = await Promise.all(parts.map((part) => part.call('describeTaskQueue', request, options)));
  const limits = all.flatMap(({ effectiveRateLimit }) => effectiveRateLimit ?? []);
  const limit =
    limits.find(({ rateLimitSource }) => rateLimitSource === RateLimitSource.RATE_LIMIT_SOURCE_WORKER) ?? limits[0];
  const stats = all.flatMap((each) => each.stats ?? []);
  const status = all.flatMap(({ taskQueueStatus }) => taskQueueStatus ?? []);
  const backlog = status.reduce((sum, { backlogCountHint }) => sum + toNumber(backlogCountHint), 0);
  return {
    ...all[0],
    pollers: pollersOf(all.flatMap(({ pollers }) => pollers ?? [])),
    ...(limit ? { effectiveRateLimit: limit } : {}),
    ...(status[0] ? { taskQueueStatus: { ...status[0], backlogCountHint: toLong(backlog) } } : {}),
    ...(stats[0] ? { stats: statsOf(stats) } : {}),
    statsByPriorityKey: merged(
      all.map(({ statsByPriorityKey }) => statsByPriorityKey),
      statsOf,
    ),
    versionsInfo: merged(
      all.map(({ versionsInfo }) => versionsInfo),
      (versions) => ({
        ...versions[0],
        typesInfo: merged(
          versions.map(({ typesInfo }) => typesInfo),
          typeInfoOf,
        ),
      }),
    ),
  };
}

/** What the engines say under the same keys, made one. */
function merged<Value>(
  all: readonly (Record<string, Value> | null | undefined)[],
  join: (values: readonly Value[]) => Value,
): Record<string, Value> {
  const keys = new Set(all.flatMap((each) => Object.keys(each ?? {})));
  return Object.fromEntries(Array.from(keys, (key) => [key, join(all.flatMap((each) => each?.[key] ?? []))]));
}

function typeInfoOf(infos: readonly TypeInfo[]): TypeInfo {
  const stats = infos.flatMap((info) => info.stats ?? []);
  return {
    ...infos[0],
    pollers: pollersOf(infos.flatMap(({ pollers }) => pollers ?? [])),
    ...(stats[0] ? { stats: statsOf(stats) } : {}),
  };
}

/** A worker polls all engines with one identity; where it did so last is where it is known from. */
function pollersOf(pollers: readonly Poller[]): Poller[] {
  const known = new Map<string, Poller>();
  for (const poller of pollers) {
    const identity = poller.identity ?? '';
    const seen = toMillis(known.get(identity)?.lastAccessTime) ?? -Infinity;
    if ((toMillis(poller.lastAccessTime) ?? 0) >= seen) known.set(identity, poller);
  }
  return [...known.values()];
}

function statsOf(all: readonly Stats[]): Stats {
  const sum = (read: (stats: Stats) => number): number => all.reduce((total, stats) => total + read(stats), 0);
  return {
    approximateBacklogCount: toLong(sum((each) => toNumber(each.approximateBacklogCount))),
    approximateBacklogAge: toDuration(Math.max(0, ...all.map((each) => durationMs(each.approximateBacklogAge)))),
    tasksAddRate: sum((each) => each.tasksAddRate ?? 0),
    tasksDispatchRate: sum((each) => each.tasksDispatchRate ?? 0),
  };
}
