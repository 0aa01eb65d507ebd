import { applyAnswer, isDroppedWhenRefused, refuseAnswer } from '../../../src/core/decisions/answer.ts';
import { EventType, toDuration, toNumber } from '../../../src/core/proto.ts';
import type { HistoryEvent, ProtocolMessage } from '../../../src/core/proto.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import {
  cancelActivity,
  completeActivity,
  failActivity,
  heartbeatActivity,
  startActivity,
} from '../../../src/core/run/activity.ts';
import { childClosed, childStarted, childStartFailed } from '../../../src/core/run/child.ts';
import { terminateRun } from '../../../src/core/run/close.ts';
import { RunDraft } from '../../../src/core/run/draft.ts';
import { mayStartAgain } from '../../../src/core/run/next-run.ts';
import { applyDue } from '../../../src/core/run/due.ts';
import { cancelDelivered, signalDelivered } from '../../../src/core/run/external.ts';
import { pauseRun, unpauseRun } from '../../../src/core/run/pause.ts';
import { WorkflowTaskRefused } from '../../../src/core/run/refused.ts';
import { requestCancelRun, signalRun } from '../../../src/core/run/signal.ts';
import { startRun } from '../../../src/core/run/start.ts';
import type { NewRun } from '../../../src/core/run/start.ts';
import { failWorkflowTask, scheduleWorkflowTask, startWorkflowTask } from '../../../src/core/run/workflow-task.ts';
import { freezeDeep } from './frozen.ts';
import { choose, randomCommand } from './random-commands.ts';
import type { commandKinds } from './random-commands.ts';

/** One thing that happens to a run; `pick` chooses among what is there, `ms` passes first. */
export interface Step {
  readonly what: (typeof happenings)[number];
  readonly pick: number;
  readonly ms: number;
  /** What the workflow does, when it is asked. */
  readonly commands: readonly { readonly kind: (typeof commandKinds)[number]; readonly pick: number }[];
}

export const happenings = [
  'wait',
  'signal',
  'cancel',
  'start task',
  'answer',
  'turn',
  'turn',
  'turn',
  'fail task',
  'update',
  'start activity',
  'complete activity',
  'fail activity',
  'heartbeat',
  'cancel activity',
  'child',
  'child closed',
  'external',
  'terminate',
  'pause',
  'unpause',
] as const;

const reporter = { identity: 'worker', buildId: 'build', requestId: 'taken' };

/** A run that lives through random steps, committed one by one as a store would. */
export class Simulation {
  now = 1_900_000_000_000;
  record: RunRecord;
  readonly history: HistoryEvent[] = [];
  readonly successors: RunDraft[] = [];
  #ids = 0;
  #revision = 1;

  constructor(more: Partial<NewRun['attributes']> = {}) {
    const first = startRun(
      {
        namespace: 'default',
        workflowId: 'w',
        runId: this.newId(),
        requestId: 'r',
        attributes: { workflowType: { name: 'type' }, taskQueue: { name: 'work' }, ...more },
      },
      this.now,
    );
    this.record = this.#commit(first);
  }

  newId = (): string => `id-${++this.#ids}`;

  /** @returns whether something was done. */
  step(step: Step): boolean {
    this.now += step.ms;
    if (this.record.closeTime !== undefined) return false;
    const draft = this.draft();
    const due = applyDue(draft, this.newId);
    if (due) this.record = this.#commit(draft);
    if (this.record.closeTime !== undefined) return due;
    if (step.what === 'answer') return this.#answer(step) || due;
    if (step.what === 'turn') {
      this.step({ ...step, what: 'signal', ms: 0 });
      this.step({ ...step, what: 'start task', ms: 0 });
      return this.step({ ...step, what: 'answer', ms: 0 }) || due;
    }
    const next = this.draft();
    if (!this.#happen(next, step)) return due;
    this.record = this.#commit(next);
    return true;
  }

  draft(): RunDraft {
    const draft = new RunDraft(this.record, this.#revision, this.now);
    if (mayStartAgain(this.record)) draft.startedEvent = this.history[0];
    return draft;
  }

  /** Commits what a rule does; nothing when it throws. */
  change<T>(rule: (draft: RunDraft) => T): T {
    const draft = this.draft();
    const result = rule(draft);
    this.record = this.#commit(draft);
    return result;
  }

  #commit(draft: RunDraft): RunRecord {
    const { record, events } = draft.toWrite();
    this.#revision++;
    this.history.push(...freezeDeep(events));
    this.successors.push(...draft.successors);
    return freezeDeep(record);
  }

  #answer({ commands, pick }: Step): boolean {
    if (!this.draft().taskIsOut) return false;
    const messages: ProtocolMessage[] = [];
    const draft = this.draft();
    const answer = {
      identity: 'worker',
      commands: commands.flatMap(({ kind, pick: each }) =>
        randomCommand(this.record, this.newId, kind, each, messages),
      ),
      messages,
      ...(pick % 2
        ? { stickyAttributes: { workerTaskQueue: { name: 'sticky' }, scheduleToStartTimeout: toDuration(5000) } }
        : {}),
      ...(pick % 3 ? { workerVersionStamp: { buildId: `build-${pick % 3}` } } : {}),
      ...(pick % 5 ? {} : { forceCreateNewWorkflowTask: true }),
    };
    try {
      applyAnswer(draft, answer, { newId: this.newId, updateRequests: new Map() });
      this.record = this.#commit(draft);
    } catch (error) {
      if (!(error instanceof WorkflowTaskRefused)) throw error;
      const fresh = this.draft();
      if (isDroppedWhenRefused(fresh, error)) return true;
      refuseAnswer(fresh, error, 'worker');
      this.record = this.#commit(fresh);
    }
    return true;
  }

