import type { temporal } from '@temporalio/proto';
import type { HistoryEvent } from '../../core/proto.ts';
import { ScheduleOverlapPolicy, WorkflowIdReusePolicy } from '../../core/proto.ts';
import { jsonPayload } from '../../core/payloads.ts';
import type { Effect, RunKey, RunRecord } from '../../core/record.ts';
import { terminateRun } from '../../core/run/close.ts';
import type { RunDraft } from '../../core/run/draft.ts';
import { scheduledRunClosed, scheduledRunStarted } from '../../core/run/schedule.ts';
import { requestCancelRun } from '../../core/run/signal.ts';
import type { NewRun } from '../../core/run/start.ts';
import type { ScheduledStart, ScheduleState } from '../../core/schedule/state.ts';
import { grpcStatus, hasCode, isServiceError } from '../errors.ts';
import type { FrontendContext } from './context.ts';
import { keyOf } from './keys.ts';
import type { Transaction, WorkflowKey } from './runs.ts';
import { newRun } from './start-request.ts';
import { placeRun } from './starts.ts';

/** Changes a run and others in one commit, which also confirms an effect. */
type Settle = (
  record: RunRecord,
  effectId: string,
  others: readonly WorkflowKey[],
  body: (transaction: Transaction, draft: RunDraft) => Promise<void>,
) => Promise<void>;

type Start = Extract<Effect, { kind: 'startScheduled' }>;
type Stop = Extract<Effect, { kind: 'stopScheduled' }>;

/** What schedules do outside of themselves, and what others tell them. */
export class ScheduleEffects {
  readonly #context: FrontendContext;
  readonly #report: (error: unknown) => void;
  readonly #settle: Settle;

  /** @param report told about starts that are refused. */
  constructor(context: FrontendContext, report: (error: unknown) => void, settle: Settle) {
    this.#context = context;
    this.#report = report;
    this.#settle = settle;
  }

  /** Starts or ends a run for a schedule. */
  async perform(record: RunRecord, effect: Start | Stop): Promise<void> {
    if (record.schedule === undefined) return;
    if (effect.kind === 'startScheduled') return this.#start(record, record.schedule, effect);
    return this.#stop(record, record.schedule, effect);
  }

  /** Tells the schedule of a run that its chain has ended with an event. */
  async notify(record: RunRecord, effectId: string, closing: HistoryEvent): Promise<void> {
    const { scheduledBy } = record;
    if (scheduledBy === undefined) return;
    return this.#settle(record, effectId, [scheduledBy], async (transaction) => {
      const schedule = await transaction.draft(scheduledBy);
      if (schedule === undefined) return;
      const run = { workflowId: record.workflowId, runId: record.firstRunId };
      if (schedule.isOpen) scheduledRunClosed(schedule, run, record.status, closing);
      else transaction.discard(scheduledBy);
    });
  }

  async #start(record: RunRecord, schedule: ScheduleState, effect: Start): Promise<void> {
    const others = [{ namespace: record.namespace, workflowId: workflowIdOf(schedule, effect.start) }];
    return this.#settle(record, effect.id, others, async (transaction, draft) => {
      const state = draft.record.schedule;
      if (state === undefined) return;
      try {
        const start = await this.#newRun(keyOf(record), state, effect);
        const policies = { workflowIdReusePolicy: reusePolicyOf(effect.start) };
        const placed = await placeRun(this.#context, transaction, start, policies);
        const { runId } = placed.record;
        scheduledRunStarted(draft, effect, { workflowId: start.workflowId, runId });
      } catch (error) {
        if (!isServiceError(error) || hasCode(error, grpcStatus.UNAVAILABLE)) throw error;
        if (!hasCode(error, grpcStatus.ALREADY_EXISTS)) this.#report(error);
        scheduledRunStarted(draft, effect, undefined);
      }
    });
  }

  /** What a start asks for. */
  async #newRun(key: RunKey, state: ScheduleState, { id, start, isTracked }: Start): Promise<NewRun> {
    const { namespace, runId } = key;
    const action = state.schedule.action.startWorkflow ?? {};
    const workflowId = workflowIdOf(state, start);
    // Runs that may overlap do not follow one another.
    const follows = start.overlapPolicy !== ScheduleOverlapPolicy.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL;
    const request: temporal.api.workflowservice.v1.IStartWorkflowExecutionRequest = {
      namespace,
      workflowId,
      workflowType: action.workflowType ?? null,
      taskQueue: action.taskQueue ?? null,
      input: action.input ?? null,
      workflowExecutionTimeout: action.workflowExecutionTimeout ?? null,
      workflowRunTimeout: action.workflowRunTimeout ?? null,
      workflowTaskTimeout: action.workflowTaskTimeout ?? null,
      identity: scheduleIdentity(namespace, state),
      requestId: `${runId}/${id}`,
      retryPolicy: action.retryPolicy ?? null,
      memo: action.memo ?? null,
      searchAttributes: withScheduled(action.searchAttributes, state, start),
      header: action.header ?? null,
      userMetadata: action.userMetadata ?? null,
      priority: action.priority ?? null,
      lastCompletionResult: (follows && state.lastCompletionResult) || null,
      continuedFailure: (follows && state.continuedFailure) || null,
    };
    return { ...(await newRun(this.#context, request)), scheduledBy: isTracked ? key : undefined };
  }

  async #stop(record: RunRecord, state: ScheduleState, { id, target, policy }: Stop): Promise<void> {
    const { namespace } = record;
    const { workflowId } = target;
    const identity = scheduleIdentity(namespace, state);
    return this.#settle(record, id, [{ namespace, workflowId }], async (transaction) => {
      const run = await transaction.currentDraft({ namespace, workflowId });
      if (run === undefined) return;
      if (!run.isOpen || run.record.firstRunId !== target.runId) return transaction.discard(run.key);
      if (policy === 'terminate') terminateRun(run, 'terminated by schedule overlap policy', undefined, identity);
      else requestCancelRun(run, { cause: 'cancelled by schedule overlap policy', identity });
    });
  }
}

/** The id of a start's workflow: that of the action and the time, in whole seconds. */
function workflowIdOf({ schedule }: ScheduleState, { nominal }: ScheduledStart): string {
  return `${schedule.action.startWorkflow?.workflowId ?? ''}-${toSecondText(nominal)}`;
}

function toSecondText(time: number): string {
  return `${new Date(time).toISOString().slice(0, 19)}Z`;
}

function reusePolicyOf({ manual }: ScheduledStart): temporal.api.enums.v1.WorkflowIdReusePolicy {
  return manual
    ? WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE
    : WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE;
}

function scheduleIdentity(namespace: string, { scheduleId }: ScheduleState): string {
  return `temporal-scheduler-${namespace}-${scheduleId}`;
}

function withScheduled(
  attributes: temporal.api.common.v1.ISearchAttributes | null | undefined,
  { scheduleId }: ScheduleState,
  { nominal }: ScheduledStart,
): temporal.api.common.v1.ISearchAttributes {
  return {
    indexedFields: {
      ...attributes?.indexedFields,
      TemporalScheduledById: jsonPayload(scheduleId, 'Keyword'),
      TemporalScheduledStartTime: jsonPayload(toSecondText(nominal), 'Datetime'),
    },
  };
}
