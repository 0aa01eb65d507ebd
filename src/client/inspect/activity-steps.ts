import type {
  CallModelInput,
  ExecuteToolInput,
  ModelTurn,
  Resolved,
  ToolOutcome,
} from '../../workflow/protocol/index.ts';
import type { PayloadReader } from '../../agent/conversation/payloads.ts';
import type { EventFailure } from '../events/event.ts';
import type { Fact } from '../events/facts.ts';
import { begin, type Draft, end, type NewStep, type StepEnd, toJson, type Told, usageOf } from './step-draft.ts';

/** What the loop looks up, beside the steps of an agent. */
const LOOKUPS: ReadonlySet<string> = new Set([
  'agent.resolve',
  'agent.resolveTool',
  'agent.needsApproval',
  'agent.checkChild',
]);

type Scheduled = Extract<Fact, { readonly kind: 'activity-scheduled' }>;

/** Steps of one run of a chain that are activities: calls of models and tools, and authors' own. */
export class ActivitySteps {
  readonly #workflowId: string;
  readonly #payloads: PayloadReader;
  /** By the event that scheduled them. */
  readonly #open = new Map<number, Draft>();
  readonly #resolving = new Set<number>();
  #model: string;

  /** @param model of the agent, when a run before has found it out. */
  constructor(workflowId: string, payloads: PayloadReader, model: string) {
    this.#workflowId = workflowId;
    this.#payloads = payloads;
    this.#model = model;
  }

  /** Those that have not ended. */
  get open(): Iterable<Draft> {
    return this.#open.values();
  }

  /** An activity was asked for. @returns the step, if it is one. */
  async scheduled({ event, eventId, at }: Told, fact: Scheduled): Promise<NewStep | undefined> {
    const { activityType, activityId, input } = fact;
    if (activityType === 'agent.resolve') this.#resolving.add(eventId);
    if (LOOKUPS.has(activityType)) return undefined;
    const step = { status: 'scheduled', attempts: 0, scheduledAt: at } as const;
    if (activityType === 'agent.callModel') {
      const { agent, delta } = input as CallModelInput;
      return { step: { ...step, kind: 'model', name: this.#model, agent, input: toJson(delta) }, activityId };
    }
    if (activityType === 'agent.executeTool') {
      const { tool: name, toolCallId, input: args, caller } = input as ExecuteToolInput;
      return {
        step: { ...step, kind: 'tool', name, agent: caller.agent, toolCallId, input: args },
        activityId,
      };
    }
    if (activityType === 'agent.compensateTool') {
      const { tool, toolCallId, input: args } = input as ExecuteToolInput;
      const undone = { tool, toolCallId, input: args };
      return { step: { ...step, kind: 'activity', name: activityType, toolCallId, input: undone }, activityId };
    }
    const owner = { workflowId: this.#workflowId, activityId };
    const args = await this.#payloads.all(event.activityTaskScheduledEventAttributes?.input, owner);
    return { step: { ...step, kind: 'activity', name: activityType, input: toJson(args) }, activityId };
  }

  /** Keeps a step until its end is known. */
  keep(eventId: number, draft: Draft): void {
    this.#open.set(eventId, draft);
  }

  /** An attempt has begun: history says so when it has ended. */
  started({ event, at }: Told): void {
    const started = event.activityTaskStartedEventAttributes;
    const draft = this.#open.get(Number(started?.scheduledEventId));
    if (draft !== undefined) begin(draft, at, started?.attempt ?? 1);
  }

  /** An activity has ended. */
  ended(told: Told, { scheduledEventId, ending }: Extract<Fact, { readonly kind: 'activity-ended' }>): void {
    if (this.#resolving.delete(scheduledEventId) && 'result' in ending) {
      this.#model = (ending.result as Resolved).definition.model;
    }
    const draft = this.#open.get(scheduledEventId);
    if (draft === undefined) return;
    this.#open.delete(scheduledEventId);
    const { step } = draft;
    if ('failure' in ending) end(draft, told.at, { status: statusOf(told), error: ending.failure });
    else if (step.kind === 'model') {
      const { message, model, usage } = ending.result as ModelTurn;
      step.model = model;
      end(draft, told.at, { status: 'completed', output: message, usage: usageOf(usage) });
    } else if (step.kind === 'activity') end(draft, told.at, { status: 'completed', output: ending.result ?? null });
    else {
      const outcome = ending.result as ToolOutcome;
      // The result of an async tool arrives later.
      if (outcome.type === 'completed') end(draft, told.at, toolEnd(outcome.output));
    }
  }
}

/** How a tool's call ended, as the model is told. */
export function toolEnd(output: Extract<ToolOutcome, { readonly type: 'completed' }>['output']): StepEnd {
  const failure = (message: string): EventFailure => ({ type: 'ToolFailed', message });
  return output.type === 'error'
    ? { status: 'failed', error: failure(output.value) }
    : { status: 'completed', output: output.value };
}

function statusOf({ event }: Told): StepEnd['status'] {
  if (event.activityTaskTimedOutEventAttributes) return 'timed_out';
  return event.activityTaskCanceledEventAttributes ? 'cancelled' : 'failed';
}
