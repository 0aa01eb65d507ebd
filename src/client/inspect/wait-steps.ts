import type { Wait } from '../../workflow/protocol/index.ts';
import type { EventBody } from '../events/event.ts';
import { type Draft, end, type NewStep, toJson, type Told } from './step-draft.ts';

const OPENED: ReadonlySet<string> = new Set(['input_requested', 'approval_requested', 'tool_awaited', 'event_awaited']);

/** Steps in which a run waits for somebody outside. They may end in a later run of the chain. */
export class WaitSteps {
  readonly #workflowId: string;
  readonly #open = new Map<string, Draft>();

  constructor(workflowId: string) {
    this.#workflowId = workflowId;
  }

  /** Those that have not ended. */
  get open(): Iterable<Draft> {
    return this.#open.values();
  }

  /** The step that an event begins, if it does. */
  opened({ at }: Told, body: EventBody): NewStep | undefined {
    if (!('wait' in body) || !OPENED.has(body.type)) return undefined;
    const { id, kind, agent, message, call, workflowId } = body.wait;
    const elsewhere = workflowId === this.#workflowId ? {} : { workflowId };
    return {
      step: {
        kind: 'wait',
        name: kind,
        agent,
        status: 'running',
        attempts: 1,
        scheduledAt: at,
        startedAt: at,
        input: toJson({ message, ...(call === undefined ? {} : { call }) }),
        waitId: id,
        ...(call === undefined ? {} : { toolCallId: call.toolCallId }),
        ...elsewhere,
      },
    };
  }

  /** Keeps a step until its end is known. */
  keep({ id }: Wait, draft: Draft): void {
    this.#open.set(id, draft);
  }

  /** An event may say that a wait has ended. */
  told({ at }: Told, body: EventBody): void {
    if (body.type !== 'wait_answered' && body.type !== 'wait_closed') return;
    const draft = this.#open.get(body.wait.id);
    if (draft === undefined) return;
    this.#open.delete(body.wait.id);
    if (body.type === 'wait_closed') {
      return end(draft, at, { status: body.reason === 'expired' ? 'timed_out' : 'cancelled' });
    }
    const { outcome } = body;
    if (outcome.type === 'value') end(draft, at, { status: 'completed', output: outcome.value });
    else end(draft, at, { status: 'failed', error: { type: 'ToolFailed', message: outcome.message } });
  }
}
