import type { RunEvent } from '../../client/events/event.ts';
import type { ApprovalValue, Json, Wait, WaitOutcome } from '../../workflow/protocol/index.ts';
import type { UiCalls } from './ui-calls.ts';
import type { UiChunk } from './ui-chunk.ts';

type WaitState = 'open' | 'answered' | 'expired' | 'withdrawn';

/**
 * What a run waits for, as parts of a UI message: each wait is a `data-wait` part, whatever it is about. A question and an approval of the run's own
 * are also said in the words that the AI SDK has for them, at the call that they are about.
 */
export class UiWaits {
  readonly #runId: string;
  readonly #calls: UiCalls;
  readonly #open = new Map<string, Wait>();

  constructor(runId: string, calls: UiCalls) {
    this.#runId = runId;
    this.#calls = calls;
  }

  /** What a person has to answer. */
  get ofPeople(): readonly Wait[] {
    return [...this.#open.values()].filter(({ kind }) => kind === 'input' || kind === 'approval');
  }

  /** Somebody is asked, or a result is awaited. */
  opened(wait: Wait): UiChunk[] {
    this.#open.set(wait.id, wait);
    const call = this.#ownCall(wait);
    if (call === undefined || wait.kind !== 'approval') return [part(wait, 'open')];
    const request: UiChunk = {
      type: 'tool-approval-request',
      approvalId: wait.id,
      toolCallId: call,
      reason: wait.message,
    };
    return [part(wait, 'open'), ...this.#calls.show(call), request];
  }

  /** Somebody has answered. */
  answered(wait: Wait, outcome: WaitOutcome): UiChunk[] {
    this.#open.delete(wait.id);
    const call = this.#ownCall(wait);
    const shown = part(wait, 'answered', outcome);
    if (call === undefined) return [shown];
    if (wait.kind === 'approval') return [shown, ...this.#decided(wait.id, call, outcome)];
    if (wait.kind !== 'input') return [shown];
    // Asked by an earlier message: the user's own message is what a UI shows of the answer.
    if (!this.#calls.isShown(call)) return [shown, ...this.#calls.settled(call)];
    return [shown, ...answer(this.#calls, call, outcome)];
  }

  /** Nobody has answered. */
  closed({ wait, reason }: Extract<RunEvent, { readonly type: 'wait_closed' }>): UiChunk[] {
    this.#open.delete(wait.id);
    const call = this.#ownCall(wait);
    if (call === undefined || wait.kind === 'tool') return [part(wait, reason)];
    const message = reason === 'expired' ? 'Nobody has answered in time.' : 'The answer is not needed any more.';
    return [part(wait, reason), ...this.#calls.failed(call, message)];
  }

  #decided(approvalId: string, toolCallId: string, outcome: WaitOutcome): UiChunk[] {
    const { approved, reason } = (outcome.type === 'value' ? outcome.value : {}) as Partial<ApprovalValue>;
    const isApproved = approved === true;
    const response: UiChunk = {
      type: 'tool-approval-response',
      approvalId,
      approved: isApproved,
      ...(reason === undefined ? {} : { reason }),
      providerExecuted: true,
    };
    // In another message nobody has asked yet.
    const request: UiChunk[] = this.#calls.isShown(toolCallId)
      ? []
      : [...this.#calls.show(toolCallId), { type: 'tool-approval-request', approvalId, toolCallId, reason: '' }];
    return [...request, response, ...(isApproved ? [] : this.#calls.denied(toolCallId))];
  }

  /** The call of this very run that a wait is about: calls of sub-agents may have the same ids. */
  #ownCall({ kind, workflowId, call, id }: Wait): string | undefined {
    if (workflowId !== this.#runId) return undefined;
    // A question is named after its call.
    return kind === 'input' ? id : call?.toolCallId;
  }
}

function answer(calls: UiCalls, call: string, outcome: WaitOutcome): UiChunk[] {
  return outcome.type === 'value' ? calls.returned(call, outcome.value) : calls.failed(call, outcome.message);
}

function part(wait: Wait, state: WaitState, outcome?: WaitOutcome): UiChunk {
  const data = { state, wait: { ...wait }, ...(outcome === undefined ? {} : { outcome: { ...outcome } }) };
  return { type: 'data-wait', id: wait.id, data: data as unknown as Json };
}
