import type { temporal } from '@temporalio/proto';
import type { Clock } from '../../core/clock.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import {
  CancelExternalWorkflowExecutionFailedCause as CancelFailed,
  SignalExternalWorkflowExecutionFailedCause as SignalFailed,
  StartChildWorkflowExecutionFailedCause as StartFailed,
  toNumber,
} from '../../core/proto.ts';
import type { Effect, RunKey, RunRecord } from '../../core/record.ts';
import { childClosed, childStarted, childStartFailed } from '../../core/run/child.ts';
import { terminateRun } from '../../core/run/close.ts';
import type { RunDraft } from '../../core/run/draft.ts';
import { LimitExceeded } from '../../core/run/exceeded.ts';
import { cancelDelivered, signalDelivered } from '../../core/run/external.ts';
import { requestCancelRun, signalRun } from '../../core/run/signal.ts';
import { grpcStatus, hasCode } from '../errors.ts';
import { childStart } from './child-start.ts';
import type { ChildStart } from './child-start.ts';
import type { FrontendContext } from './context.ts';
import { keyOf } from './keys.ts';
import type { Transaction, WorkflowKey } from './runs.ts';
import { ScheduleEffects } from './schedule-effects.ts';
import { placeRun } from './starts.ts';

/** Wait before an effect that failed is tried again: it begins here and doubles, in milliseconds. */
const firstRetryMs = 50;
const longestRetryMs = 10_000;
/** An effect that waits longer than this for its next try holds time no more: it may fail for ever. */
const longestHoldMs = 2_000;

/** What ends with an effect. */
interface Ends {
  /** It is no longer on its way. */
  readonly done: () => void;
  /** It no longer holds the time of the runs; it may still be on its way. */
  readonly release: () => void;
}

/**
 * Does what runs ask to be done outside of themselves. Each effect is one commit that changes the other run and confirms the effect in this one, so that
 * it happens exactly once, whatever crashes in between.
 */
export class Effects {
  readonly #context: FrontendContext;
  readonly #clock: Clock;
  readonly #wallClock: Clock;
  readonly #report: (error: unknown) => void;
  readonly #inProgress = new Set<string>();
  readonly #retries = new Set<() => void>();
  readonly #schedules: ScheduleEffects;
  #closed = false;

  /** @param report told about failures of the store; the effect is tried again. */
  constructor(context: FrontendContext, report: (error: unknown) => void) {
    this.#context = context;
    this.#clock = context.clock;
    this.#wallClock = context.wallClock;
    this.#report = report;
    this.#schedules = new ScheduleEffects(context, report, (...settled) => this.#settle(...settled));
  }

  /** Takes up what the run's record says is still to be done. */
  perform(record: RunRecord): void {
    for (const effect of record.effects) this.#begin(record, effect);
  }

  /** Does at once what the run's record says is still to be done, once each. @throws what the store throws; then it is still to be done. */
  async settle(record: RunRecord): Promise<void> {
    for (const effect of record.effects) await this.#once(record, effect);
  }

