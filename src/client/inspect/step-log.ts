import type { PayloadReader } from '../../agent/conversation/payloads.ts';
import { AGENT_WORKFLOW } from '../../workflow/protocol/index.ts';
import type { EventBody } from '../events/event.ts';
import { isRunInput } from '../events/shapes.ts';
import type { Fact } from '../events/facts.ts';
import type { ChainRun } from '../events/history.ts';
import { ActivitySteps, toolEnd } from './activity-steps.ts';
import { ChildSteps } from './child-steps.ts';
import { type Draft, end, isOpen, type NewStep, type Told } from './step-draft.ts';
import { TimerSteps } from './timer-steps.ts';
import { WaitSteps } from './wait-steps.ts';

/** How steps are kept. */
export interface StepLogOptions {
  readonly workflowId: string;
  readonly payloads: PayloadReader;
  /** Whether what they were given and what came of them is kept. */
  readonly contents: boolean;
}

/** Makes steps of what the histories of a chain's runs say, one event after the other. */
export class StepLog {
  /** In the order in which they were begun. */
  readonly drafts: Draft[] = [];
  readonly #options: StepLogOptions;
  readonly #children: ChildSteps;
  readonly #waits: WaitSteps;
  /** Calls of tools, as their results may arrive later. */
  readonly #tools = new Map<string, Draft>();
  #activities: ActivitySteps;
  #timers: TimerSteps;
  #generation = 1;
  #isAgent = false;
  #agent: string | undefined;
  /** The event that steps were begun at last, and how many. */
  #last = { eventId: 0, count: 0 };

  constructor(options: StepLogOptions) {
    const { workflowId, payloads } = options;
    this.#options = options;
    this.#children = new ChildSteps(payloads);
    this.#waits = new WaitSteps(workflowId);
    this.#activities = new ActivitySteps(workflowId, payloads, '');
    this.#timers = new TimerSteps(payloads, workflowId);
  }

  /** Activities of the run that is read that have not ended. */
  get openActivities(): readonly Draft[] {
    return [...this.#activities.open];
  }

  /** The next run of the chain is read. */
  begin({ generation }: ChainRun): void {
    this.#generation = generation;
    this.#last = { eventId: 0, count: 0 };
  }

  /** Takes the next event. */
  async add(told: Told): Promise<void> {
    const { event, fact, bodies } = told;
    if (fact !== undefined) await this.#addFact(told, fact);
    else if (event.activityTaskStartedEventAttributes) this.#activities.started(told);
    else if (!this.#isAgent) await this.#addTimer(told);
    for (const body of bodies) this.#addBody(told, body);
    if (fact?.kind === 'child-ended') this.#children.ended(told, fact);
  }

  async #addFact(told: Told, fact: Fact): Promise<void> {
    switch (fact.kind) {
      case 'started':
        return this.#runStarted(fact);
      case 'activity-scheduled': {
        const draft = this.#begin(told, await this.#activities.scheduled(told, fact));
        if (draft === undefined) return;
        this.#activities.keep(told.eventId, draft);
        const { kind, toolCallId } = draft.step;
        if (kind === 'tool' && toolCallId !== undefined) this.#tools.set(toolCallId, draft);
        return;
      }
      case 'activity-ended':
        return this.#activities.ended(told, fact);
      case 'child-initiated': {
        const draft = this.#begin(told, await this.#children.initiated(told, fact, this.#agent));
        if (draft !== undefined) this.#children.keep(fact.workflowId, draft);
        return;
      }
      case 'child-started':
        return this.#children.started(fact.workflowId, told.at);
      case 'continued':
        return this.#cancel(told, [...this.#activities.open, ...this.#timers.open]);
      case 'closed':
        return this.#cancel(told, this.drafts);
      default:
    }
  }

  #runStarted({ workflowType, input }: Extract<Fact, { readonly kind: 'started' }>): void {
    const { workflowId, payloads } = this.#options;
    this.#isAgent = workflowType === AGENT_WORKFLOW;
    const run = this.#isAgent && isRunInput(input) ? input : undefined;
    this.#agent = run?.agent;
    this.#activities = new ActivitySteps(workflowId, payloads, run?.carried?.definition.model ?? '');
    this.#timers = new TimerSteps(payloads, workflowId);
  }

  async #addTimer(told: Told): Promise<void> {
    const draft = this.#begin(told, await this.#timers.started(told));
    if (draft === undefined) this.#timers.told(told);
    else this.#timers.keep(told.eventId, draft);
  }

  #addBody(told: Told, body: EventBody): void {
    const draft = this.#begin(told, this.#waits.opened(told, body));
    if (draft !== undefined && 'wait' in body) return this.#waits.keep(body.wait, draft);
    this.#waits.told(told, body);
    this.#children.told(told, body);
    if (body.type !== 'tool_completed' && body.type !== 'tool_failed') return;
    const tool = this.#tools.get(body.toolCallId);
    this.#tools.delete(body.toolCallId);
    if (tool === undefined) return;
    if (body.type === 'tool_completed') end(tool, told.at, toolEnd(body.output));
    else end(tool, told.at, { status: 'failed', error: body.error });
  }

  #begin({ eventId }: Told, begun: NewStep | undefined): Draft | undefined {
    if (begun === undefined) return undefined;
    const { step, ...rest } = begun;
    const index = this.#last.eventId === eventId ? this.#last.count : 0;
    this.#last = { eventId, count: index + 1 };
    const { contents } = this.#options;
    const draft: Draft = { step: { id: `${this.#generation}.${eventId}.${index}`, ...step }, contents, ...rest };
    if (!contents) delete draft.step.input;
    this.drafts.push(draft);
    return draft;
  }

  /** What a run has left open when it ended. */
  #cancel({ at }: Told, drafts: readonly Draft[]): void {
    for (const draft of drafts) if (isOpen(draft) && draft.outlives !== true) end(draft, at, { status: 'cancelled' });
  }
}