  #happen(draft: RunDraft, { what, pick }: Step): boolean {
    switch (what) {
      case 'signal':
        signalRun(draft, { signalName: 's' }, pick % 3 ? `request-${pick % 10}` : '');
        return true;
      case 'cancel':
        requestCancelRun(draft, { cause: 'why' });
        return true;
      case 'update':
        scheduleWorkflowTask(draft, 'speculative');
        return true;
      case 'start task':
        if (draft.record.workflowTask === undefined || draft.taskIsOut) return false;
        startWorkflowTask(draft, reporter);
        return true;
      case 'fail task':
        if (!draft.taskIsOut) return false;
        failWorkflowTask(draft, 1 + (pick % 20), { message: 'broken' }, 'worker');
        scheduleWorkflowTask(draft);
        return true;
      case 'terminate':
        // Otherwise few runs would live long.
        if (pick % 10) return false;
        terminateRun(draft, 'enough', undefined, 'someone');
        return true;
      case 'pause':
      case 'unpause':
        if (draft.isPaused === (what === 'pause')) return false;
        (what === 'pause' ? pauseRun : unpauseRun)(draft, { identity: 'someone', reason: '', requestId: 'p' });
        return true;
      case 'child':
      case 'child closed':
      case 'external':
        return this.#fromOutside(draft, what, pick);
      default:
        return this.#activity(draft, what, pick);
    }
  }

  #activity(draft: RunDraft, what: Step['what'], pick: number): boolean {
    const activity = choose(draft.record.activities.values(), pick);
    if (activity === undefined) return false;
    const started = activity.state === 'started';
    if (what === 'start activity') {
      if (started || draft.isPaused || activity.attemptScheduledTime > this.now) return false;
      startActivity(draft, activity, reporter);
    } else if (!started) return false;
    else if (what === 'complete activity') completeActivity(draft, activity, undefined, reporter);
    else if (what === 'fail activity')
      failActivity(draft, activity, { message: 'broken', applicationFailureInfo: {} }, reporter);
    else if (what === 'heartbeat') heartbeatActivity(draft, activity, { payloads: [] });
    else if (what === 'cancel activity' && activity.cancelRequestedEventId > 0)
      cancelActivity(draft, activity, undefined, '');
    else return false;
    return true;
  }

  #fromOutside(draft: RunDraft, what: 'child' | 'child closed' | 'external', pick: number): boolean {
    if (what === 'external') {
      const external = choose(draft.record.externals.values(), pick);
      if (external === undefined) return false;
      const { kind, initiatedEventId } = external;
      if (kind === 'signal') signalDelivered(draft, initiatedEventId, {}, pick % 2 ? 1 : undefined);
      else cancelDelivered(draft, initiatedEventId, {}, pick % 2 ? 1 : undefined);
      draft.confirmEffect(String(external.initiatedEventId));
      return true;
    }
    const child = choose(draft.record.children.values(), pick);
    if (child === undefined) return false;
    if (what === 'child closed') {
      if (child.runId === '') return false;
      childClosed(draft, child.initiatedEventId, { ...child }, closing(pick));
      return true;
    }
    if (child.runId !== '') return false;
    if (pick % 3) childStarted(draft, child, { header: {} }, this.newId());
    else childStartFailed(draft, child, { workflowId: child.workflowId }, 1);
    draft.confirmEffect(String(child.initiatedEventId));
    return true;
  }
}

const closings = [
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_COMPLETED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_FAILED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCELED,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT,
  EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED,
] as const;

function closing(pick: number): HistoryEvent {
  return {
    eventType: closings[pick % closings.length] ?? null,
    workflowExecutionCompletedEventAttributes: { result: { payloads: [] } },
    workflowExecutionCanceledEventAttributes: { details: { payloads: [] } },
  };
}

/** Ids of what history has opened and not settled. */
export function openIn(history: readonly HistoryEvent[], kind: 'timer' | 'activity'): number[] {
  const open = new Set<number>();
  for (const event of history) {
    const id = toNumber(event.eventId);
    if (kind === 'timer') {
      if (event.timerStartedEventAttributes) open.add(id);
      const settled = event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes;
      if (settled) open.delete(toNumber(settled.startedEventId));
    } else {
      if (event.activityTaskScheduledEventAttributes) open.add(id);
      const settled =
        event.activityTaskCompletedEventAttributes ??
        event.activityTaskFailedEventAttributes ??
        event.activityTaskTimedOutEventAttributes ??
        event.activityTaskCanceledEventAttributes;
      if (settled) open.delete(toNumber(settled.scheduledEventId));
    }
  }
  return [...open];
}
