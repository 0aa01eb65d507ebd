import type { ProtoFailure } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { PayloadReader } from '../../agent/conversation/payloads.ts';
import { readFailure } from './failure.ts';
import type { Closing, Ending, Fact } from './facts.ts';

/** An event of a run's history. */
export type HistoryEvent = temporal.api.history.v1.IHistoryEvent;

type Payloads = Parameters<PayloadReader['first']>[0];
type Fields = Readonly<Record<string, temporal.api.common.v1.IPayload>> | null | undefined;

/** Reads the events of one run. */
export class FactReader {
  readonly #payloads: PayloadReader;
  readonly #workflowId: string;
  /** Ids of activities by the event that scheduled them: codecs may depend on them. */
  readonly #activityIds = new Map<number, string>();

  constructor(payloads: PayloadReader, workflowId: string) {
    this.#payloads = payloads;
    this.#workflowId = workflowId;
  }

  /** What an event says; `undefined` when it is of no interest. */
  async read(event: HistoryEvent): Promise<Fact | undefined> {
    return (
      (await this.#readActivity(event)) ??
      (await this.#readChild(event)) ??
      (await this.#readMessage(event)) ??
      (await this.#readClosing(event))
    );
  }

  async #readActivity(event: HistoryEvent): Promise<Fact | undefined> {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (scheduled) {
      const activityId = scheduled.activityId ?? '';
      this.#activityIds.set(Number(event.eventId), activityId);
      const input = await this.#value(scheduled.input, activityId);
      return { kind: 'activity-scheduled', activityId, activityType: scheduled.activityType?.name ?? '', input };
    }
    const completed = event.activityTaskCompletedEventAttributes;
    const failed = event.activityTaskFailedEventAttributes ?? event.activityTaskTimedOutEventAttributes;
    const ended = completed ?? failed ?? event.activityTaskCanceledEventAttributes;
    if (!ended) return undefined;
    const scheduledEventId = Number(ended.scheduledEventId);
    const ending: Ending = completed
      ? { result: await this.#value(completed.result, this.#activityIds.get(scheduledEventId)) }
      : await this.#failed(failed?.failure);
    return { kind: 'activity-ended', scheduledEventId, ending };
  }

  async #readChild(event: HistoryEvent): Promise<Fact | undefined> {
    const initiated = event.startChildWorkflowExecutionInitiatedEventAttributes;
    if (initiated) {
      const workflowId = initiated.workflowId ?? '';
      const input = await this.#payloads.first(initiated.input, { workflowId });
      return { kind: 'child-initiated', workflowId, workflowType: initiated.workflowType?.name ?? '', input };
    }
    const started = event.childWorkflowExecutionStartedEventAttributes;
    if (started) return { kind: 'child-started', workflowId: started.workflowExecution?.workflowId ?? '' };
    const completed = event.childWorkflowExecutionCompletedEventAttributes;
    if (completed) {
      const workflowId = completed.workflowExecution?.workflowId ?? '';
      return {
        kind: 'child-ended',
        workflowId,
        ending: { result: await this.#payloads.first(completed.result, { workflowId }) },
      };
    }
    const ending = await this.#readChildFailure(event);
    return ending && { kind: 'child-ended', ...ending };
  }

  async #readChildFailure(event: HistoryEvent): Promise<{ workflowId: string; ending: Ending } | undefined> {
    const notStarted = event.startChildWorkflowExecutionFailedEventAttributes;
    if (notStarted) {
      const failure = { type: 'NotStarted', message: 'A run with the id of the sub-agent is there already.' };
      return { workflowId: notStarted.workflowId ?? '', ending: { failure } };
    }
    const failed = event.childWorkflowExecutionFailedEventAttributes;
    if (failed) {
      const ending = await this.#failed(failed.failure);
      return { workflowId: failed.workflowExecution?.workflowId ?? '', ending };
    }
    const others = [
      [event.childWorkflowExecutionCanceledEventAttributes, 'CancelledFailure', 'The sub-agent was cancelled.'],
      [event.childWorkflowExecutionTerminatedEventAttributes, 'TerminatedFailure', 'The sub-agent was terminated.'],
      [event.childWorkflowExecutionTimedOutEventAttributes, 'TimeoutFailure', 'The sub-agent took too long.'],
    ] as const;
    for (const [attributes, type, message] of others) {
      if (!attributes) continue;
      return { workflowId: attributes.workflowExecution?.workflowId ?? '', ending: { failure: { type, message } } };
    }
    return undefined;
  }

  async #readMessage(event: HistoryEvent): Promise<Fact | undefined> {
    const started = event.workflowExecutionStartedEventAttributes;
    if (started) {
      const [input, memo] = await Promise.all([this.#value(started.input), this.#fields(started.memo?.fields)]);
      return { kind: 'started', workflowType: started.workflowType?.name ?? '', input, memo };
    }
    const modified = event.workflowPropertiesModifiedEventAttributes;
    if (modified) return { kind: 'memo-changed', memo: await this.#fields(modified.upsertedMemo?.fields) };
    const signalled = event.workflowExecutionSignaledEventAttributes;
    if (signalled) {
      return { kind: 'signalled', name: signalled.signalName ?? '', input: await this.#value(signalled.input) };
    }
    const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
    if (accepted) {
      const { meta, input } = accepted.acceptedRequest ?? {};
      return {
        kind: 'updated',
        name: input?.name ?? '',
        updateId: meta?.updateId ?? accepted.protocolInstanceId ?? '',
        input: await this.#value(input?.args),
      };
    }
    const paused = event.workflowExecutionPausedEventAttributes;
    if (paused) return { kind: 'paused', reason: paused.reason ?? '' };
    if (event.workflowExecutionUnpausedEventAttributes) return { kind: 'resumed' };
    const cancel = event.workflowExecutionCancelRequestedEventAttributes;
    return cancel ? { kind: 'cancel-requested', reason: cancel.cause ?? '' } : undefined;
  }

  async #readClosing(event: HistoryEvent): Promise<Fact | undefined> {
    const next = successor(event);
    if (next !== undefined) return { kind: 'continued', runId: next };
    const closing = await this.#closing(event);
    return closing && { kind: 'closed', closing };
  }

  async #closing(event: HistoryEvent): Promise<Closing | undefined> {
    const completed = event.workflowExecutionCompletedEventAttributes;
    if (completed) return { status: 'completed', result: await this.#value(completed.result) };
    const failed = event.workflowExecutionFailedEventAttributes;
    if (failed) return { status: 'failed', ...(await this.#failed(failed.failure)) };
    if (event.workflowExecutionCanceledEventAttributes) return { status: 'cancelled' };
    if (event.workflowExecutionTimedOutEventAttributes) return { status: 'timed_out' };
    const terminated = event.workflowExecutionTerminatedEventAttributes;
    return terminated ? { status: 'terminated', reason: terminated.reason ?? '' } : undefined;
  }

  async #failed(failure: ProtoFailure | null | undefined): Promise<Extract<Ending, { readonly failure: unknown }>> {
    const cancelled = { type: 'CancelledFailure', message: 'It was cancelled.' };
    return { failure: failure ? await readFailure(failure, this.#payloads, this.#workflowId) : cancelled };
  }

  async #value(payloads: Payloads, activityId?: string): Promise<unknown> {
    const workflowId = this.#workflowId;
    return await this.#payloads.first(payloads, { workflowId, ...(activityId === undefined ? {} : { activityId }) });
  }

  async #fields(fields: Fields): Promise<Record<string, unknown>> {
    const entries = Object.entries(fields ?? {}).map(async ([name, payload]) => {
      // A field without data is one that was removed.
      const value = payload.data?.length || payload.metadata ? await this.#value({ payloads: [payload] }) : null;
      return [name, value ?? null] as const;
    });
    return Object.fromEntries(await Promise.all(entries));
  }
}

/** The run that continues the one that this event closes; `undefined` when none does, or when it closes none. */
export function successor(event: HistoryEvent): string | undefined {
  const closed =
    event.workflowExecutionContinuedAsNewEventAttributes ??
    event.workflowExecutionCompletedEventAttributes ??
    event.workflowExecutionFailedEventAttributes ??
    event.workflowExecutionTimedOutEventAttributes;
  return closed?.newExecutionRunId || undefined;
}
