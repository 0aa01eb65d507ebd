import type { temporal } from '@temporalio/proto';
import { applyAnswer, isDroppedWhenRefused, refuseAnswer } from '../../core/decisions/answer.ts';
import type { AnswerOutcome } from '../../core/decisions/answer.ts';
import { TaskQueueKind, toLong } from '../../core/proto.ts';
import type { RunRecord } from '../../core/record.ts';
import { jsonPayloads } from '../../core/payloads.ts';
import { startActivity } from '../../core/run/activity.ts';
import { terminateRun } from '../../core/run/close.ts';
import type { RunDraft } from '../../core/run/draft.ts';
import { TransactionLimitExceeded } from '../../core/run/exceeded.ts';
import { failWorkflowTask, scheduleWorkflowTask, startWorkflowTask } from '../../core/run/workflow-task.ts';
import { WorkflowTaskRefused } from '../../core/run/refused.ts';
import { failedPrecondition, invalidArgument, notFound } from '../errors.ts';
import type { QueuedTask } from '../matching/task-queues.ts';
import type { CallOptions } from '../service.ts';
import { activityTaskResponse } from './activity-task-response.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { buildIdOf, readerOf, requireId, requireNamespace, requireTaskQueue, taskPollMs } from './context.ts';
import { keyOf } from './keys.ts';
import type { Transaction } from './runs.ts';
import { keptFailure } from './sizes.ts';
import type { TaskToken } from './tokens.ts';
import { decodeToken } from './tokens.ts';
import { giveBackUndelivered } from './undelivered.ts';
import { unlessExceeded } from './unless-exceeded.ts';
import { queryTaskResponse, workflowTaskResponse } from './workflow-task-response.ts';
import type { WorkflowTaskResponse } from './workflow-task-response.ts';

type Answer = temporal.api.workflowservice.v1.IRespondWorkflowTaskCompletedRequest;
type Poll = temporal.api.workflowservice.v1.IPollWorkflowTaskQueueRequest;

/** The RPCs by which workers take workflow tasks and answer them. */
export function workflowTaskHandlers(
  context: FrontendContext,
): Handlers<
  'pollWorkflowTaskQueue' | 'respondWorkflowTaskCompleted' | 'respondWorkflowTaskFailed' | 'resetStickyTaskQueue'
> {
  return {
    async pollWorkflowTaskQueue(request, options = {}) {
      const namespace = requireNamespace(context, request.namespace);
      const name = requireTaskQueue(request.taskQueue);
      const wait = context.waits.begin(taskPollMs, options.signal);
      try {
        const queue = { namespace, name, type: 'workflow' } as const;
        const offered = (task: QueuedTask): ReturnType<typeof take> => take(context, task, request, options);
        return (await context.queues.take(queue, wait.signal, offered, readerOf(request))) ?? {};
      } finally {
        wait.done();
      }
    },
    async respondWorkflowTaskCompleted(request, options = {}) {
      return complete(context, decodeToken(request.taskToken), request, options);
    },
    async respondWorkflowTaskFailed(request) {
      const token = decodeToken(request.taskToken);
      await context.runs.change(token, (draft) => {
        requireOut(draft, token);
        const failure = request.failure ? keptFailure(request.failure) : undefined;
        failWorkflowTask(draft, request.cause ?? 0, failure, request.identity ?? '');
        scheduleWorkflowTask(draft);
      });
      return {};
    },
    async resetStickyTaskQueue(request) {
      const namespace = requireNamespace(context, request.namespace);
      const workflowId = requireId('WorkflowId', request.execution?.workflowId);
      const record = await context.runs.resolve({ namespace, workflowId }, request.execution?.runId);
      await context.runs.change(keyOf(record), (draft) => {
        draft.record.sticky = undefined;
      });
      return {};
    },
  };
}

/** Starts the task for a worker; `undefined` when it is stale. */
async function take(
  context: FrontendContext,
  task: QueuedTask,
  request: Poll,
  { isGone }: CallOptions,
): Promise<WorkflowTaskResponse | undefined> {
  const sticky = request.taskQueue?.kind === TaskQueueKind.TASK_QUEUE_KIND_STICKY;
  if (task.kind === 'query') {
    const query = context.queries.take(task.id);
    const record = query && (await context.runs.load(query.run));
    if (query === undefined || record === undefined || !context.queries.goesAlone(task.id, record)) return undefined;
    const response = await queryTaskResponse(context, query, record, sticky);
    if (!isGone?.()) return response;
    await context.announceAgain(task);
    return {};
  }
  await context.updates.expected.until(task.run);
  // Should it get lost, the task is offered again, and the answer to this one does not count.
  const record = await context.runs
    .transact([task.run], (transaction) => start(context, transaction, task, request), 'lost')
    .catch(unlessExceeded);
  return record === undefined ? undefined : workflowTaskResponse(context, record, sticky);
}

async function start(
  context: FrontendContext,
  transaction: Transaction,
  task: QueuedTask,
  request: Poll,
): Promise<RunRecord | undefined> {
  const draft = await transaction.draft(task.run);
  const current = draft?.record.workflowTask;
  const fits = current?.scheduledEventId === task.scheduledEventId && current.attempt === task.attempt;
  if (draft === undefined || !fits || current.startedEventId > 0) {
    transaction.discard(task.run);
    return undefined;
  }
  startWorkflowTask(draft, {
    identity: request.identity ?? '',
    buildId: buildIdOf(request),
    requestId: context.newId(),
    updatesInFlight: context.updates.countUnaccepted(task.run),
  });
  return draft.record;
}

