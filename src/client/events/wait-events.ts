import type { Json, Wait, WaitAnswer, WaitKind, WaitOutcome } from '../../workflow/protocol/index.ts';
import type { EventBody } from './event.ts';
import { isObject } from './shapes.ts';
import { answeredWait, waitIdOf, waitsOf } from './waits.ts';

const OPENED = {
  input: 'input_requested',
  approval: 'approval_requested',
  tool: 'tool_awaited',
  event: 'event_awaited',
} as const;

/** Events of waits: they open and close in the run's memo, and are answered by updates and signals. */
export class WaitEvents {
  readonly #workflowId: string;
  readonly #open = new Map<string, Wait>();
  /** Answered, and not closed yet. */
  readonly #answered = new Set<string>();

  constructor(workflowId: string) {
    this.#workflowId = workflowId;
  }

  /** What the run before has left open, so that it is not told again. */
  carriedOver(memo: Readonly<Record<string, unknown>>, waits: readonly Wait[]): void {
    for (const wait of [...waitsOf(memo), ...waits]) this.#open.set(wait.id, wait);
  }

  /** Fields of the memo were set or removed. */
  changed(memo: Readonly<Record<string, unknown>>, at: number): EventBody[] {
    const closed = Object.entries(memo).flatMap(([field, value]) => {
      const id = waitIdOf(field);
      return id !== undefined && value === null ? this.#close(id, at) : [];
    });
    const opened = waitsOf(memo).flatMap((wait): EventBody[] => {
      const isKnown = this.#open.has(wait.id);
      this.#open.set(wait.id, wait);
      return isKnown ? [] : [{ type: OPENED[wait.kind], wait }];
    });
    return [...closed, ...opened];
  }

  /** An answer was taken. */
  answered(answer: WaitAnswer): EventBody[] {
    const wait = answeredWait(this.#open, answer);
    // The first answer wins: what follows changes nothing.
    if (wait === undefined || this.#answered.has(wait.id)) return [];
    this.#answered.add(wait.id);
    const { outcome } = answer;
    return [{ type: 'wait_answered', wait, outcome }, ...this.#toolEnded(wait, outcome)];
  }

  /** A signal of the seed: an answer, or the bare value of one. */
  signalled(kind: WaitKind, input: Json): EventBody[] {
    const isAnswer = isObject(input) && isObject(input['outcome']) && 'kind' in input;
    const answer = isAnswer
      ? (input as unknown as WaitAnswer)
      : { kind, outcome: { type: 'value', value: input } as const };
    const open = [...this.#open.values()].filter((wait) => wait.kind === kind && !this.#answered.has(wait.id));
    if (kind === 'input' && open.length === 0) return [{ type: 'message_received', content: valueOf(answer.outcome) }];
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
    const { toolCallId, toolName } = wait.call;
    if (outcome.type === 'error') {
      const error = { type: 'ToolFailed', message: outcome.message };
      return [{ type: 'tool_failed', toolCallId, toolName, error }];
    }
    const { value } = outcome;
    const output = typeof value === 'string' ? ({ type: 'text', value } as const) : ({ type: 'json', value } as const);
    return [{ type: 'tool_completed', toolCallId, toolName, output }];
  }
}

function valueOf(outcome: WaitOutcome): Json {
  return outcome.type === 'value' ? outcome.value : outcome.message;
}
