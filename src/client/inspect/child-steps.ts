import type { PayloadReader } from '../../agent/conversation/payloads.ts';
import type { EventBody } from '../events/event.ts';
import type { Fact } from '../events/facts.ts';
import { isRunInput } from '../events/shapes.ts';
import { begin, type Draft, end, type NewStep, type StepEnd, toJson, type Told, usageOf } from './step-draft.ts';

const ABANDON = 2;

/** Steps that are runs of their own: sub-agents, and children of authors' own workflows. They may end in a later run of the chain. */
export class ChildSteps {
  readonly #payloads: PayloadReader;
  readonly #open = new Map<string, Draft>();

  constructor(payloads: PayloadReader) {
    this.#payloads = payloads;
  }

  /** Those that have not ended, as far as is known. */
  get open(): Iterable<Draft> {
    return this.#open.values();
  }

  /** A child is about to be started. */
  async initiated(
    { event, at }: Told,
    { workflowId, workflowType, input }: Extract<Fact, { readonly kind: 'child-initiated' }>,
    caller: string | undefined,
  ): Promise<NewStep> {
    const attributes = event.startChildWorkflowExecutionInitiatedEventAttributes;
    const outlives = attributes?.parentClosePolicy === ABANDON;
    const step = { status: 'scheduled', attempts: 0, scheduledAt: at, workflowId } as const;
    if (!isRunInput(input)) {
      const args = await this.#payloads.all(attributes?.input, { workflowId });
      return { step: { ...step, kind: 'workflow', name: workflowType, input: toJson(args) }, outlives };
    }
    const { agent: name, lineage } = input;
    const from = {
      ...(caller === undefined ? {} : { agent: caller }),
      ...(lineage === undefined ? {} : { toolCallId: lineage.toolCallId }),
    };
    return { step: { ...step, ...from, kind: 'agent', name, input: toJson(input.input) }, outlives };
  }

  /** Keeps a step until its end is known. */
  keep(workflowId: string, draft: Draft): void {
    this.#open.set(workflowId, draft);
  }

  /** A child is there. */
  started(workflowId: string, at: string): void {
    const draft = this.#open.get(workflowId);
    if (draft !== undefined) begin(draft, at, 1);
  }

  /** A sub-agent has ended: its own end is in history, or its report. */
  told(told: Told, body: EventBody): void {
    if (body.type !== 'agent_completed' && body.type !== 'agent_failed') return;
    const draft = this.#take(body.workflowId);
    if (draft === undefined) return;
    if (body.type === 'agent_failed') return end(draft, told.at, { status: statusOf(told), error: body.error });
    if (body.spent !== undefined) draft.spent = body.spent;
    const usage = body.spent && usageOf(body.spent);
    end(draft, told.at, { status: 'completed', output: body.output, usage });
  }

  /** A child of an author's own has ended. */
  ended(told: Told, { workflowId, ending }: Extract<Fact, { readonly kind: 'child-ended' }>): void {
    const draft = this.#take(workflowId);
    if (draft === undefined) return;
    if ('failure' in ending) end(draft, told.at, { status: statusOf(told), error: ending.failure });
    else end(draft, told.at, { status: 'completed', output: ending.result ?? null });
  }

  #take(workflowId: string): Draft | undefined {
    const draft = this.#open.get(workflowId);
    this.#open.delete(workflowId);
    return draft;
  }
}

function statusOf({ event }: Told): StepEnd['status'] {
  if (event.childWorkflowExecutionTimedOutEventAttributes) return 'timed_out';
  return event.childWorkflowExecutionCanceledEventAttributes ? 'cancelled' : 'failed';
}
