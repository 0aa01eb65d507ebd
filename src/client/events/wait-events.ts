import type { Json, Wait, WaitAnswer, WaitOutcome } from '../../workflow/protocol/index.ts';
import type { CallReference, EventBody } from './event.ts';
import { answeredWait, waitIdOf, waitsOf } from './waits.ts';

const OPENED = {
  input: 'input_requested',
  approval: 'approval_requested',
  tool: 'tool_awaited',
  event: 'event_awaited',
} as const;

/** By these waits a run asks whether it may use more than its limits. */
const LIMIT_WAIT = /(^|\/)limit\d+$/;

/** Events of waits: they open and close in the run's memo, and are answered by updates and signals. */
export class WaitEvents {
  readonly #workflowId: string;
  readonly #open = new Map<string, Wait>();
  /** Answered, and not closed yet. */
  readonly #answered = new Set<string>();

  readonly #callOf: (waitId: string) => CallReference | undefined;

  /** @param callOf the call of an async tool that an unlisted wait is about. */
  constructor(workflowId: string, callOf: (waitId: string) => CallReference | undefined) {
    this.#workflowId = workflowId;
    this.#callOf = callOf;
  }

  /** What the run before has left open, so that it is not told again. */
  carriedOver(memo: Readonly<Record<string, unknown>>, waits: readonly Wait[]): void {
    for (const wait of [...waitsOf(memo), ...waits]) this.#open.set(wait.id, wait);
  }

  /** Fields of the memo were set or removed. */
  changed(memo: Readonly<Record<string, unknown>>, at: number): EventBody[] {
    const closedNow = Object.entries(memo).flatMap(([field, value]) => {
      const id = waitIdOf(field);
      return id !== undefined && value === null ? this.#close(id, at) : [];
    });
    const openedNow = waitsOf(memo).flatMap((wait): EventBody[] => {
      const isKnown = this.#open.has(wait.id);
      this.#open.set(wait.id, wait);
      return isKnown ? [] : opened(wait);
    });
    return [...closedNow, ...openedNow];
  }

  /** An answer was taken. */
  answered(answer: WaitAnswer | undefined): EventBody[] {
    if (answer === undefined) return [];
    const wait = answeredWait(this.#open, answer);
    const { outcome, waitId } = answer;
    if (wait === undefined) return this.#unlistedAnswered(waitId, outcome);
    // The first answer wins: what follows changes nothing.
    if (this.#answered.has(wait.id)) return [];
    this.#answered.add(wait.id);
    return [{ type: 'wait_answered', wait, outcome }, ...this.#toolEnded(wait, outcome)];
  }

  /** The result of an async tool may be there before anybody is told that it is awaited; and sub-agents' waits are listed at the root only. */
  #unlistedAnswered(waitId: string | undefined, outcome: WaitOutcome): EventBody[] {
    const call = waitId === undefined || this.#answered.has(waitId) ? undefined : this.#callOf(waitId);
    if (waitId === undefined || call === undefined) return [];
    this.#answered.add(waitId);
    return toolEnded(call, outcome);
  }

  /** A signal of the seed: an answer, if it is one. */
  signalled(answer: WaitAnswer | undefined): EventBody[] {
    if (answer === undefined) return [];
    const { kind, outcome } = answer;
    const open = [...this.#open.values()].filter((wait) => wait.kind === kind && !this.#answered.has(wait.id));
    if (kind === 'input' && open.length === 0) return [{ type: 'message_received', content: valueOf(outcome) }];
    return this.answered(answer);
  }

  #close(id: string, at: number): EventBody[] {
    const wait = this.#open.get(id);
    this.#open.delete(id);
    if (wait === undefined || this.#answered.delete(id)) return [];
    const isExpired = wait.expiresAt !== undefined && Date.parse(wait.expiresAt) <= at;
    const closed: EventBody = { type: 'wait_closed', wait, reason: isExpired ? 'expired' : 'withdrawn' };
    const message = 'No result has arrived in time.';
    return isExpired ? [closed, ...this.#toolEnded(wait, { type: 'error', message })] : [closed];
  }

  /** The end of an async tool of this very run; those of sub-agents are told by the sub-agents' own events. */
  #toolEnded(wait: Wait, outcome: WaitOutcome): EventBody[] {
    if (wait.kind !== 'tool' || wait.call === undefined || wait.workflowId !== this.#workflowId) return [];
    return toolEnded(wait.call, outcome);
  }
}

function opened(wait: Wait): EventBody[] {
  const event: EventBody = { type: OPENED[wait.kind], wait };
  const isLimit = wait.kind === 'approval' && wait.call === undefined && LIMIT_WAIT.test(wait.id);
  return isLimit ? [{ type: 'limit_reached', message: wait.message }, event] : [event];
}

function toolEnded({ toolCallId, toolName }: CallReference, outcome: WaitOutcome): EventBody[] {
  if (outcome.type === 'error') {
    return [{ type: 'tool_failed', toolCallId, toolName, error: { type: 'ToolFailed', message: outcome.message } }];
  }
  const { value } = outcome;
  const output = typeof value === 'string' ? ({ type: 'text', value } as const) : ({ type: 'json', value } as const);
  return [{ type: 'tool_completed', toolCallId, toolName, output }];
}

function valueOf(outcome: WaitOutcome): Json {
  return outcome.type === 'value' ? outcome.value : outcome.message;
}
