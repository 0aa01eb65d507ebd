import type { temporal } from '@temporalio/proto';
import {
  DescribeTaskQueueMode,
  RateLimitSource,
  TaskQueueType,
  toDuration,
  toLong,
  toTimestamp,
} from '../../core/proto.ts';
import { DEFAULT_PRIORITY } from '../../core/run/priority.ts';
import { type WaitingAt, waitingTogether } from '../matching/backlog.ts';
import type { QueueName } from '../matching/queue-name.ts';
import type { QueueState } from '../matching/task-queues.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { requireNamespace, requireTaskQueue } from './context.ts';

type Request = temporal.api.workflowservice.v1.IDescribeTaskQueueRequest;
type Stats = temporal.api.taskqueue.v1.ITaskQueueStats;
type Poller = temporal.api.taskqueue.v1.IPollerInfo;

const { TASK_QUEUE_TYPE_WORKFLOW: WORKFLOW, TASK_QUEUE_TYPE_ACTIVITY: ACTIVITY } = TaskQueueType;
const { RATE_LIMIT_SOURCE_WORKER: BY_WORKER, RATE_LIMIT_SOURCE_SYSTEM: BY_SYSTEM } = RateLimitSource;

/** What is told of task queues: who polls, what waits, how fast it may go. */
export function taskQueueHandlers(context: FrontendContext): Handlers<'describeTaskQueue'> {
  return {
    async describeTaskQueue(request) {
      const namespace = requireNamespace(context, request.namespace);
      const name = requireTaskQueue(request.taskQueue);
      const stateOf = (type: number): Promise<QueueState> =>
        read(context, { namespace, name, type: type === ACTIVITY ? 'activity' : 'workflow' });
      const now = context.wallClock.now();
      return request.apiMode === DescribeTaskQueueMode.DESCRIBE_TASK_QUEUE_MODE_ENHANCED
        ? await enhanced(request, stateOf, now)
        : plain(request, await stateOf(request.taskQueueType || WORKFLOW), now);
    },
  };
}

async function read({ queues, residency }: FrontendContext, queue: QueueName): Promise<QueueState> {
  const state = queues.state(queue);
  if (residency === undefined || queue.type === 'activity') return state;
  return { ...state, waiting: waitingTogether([...state.waiting, ...(await residency.waiting(queue))]) };
}

function plain(
  request: Request,
  state: QueueState,
  now: number,
): temporal.api.workflowservice.v1.IDescribeTaskQueueResponse {
  const stats = statsOf(state, now);
  // Nothing but workers bounds the rate here.
  const ratePerSecond = state.perSecond ?? Infinity;
  return {
    pollers: state.readers.map(pollerOf),
    versioningInfo: { currentVersion: '__unversioned__' },
    effectiveRateLimit: {
      requestsPerSecond: ratePerSecond,
      rateLimitSource: state.perSecond === undefined ? BY_SYSTEM : BY_WORKER,
    },
    ...(request.includeTaskQueueStatus
      ? { taskQueueStatus: { backlogCountHint: stats.approximateBacklogCount ?? null, ratePerSecond } }
      : {}),
    ...(request.reportStats ? { stats, statsByPriorityKey: statsByPriority(state, now) } : {}),
  };
}

/** The same by versions of workers, of which there is one. */
async function enhanced(
  { taskQueueTypes, reportPollers, reportStats }: Request,
  stateOf: (type: number) => Promise<QueueState>,
  now: number,
): Promise<temporal.api.workflowservice.v1.IDescribeTaskQueueResponse> {
  const types = taskQueueTypes?.length ? taskQueueTypes : [WORKFLOW, ACTIVITY];
  const infos = types.map(async (type) => {
    const state = await stateOf(type);
    const pollers = reportPollers ? { pollers: state.readers.map(pollerOf) } : {};
    return [type, { ...pollers, ...(reportStats ? { stats: statsOf(state, now) } : {}) }] as const;
  });
  return { versionsInfo: { '': { typesInfo: Object.fromEntries(await Promise.all(infos)) } } };
}

function pollerOf({ identity, lastAccess, ratePerSecond, buildId }: QueueState['readers'][number]): Poller {
  return {
    identity,
    lastAccessTime: toTimestamp(lastAccess),
    ...(ratePerSecond === undefined ? {} : { ratePerSecond }),
    ...(buildId === '' ? {} : { workerVersionCapabilities: { buildId } }),
  };
}

function statsByPriority({ waiting }: QueueState, now: number): Record<string, Stats> {
  const all = waiting.length > 0 ? waiting : [{ priority: DEFAULT_PRIORITY, count: 0, oldest: now }];
  return Object.fromEntries(all.map((each) => [each.priority, backlogOf([each], now)]));
}

function statsOf({ waiting, addRate, dispatchRate }: QueueState, now: number): Stats {
  return { ...backlogOf(waiting, now), tasksAddRate: addRate, tasksDispatchRate: dispatchRate };
}

function backlogOf(waiting: readonly WaitingAt[], now: number): Stats {
  const count = waiting.reduce((sum, each) => sum + each.count, 0);
  const oldest = count === 0 ? now : Math.min(...waiting.map((each) => each.oldest));
  return { approximateBacklogCount: toLong(count), approximateBacklogAge: toDuration(now - oldest) };
}