type Completed =
  | { readonly refused: WorkflowTaskRefused }
  | { readonly outcome: AnswerOutcome; readonly record: RunRecord; readonly startsNext: boolean };

async function complete(
  context: FrontendContext,
  token: TaskToken,
  answer: Answer,
  options: CallOptions,
): Promise<temporal.api.workflowservice.v1.IRespondWorkflowTaskCompletedResponse> {
  await readAttributes(context, token, answer);
  const completed = await context.runs
    .transact([token], (transaction) => apply(context, transaction, token, answer))
    .catch((error: unknown) => endTooLarge(context, token, error));
  if ('refused' in completed) throw invalidArgument(completed.refused.message);
  const { outcome, record, startsNext } = completed;
  const eager = eagerOf(record, outcome);
  const response = {
    // Who asks for it with its answer still has the run, in a cache or not.
    ...(startsNext ? { workflowTask: await workflowTaskResponse(context, record, true) } : {}),
    activityTasks: await Promise.all(eager.map((activity) => activityTaskResponse(context, record, activity))),
    resetHistoryEventId: toLong(outcome.resetToEventId ?? 0),
  };
  await giveBackUndelivered(context, token, eager, options);
  return response;
}

/** An answer that is too large to be stored ends its run: it would be as large again. @throws the error. */
async function endTooLarge(context: FrontendContext, token: TaskToken, error: unknown): Promise<never> {
  if (error instanceof TransactionLimitExceeded) {
    await context.runs.change(token, (draft) => {
      const details = jsonPayloads(error.message);
      if (draft.isOpen) terminateRun(draft, 'Transaction size exceeds limit.', details, 'history-service');
    });
  }
  throw error;
}

/** Has search attributes that commands name looked up, as others may have declared them. */
async function readAttributes({ namespaces }: FrontendContext, token: TaskToken, { commands }: Answer): Promise<void> {
  for (const command of commands ?? []) {
    const child = command.startChildWorkflowExecutionCommandAttributes;
    const own =
      command.upsertWorkflowSearchAttributesCommandAttributes ??
      command.continueAsNewWorkflowExecutionCommandAttributes ??
      child;
    const names = Object.keys(own?.searchAttributes?.indexedFields ?? {});
    if (names.length > 0) await namespaces.attributesOf(child?.namespace || token.namespace, names);
  }
}

async function apply(
  context: FrontendContext,
  transaction: Transaction,
  token: TaskToken,
  answer: Answer,
): Promise<Completed> {
  const draft = await transaction.draft(token);
  requireOut(draft, token);
  if (draft.isPaused && answer.forceCreateNewWorkflowTask) {
    throw failedPrecondition('Workflow is paused and force create new workflow task is not allowed.');
  }
  const taker = {
    identity: answer.identity ?? '',
    buildId: answer.workerVersionStamp?.buildId ?? '',
    requestId: 'request-from-RespondWorkflowTaskCompleted',
    updatesInFlight: context.updates.countUnaccepted(token),
  };
  try {
    const updateRequests = context.updates.requestsOf(token);
    const outcome = applyAnswer(draft, answer, {
      newId: context.newId,
      updateRequests,
      attributesOf: (namespace) => context.namespaces.attributesKnown(namespace),
    });
    for (const id of outcome.eagerActivities) {
      const activity = draft.record.activities.get(id);
      if (draft.isOpen && activity !== undefined)
        startActivity(draft, activity, { ...taker, requestId: context.newId() });
    }
    if (context.updates.hasUnsent(token)) scheduleWorkflowTask(draft, 'speculative');
    transaction.afterCommit(() => {
      context.queries.answered(token, answer.queryResults ?? {});
      context.updates.answered(token, outcome.updates, draft.isOpen && !answer.forceCreateNewWorkflowTask);
    });
    const startsNext = draft.record.workflowTask !== undefined && answer.returnNewWorkflowTask === true;
    if (startsNext) startWorkflowTask(draft, taker);
    return { outcome, record: draft.record, startsNext };
  } catch (error) {
    if (!(error instanceof WorkflowTaskRefused)) throw error;
    transaction.discard(token);
    const fresh = await transaction.draft(token);
    requireOut(fresh, token);
    if (isDroppedWhenRefused(fresh, error)) throw invalidArgument(error.message);
    refuseAnswer(fresh, error, answer.identity ?? '');
    transaction.afterCommit(() => context.updates.taskRefused(token));
    return { refused: error };
  }
}

/** @throws ServiceError NOT_FOUND when the token's task is not out any more: it timed out, or the run closed. */
function requireOut(draft: RunDraft | undefined, token: TaskToken): asserts draft is RunDraft {
  const task = draft?.record.workflowTask;
  const fits =
    task !== undefined &&
    task.startedEventId === token.startedEventId &&
    task.scheduledEventId === token.scheduledEventId &&
    task.attempt === token.attempt &&
    task.requestId === (token.requestId ?? task.requestId);
  if (draft === undefined || !draft.isOpen || !fits) throw notFound('Workflow task not found.');
}

function eagerOf(record: RunRecord, outcome: AnswerOutcome): NonNullable<ReturnType<RunRecord['activities']['get']>>[] {
  return outcome.eagerActivities.flatMap((id) => record.activities.get(id) ?? []);
}
