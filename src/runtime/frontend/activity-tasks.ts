import type { temporal } from '@temporalio/proto';
import type { Payloads } from '../../core/proto.ts';
import type { PendingActivity, RunKey, RunRecord } from '../../core/record.ts';
import {
  cancelActivity,
  completeActivity,
  failActivity,
  heartbeatActivity,
  startActivity,
} from '../../core/run/activity.ts';
import type { Reporter } from '../../core/run/activity.ts';
import type { RunDraft } from '../../core/run/draft.ts';
import { invalidArgument, notFound, workflowCompleted } from '../errors.ts';
import type { QueuedTask } from '../matching/task-queues.ts';
import type { CallOptions } from '../service.ts';
import { activityTaskResponse } from './activity-task-response.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { buildIdOf, readerOf, requireId, requireNamespace, requireTaskQueue, taskPollMs } from './context.ts';
import { keyOf } from './keys.ts';
import type { Storing } from './runs.ts';
import { isLargeBlob, keptFailure, tooLarge } from './sizes.ts';
import { decodeToken } from './tokens.ts';
import { giveBackUndelivered } from './undelivered.ts';
import { unlessExceeded } from './unless-exceeded.ts';

type Poll = temporal.api.workflowservice.v1.IPollActivityTaskQueueRequest;

interface ById {
  readonly namespace?: string | null;
  readonly workflowId?: string | null;
  readonly runId?: string | null;
  readonly activityId?: string | null;
}

/** Finds the activity that a caller means, in a draft. */
type Find = (draft: RunDraft) => PendingActivity;

/** The RPCs by which workers take activity tasks, and by which anybody reports on them. */
export function activityTaskHandlers(
  context: FrontendContext,
): Handlers<
  | 'pollActivityTaskQueue'
  | 'respondActivityTaskCompleted'
  | 'respondActivityTaskCompletedById'
  | 'respondActivityTaskFailed'
  | 'respondActivityTaskFailedById'
  | 'respondActivityTaskCanceled'
  | 'respondActivityTaskCanceledById'
  | 'recordActivityTaskHeartbeat'
  | 'recordActivityTaskHeartbeatById'
> {
  const report = async <T>(
    at: At,
    rule: (draft: RunDraft, activity: PendingActivity) => T,
    storing?: Storing,
  ): Promise<T> => {
    const { key, find } = await at;
    return context.runs.change(key, (draft) => rule(draft, find(draft)), storing);
  };
  return {
    pollActivityTaskQueue: (request, options = {}) => poll(context, request, options),
    async respondActivityTaskCompleted(request) {
      await report(byToken(request.taskToken), completing(request), 'answered');
      return {};
    },
    async respondActivityTaskCompletedById(request) {
      // By its id an activity may be completed even before a worker took it.
      const start = (draft: RunDraft, activity: PendingActivity): PendingActivity =>
        startActivity(draft, activity, { ...reporterOf(request), requestId: '' });
      await report(byId(context, request, start), completing(request));
      return {};
    },
    async respondActivityTaskFailed(request) {
      const { rule, failures } = failing(request);
      await report(byToken(request.taskToken), rule, 'answered');
      return { failures };
    },
    async respondActivityTaskFailedById(request) {
      const { rule, failures } = failing(request);
      await report(byId(context, request), rule);
      return { failures };
    },
    async respondActivityTaskCanceled(request) {
      await report(byToken(request.taskToken), cancelling(request));
      return {};
    },
    async respondActivityTaskCanceledById(request) {
      await report(byId(context, request), cancelling(request));
      return {};
    },
    async recordActivityTaskHeartbeat(request) {
      return report(byToken(request.taskToken), beating(request));
    },
    async recordActivityTaskHeartbeatById(request) {
      return report(byId(context, request), beating(request));
    },
  };
}

async function poll(
  context: FrontendContext,
  request: Poll,
  options: CallOptions,
): Promise<temporal.api.workflowservice.v1.IPollActivityTaskQueueResponse> {
  const namespace = requireNamespace(context, request.namespace);
  const name = requireTaskQueue(request.taskQueue);
  const wait = context.waits.begin(taskPollMs, options.signal);
  try {
    const queue = { namespace, name, type: 'activity' } as const;
    const offered = (task: QueuedTask): ReturnType<typeof take> => take(context, task, request);
    const taken = await context.queues.take(queue, wait.signal, offered, readerOf(request));
    if (taken === undefined) return {};
    const response = await activityTaskResponse(context, taken.record, taken.activity);
    await giveBackUndelivered(context, keyOf(taken.record), [taken.activity], options);
    return response;
  } finally {
    wait.done();
  }
}

type At = Promise<{ readonly key: RunKey; readonly find: Find }>;

async function byToken(bytes: Uint8Array | null | undefined): At {
  const token = decodeToken(bytes);
  const find: Find = (draft) => {
    const activity = openActivity(draft, ({ scheduledEventId }) => scheduledEventId === token.scheduledEventId);
    if (activity.attempt !== token.attempt || activity.state !== 'started') throw activityNotFound();
    return activity;
  };
  return { key: token, find };
}