  /** Leaves everything that is not done yet to the next owner of the store. */
  close(): void {
    this.#closed = true;
    for (const cancel of this.#retries) cancel();
    this.#retries.clear();
  }

  /** Each effect is on its way once, its retries included, and holds the time of the runs until it is done or seems hopeless. */
  #begin(record: RunRecord, effect: Effect): void {
    const name = `${record.namespace}\0${record.runId}\0${effect.kind}\0${effect.id}`;
    if (this.#closed || this.#inProgress.has(name)) return;
    this.#inProgress.add(name);
    const release = this.#clock.hold('workflowTask');
    const done = (): void => {
      this.#inProgress.delete(name);
      release();
    };
    void this.#perform(record, effect, firstRetryMs, { done, release });
  }

  async #perform(record: RunRecord, effect: Effect, retryMs: number, ends: Ends): Promise<void> {
    try {
      await this.#once(record, effect);
      ends.done();
    } catch (error) {
      this.#report(error);
      if (this.#closed) ends.done();
      else this.#retryLater(record, effect, retryMs, ends);
    }
  }

  #retryLater(record: RunRecord, effect: Effect, retryMs: number, ends: Ends): void {
    if (retryMs > longestHoldMs) ends.release();
    const again = this.#wallClock.schedule(this.#wallClock.now() + retryMs, () => {
      this.#retries.delete(cancel);
      void this.#perform(record, effect, Math.min(retryMs * 2, longestRetryMs), ends);
    });
    const cancel = (): void => {
      again();
      ends.done();
    };
    this.#retries.add(cancel);
  }

  async #once(record: RunRecord, effect: Effect): Promise<void> {
    if (effect.kind === 'closeChild') return this.#closeChild(record, effect);
    if (effect.kind === 'startScheduled' || effect.kind === 'stopScheduled') {
      return this.#schedules.perform(record, effect);
    }
    const event = await this.#event(record, effect.eventId);
    // The run was deleted.
    if (event === undefined) return;
    switch (effect.kind) {
      case 'startChild':
        return this.#startChild(record, effect.id, event);
      case 'signalExternal':
        return this.#signal(record, effect.id, event);
      case 'cancelExternal':
        return this.#cancel(record, effect.id, event);
      case 'notifyParent':
        return this.#notifyParent(record, effect.id, event);
      case 'notifySchedule':
        return this.#schedules.notify(record, effect.id, event);
    }
  }

  async #startChild(record: RunRecord, effectId: string, event: HistoryEvent): Promise<void> {
    const start = childStart(record, event, this.#context.newId, this.#clock.now());
    if (!this.#context.namespaces.has(start.run.namespace)) {
      const cause = StartFailed.START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_NAMESPACE_NOT_FOUND;
      return this.#settle(record, effectId, [], async (_transaction, draft) => {
        const child = draft.record.children.get(start.initiatedEventId);
        if (child !== undefined) childStartFailed(draft, child, start.initiated, cause);
      });
    }
    return this.#settle(record, effectId, [start.run], async (transaction, draft) => {
      const child = draft.record.children.get(start.initiatedEventId);
      if (child === undefined) return;
      const known = await this.#childBeforeReset(record, start);
      if (known !== undefined) return childStarted(draft, child, start.initiated, known);
      try {
        const placed = await placeRun(this.#context, transaction, start.run, start.initiated);
        childStarted(draft, child, start.initiated, placed.record.runId);
      } catch (error) {
        if (!hasCode(error, grpcStatus.ALREADY_EXISTS)) throw error;
        const cause = StartFailed.START_CHILD_WORKFLOW_EXECUTION_FAILED_CAUSE_WORKFLOW_ALREADY_EXISTS;
        childStartFailed(draft, child, start.initiated, cause);
      }
    });
  }

  /** The child that the run was reset from has started: the run that is reset has the same, by its first run's id. */
  async #childBeforeReset(record: RunRecord, { run, initiatedEventId }: ChildStart): Promise<string | undefined> {
    const { resetFrom } = record;
    if (resetFrom === undefined || initiatedEventId > resetFrom.lastEventId) return undefined;
    const child = (await this.#context.runs.current(run))?.record;
    if (child?.parent?.workflowId !== record.workflowId || child.parent.namespace !== record.namespace)
      return undefined;
    const parent = await this.#context.runs.load(child.parent);
    const originalRunId = parent?.resetFrom?.originalRunId ?? child.parent.runId;
    return originalRunId === resetFrom.originalRunId ? child.firstRunId : undefined;
  }

  async #signal(record: RunRecord, effectId: string, event: HistoryEvent): Promise<void> {
    const initiated = event.signalExternalWorkflowExecutionInitiatedEventAttributes ?? {};
    const target = targetOf(record, initiated);
    const eventId = toNumber(event.eventId);
    const notThere = SignalFailed.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND;
    return this.#settle(record, effectId, [target], async (transaction, draft) => {
      const other = await this.#openTarget(transaction, record, target, initiated.childWorkflowOnly === true);
      const cause =
        other === undefined ? notThere : signalFrom(record, other, initiated, `${record.runId}/${effectId}`);
      if (other !== undefined && cause !== undefined) transaction.discard(other.key);
      signalDelivered(draft, eventId, initiated, cause);
    });
  }

  async #cancel(record: RunRecord, effectId: string, event: HistoryEvent): Promise<void> {
    const initiated = event.requestCancelExternalWorkflowExecutionInitiatedEventAttributes ?? {};
    const target = targetOf(record, initiated);
    const eventId = toNumber(event.eventId);
    const failed = CancelFailed.CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_EXTERNAL_WORKFLOW_EXECUTION_NOT_FOUND;
    return this.#settle(record, effectId, [target], async (transaction, draft) => {
      const other = await this.#target(transaction, record, target, initiated.childWorkflowOnly === true);
      if (other?.isOpen) {
        requestCancelRun(other, {
          cause: initiated.reason ?? '',
          identity: 'history-service',
          externalInitiatedEventId: event.eventId ?? null,
          externalWorkflowExecution: { workflowId: record.workflowId, runId: record.runId },
        });
      } else if (other !== undefined) transaction.discard(other.key);
      // A run that has closed needs no cancelling.
      cancelDelivered(draft, eventId, initiated, other === undefined ? failed : undefined);
    });
  }

  async #notifyParent(record: RunRecord, effectId: string, closing: HistoryEvent): Promise<void> {
    const { parent } = record;
    if (parent === undefined) return;
    return this.#settle(record, effectId, [parent], async (transaction) => {
      for (let key: RunKey = parent; ;) {
        const draft = await transaction.draft(key);
        if (draft === undefined) return;
        if (draft.isOpen) return childClosed(draft, parent.initiatedEventId, keyOf(record), closing);
        transaction.discard(key);
        // A parent that was reset goes on as the run that it was reset to.
        if (draft.record.resetRunId === undefined) return;
        key = { ...key, runId: draft.record.resetRunId };
      }
    });
  }

  async #closeChild(record: RunRecord, effect: Extract<Effect, { kind: 'closeChild' }>): Promise<void> {
    return this.#settle(record, effect.id, [effect.child], async (transaction) => {
      const draft = await this.#openTarget(transaction, record, { ...effect.child, runId: '' }, true);
      if (draft === undefined) return;
      if (effect.policy === 'terminate') {
        terminateRun(draft, 'by parent close policy', undefined, 'history-service');
      } else {
        requestCancelRun(draft, {
          cause: '',
          identity: 'history-service',
          externalWorkflowExecution: { workflowId: record.workflowId, runId: record.runId },
        });
      }
    });
  }

  /** Changes this run and others in one commit, which also confirms the effect. */
  #settle(
    record: RunRecord,
    effectId: string,
    others: readonly WorkflowKey[],
    body: (transaction: Transaction, draft: RunDraft) => Promise<void>,
  ): Promise<void> {
    const key = keyOf(record);
    return this.#context.runs.transact([key, ...others], async (transaction) => {
      const draft = await transaction.draft(key);
      if (draft === undefined || !draft.record.effects.some(({ id }) => id === effectId)) {
        transaction.discard(key);
        return;
      }
      await body(transaction, draft);
      draft.confirmEffect(effectId);
    });
  }

  /** The open run that is meant; `undefined` when there is none, or it is not a child of `record` although it must be. */
  async #openTarget(
    transaction: Transaction,
    record: RunRecord,
    target: RunKey,
    childOnly: boolean,
  ): Promise<RunDraft | undefined> {
    const draft = await this.#target(transaction, record, target, childOnly);
    if (draft === undefined || draft.isOpen) return draft;
    transaction.discard(draft.key);
    return undefined;
  }

  /** The run that is meant, open or closed, but never the asking run itself. */
  async #target(
    transaction: Transaction,
    record: RunRecord,
    target: RunKey,
    childOnly: boolean,
  ): Promise<RunDraft | undefined> {
    const draft = await (target.runId ? transaction.draft(target) : transaction.currentDraft(target));
    if (draft === undefined || draft.record.runId === record.runId) return undefined;
    const { parent, schedule } = draft.record;
    if (
      schedule === undefined &&
      (!childOnly || (parent?.runId === record.runId && parent.workflowId === record.workflowId))
    ) {
      return draft;
    }
    transaction.discard(draft.key);
    return undefined;
  }

  async #event(record: RunRecord, eventId: number): Promise<HistoryEvent | undefined> {
    const [event] = await this.#context.store.readHistory(keyOf(record), eventId, eventId + 1);
    return event;
  }
}

/** @returns why the other run did not take the signal. */
function signalFrom(
  { workflowId, runId }: RunRecord,
  other: RunDraft,
  { signalName, input, header }: temporal.api.history.v1.ISignalExternalWorkflowExecutionInitiatedEventAttributes,
  requestId: string,
): temporal.api.enums.v1.SignalExternalWorkflowExecutionFailedCause | undefined {
  const what = { signalName: signalName ?? '', input: input ?? null, header: header ?? null };
  const from = { identity: 'history-service', externalWorkflowExecution: { workflowId, runId } };
  try {
    signalRun(other, { ...what, ...from }, requestId);
    return undefined;
  } catch (error) {
    if (!(error instanceof LimitExceeded)) throw error;
    return SignalFailed.SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED_CAUSE_SIGNAL_COUNT_LIMIT_EXCEEDED;
  }
}

interface External {
  readonly namespace?: string | null;
  readonly workflowExecution?: { readonly workflowId?: string | null; readonly runId?: string | null } | null;
}

function targetOf(record: RunRecord, { namespace, workflowExecution }: External): RunKey {
  return {
    namespace: namespace || record.namespace,
    workflowId: workflowExecution?.workflowId ?? '',
    runId: workflowExecution?.runId ?? '',
  };
}
