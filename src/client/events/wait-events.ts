import type { Wait, WaitAnswer, WaitOutcome } from '../../workflow/protocol/index.ts';
import { checkOutcome } from '../../workflow/waits/checking.ts';
import { findWait } from '../../workflow/waits/matching.ts';
import type { CallReference, EventBody } from './event.ts';
import { waitIdOf, waitsOf } from './waits.ts';

const OPENED = {
  input: 'input_requested',
  approval: 'approval_requested',
  tool: 'tool_awaited',
  event: 'event_awaited',
} as const;

/** By these waits a run asks whether it may use more than its limits. */
const LIMIT_WAIT = /(^|\/)limit\d+$/;

/**
 * Events of waits: they open and close in the run's memo, and are answered by updates and signals. What an answer is for, and whether it is taken,
 * is decided as the run decides it.
 */
export class WaitEvents {
  readonly #workflowId: string;
  readonly #open = new Map<string, Wait>();
  /** Answered or closed: the first answer wins, and what follows changes nothing. */
  readonly #over = new Set<string>();
  readonly #awaited: ReadonlyMap<string, CallReference>;

  /** @param awaited calls of async tools by their waits, which take answers before they are listed; those of sub-agents are listed at the root only. */
  constructor(workflowId: string, awaited: ReadonlyMap<string, CallReference>) {
    this.#workflowId = workflowId;
    this.#awaited = awaited;
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
      if (!isKnown) this.#over.delete(wait.id);
      return isKnown ? [] : opened(wait);
    });
    return [...closedNow, ...openedNow];
  }

  /** An answer, if it is one, came by update or from the root. */
  answered(answer: WaitAnswer | undefined): EventBody[] {
    const match = answer && findWait(answer, this.#unanswered());
    if (answer === undefined || match === undefined || 'refused' in match) return [];
    const { wait } = match;
    const { outcome } = answer;
    if (checkOutcome(wait, outcome) !== undefined) return [];
    this.#over.add(wait.id);
    const ended = this.#toolEnded(wait, outcome);
    return this.#open.has(wait.id) ? [{ type: 'wait_answered', wait, outcome }, ...ended] : ended;
  }

  /** An answer, if it is one, came by a signal of the seed. A user may say something before being asked. */
  signalled(answer: WaitAnswer | undefined): EventBody[] {
    if (answer?.kind !== 'input' || answer.waitId !== undefined) return this.answered(answer);
    if (this.#unanswered().some(({ kind }) => kind === 'input')) return this.answered(answer);
    // An error is kept as well, but fits no question.
    return answer.outcome.type === 'value' ? [{ type: 'message_received', content: answer.outcome.value }] : [];
  }

  /** What takes answers, listed or not. */
  #unanswered(): Wait[] {
    const unlisted = [...this.#awaited].filter(([id]) => !this.#open.has(id));
    const waits = [...this.#open.values(), ...unlisted.map(([id, call]) => this.#unlisted(id, call))];
    return waits.filter(({ id }) => !this.#over.has(id));
  }

  #unlisted(id: string, call: CallReference): Wait {
    const about = { id, kind: 'tool', workflowId: this.#workflowId, call: { ...call, input: {} } } as const;
    return { ...about, agent: '', message: '', openedAt: '' };
  }

  #close(id: string, at: number): EventBody[] {
    const wait = this.#open.get(id);
    const isAnswered = this.#over.has(id);
    this.#open.delete(id);
    this.#over.add(id);
    if (wait === undefined || isAnswered) return [];
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