async function byId(
  context: FrontendContext,
  { namespace, workflowId, runId, activityId }: ById,
  orElse?: (draft: RunDraft, activity: PendingActivity) => PendingActivity,
): At {
  const key = { namespace: requireNamespace(context, namespace), workflowId: requireId('WorkflowId', workflowId) };
  requireId('ActivityID', activityId);
  const record = await context.runs.resolve(key, runId);
  const find: Find = (draft) => {
    const activity = openActivity(draft, (pending) => pending.activityId === activityId);
    if (activity.state === 'started') return activity;
    if (orElse === undefined) throw activityNotFound();
    return orElse(draft, activity);
  };
  return { key: keyOf(record), find };
}

function openActivity(draft: RunDraft, matches: (activity: PendingActivity) => boolean): PendingActivity {
  if (!draft.isOpen) throw workflowCompleted();
  for (const activity of draft.record.activities.values()) if (matches(activity)) return activity;
  throw activityNotFound();
}

function activityNotFound(): Error {
  return notFound('invalid activityID or activity already timed out or invoking workflow is completed');
}

interface Report {
  readonly identity?: string | null;
  readonly workerVersion?: temporal.api.common.v1.IWorkerVersionStamp | null | undefined;
}

function reporterOf({ identity, workerVersion }: Report): Reporter {
  return { identity: identity ?? '', buildId: workerVersion?.buildId ?? '' };
}

function completing(request: Report & { result?: Payloads | null }) {
  const isLarge = isLargeBlob(request.result);
  return (draft: RunDraft, activity: PendingActivity): void => {
    if (isLarge) failForSize(draft, activity, 'result', request);
    else completeActivity(draft, activity, request.result ?? undefined, reporterOf(request));
  };
}

type Failed = Report &
  Pick<temporal.api.workflowservice.v1.IRespondActivityTaskFailedRequest, 'failure' | 'lastHeartbeatDetails'>;

/** What is too large is left out or cut, and the worker is told. */
function failing(request: Failed) {
  const isLarge = isLargeBlob(request.lastHeartbeatDetails);
  const details = isLarge ? undefined : request.lastHeartbeatDetails;
  const reported = request.failure ?? {};
  const failure = keptFailure(reported);
  const wasCut = failure !== reported;
  const rule = (draft: RunDraft, activity: PendingActivity): void => {
    const latest = details ? { ...activity, heartbeatDetails: details } : activity;
    failActivity(draft, latest, failure, reporterOf(request));
  };
  return { rule, failures: [...(isLarge ? [tooLarge.heartbeat] : []), ...(wasCut ? [failure] : [])] };
}

function cancelling(request: { details?: Payloads | null; identity?: string | null }) {
  const isLarge = isLargeBlob(request.details);
  return (draft: RunDraft, activity: PendingActivity): void => {
    if (isLarge) return failForSize(draft, activity, 'cancelDetails', request);
    if (activity.cancelRequestedEventId === 0)
      throw invalidArgument('Cancellation was not requested for this activity.');
    cancelActivity(draft, activity, request.details ?? undefined, request.identity ?? '');
  };
}

function beating(request: { details?: Payloads | null; identity?: string | null }) {
  const { details } = request;
  const isLarge = isLargeBlob(details);
  return (draft: RunDraft, activity: PendingActivity): { cancelRequested: boolean } => {
    if (isLarge) {
      // The worker need not go on with what has failed.
      failForSize(draft, activity, 'heartbeat', request);
      return { cancelRequested: true };
    }
    heartbeatActivity(draft, activity, details ?? undefined);
    return { cancelRequested: activity.cancelRequestedEventId > 0 };
  };
}

/** Such an end does not say by which build of the worker it came, as on a server. */
function failForSize(
  draft: RunDraft,
  activity: PendingActivity,
  what: keyof typeof tooLarge,
  { identity }: { readonly identity?: string | null },
): void {
  failActivity(draft, activity, tooLarge[what], { identity: identity ?? '', buildId: '' });
}

interface Taken {
  readonly record: RunRecord;
  readonly activity: PendingActivity;
}

async function take(context: FrontendContext, task: QueuedTask, request: Poll): Promise<Taken | undefined> {
  const taking = context.runs.transact([task.run], async (transaction) => {
    const draft = await transaction.draft(task.run);
    const pending = draft?.record.activities.get(task.scheduledEventId);
    const isWanted = pending?.attempt === task.attempt && pending.state === 'scheduled' && draft?.isPaused === false;
    if (!isWanted) {
      transaction.discard(task.run);
      return undefined;
    }
    const activity = startActivity(draft, pending, {
      identity: request.identity ?? '',
      buildId: buildIdOf(request),
      requestId: context.newId(),
    });
    return { record: draft.record, activity };
  });
  return taking.catch(unlessExceeded);
}
