import type {
  AssistantMessage,
  CallModelInput,
  ChildEnd,
  Decision,
  ExecuteToolInput,
  ModelTurn,
  Resolved,
  ToolOutcome,
} from '../../workflow/protocol/index.ts';
import type { AgentEvents } from './agent-events.ts';
import type { CallReference, EventBody, EventCall, EventFailure, StepReference } from './event.ts';
import type { Ending, Fact } from './facts.ts';

type Scheduled =
  | { readonly type: 'resolve' }
  | { readonly type: 'child-check'; readonly workflowId: string }
  | { readonly type: 'model'; readonly step: StepReference }
  | { readonly type: 'tool'; readonly call: CallReference; readonly waitId: string | undefined }
  | { readonly type: 'compensation'; readonly call: CallReference };

/** Events of models and tools: what the activities behind the loop did. Other activities are the author's own and make no events. */
export class ActivityEvents {
  /** Who runs, where an activity does not say so itself. */
  agent = '';
  readonly #scheduled = new Map<number, Scheduled>();
  /** Calls whose result arrives later, by the id of the wait for it. */
  readonly #awaited = new Map<string, CallReference>();
  readonly #agents: AgentEvents;

  /** @param agents is told of sub-agents whose end an activity found out. */
  constructor(agents: AgentEvents) {
    this.#agents = agents;
  }

  /** Calls of async tools, by the ids of their waits, of which nobody may have been told yet. */
  get awaited(): ReadonlyMap<string, CallReference> {
    return this.#awaited;
  }

  /** An activity was asked for. */
  scheduled(
    eventId: number,
    { activityType, input }: Extract<Fact, { readonly kind: 'activity-scheduled' }>,
  ): EventBody[] {
    switch (activityType) {
      case 'agent.resolve':
        this.#scheduled.set(eventId, { type: 'resolve' });
        return [];
      case 'agent.callModel': {
        const { step, agent } = input as CallModelInput;
        this.#scheduled.set(eventId, { type: 'model', step: { step, agent } });
        return [{ type: 'model_called', step, agent }];
      }
      case 'agent.executeTool': {
        const { toolCallId, tool: toolName, input: args, waitId } = input as ExecuteToolInput;
        if (waitId !== undefined) this.#awaited.set(waitId, { toolCallId, toolName });
        this.#scheduled.set(eventId, { type: 'tool', call: { toolCallId, toolName }, waitId });
        return [{ type: 'tool_started', toolCallId, toolName, input: args }];
      }
      case 'agent.compensateTool': {
        const { toolCallId, tool: toolName } = input as ExecuteToolInput;
        this.#scheduled.set(eventId, { type: 'compensation', call: { toolCallId, toolName } });
        return [];
      }
      case 'agent.checkChild':
        this.#scheduled.set(eventId, { type: 'child-check', workflowId: String(input) });
        return [];
      default:
        return [];
    }
  }

  /** An activity has ended. */
  ended({ scheduledEventId, ending }: Extract<Fact, { readonly kind: 'activity-ended' }>): EventBody[] {
    const scheduled = this.#scheduled.get(scheduledEventId);
    this.#scheduled.delete(scheduledEventId);
    switch (scheduled?.type) {
      case 'resolve':
        return resolved(ending);
      case 'child-check':
        return 'result' in ending && ending.result != null
          ? this.#agents.reported(scheduled.workflowId, ending.result as ChildEnd)
          : [];
      case 'model':
        return 'failure' in ending
          ? [{ type: 'model_failed', ...scheduled.step, error: ending.failure }]
          : responded(scheduled.step, ending.result as ModelTurn);
      case 'tool':
        return this.#toolEnded(scheduled, ending);
      case 'compensation':
        return 'failure' in ending
          ? [{ type: 'compensation_failed', ...scheduled.call, error: ending.failure }]
          : [{ type: 'tool_compensated', ...scheduled.call }];
      default:
        return [];
    }
  }

  #toolEnded({ call, waitId }: Extract<Scheduled, { readonly type: 'tool' }>, ending: Ending): EventBody[] {
    const outcome = 'result' in ending ? (ending.result as ToolOutcome) : undefined;
    if (waitId !== undefined && outcome?.type !== 'pending') this.#awaited.delete(waitId);
    if ('failure' in ending) return [{ type: 'tool_failed', ...call, error: ending.failure }];
    return toolEnded(call, ending.result as ToolOutcome);
  }
}

function resolved(ending: Ending): EventBody[] {
  // A definition that is not found ends the run, and that is what is said then.
  if ('failure' in ending) return [];
  const { definition } = ending.result as Resolved;
  return [{ type: 'agent_resolved', agent: definition.name, definitionHash: definition.hash, model: definition.model }];
}

function responded(step: StepReference, turn: ModelTurn): EventBody[] {
  const { message, decisions, usage, finishReason, model } = turn;
  return [
    {
      type: 'model_responded',
      ...step,
      model,
      text: joined(message, 'text'),
      reasoning: joined(message, 'reasoning'),
      calls: message.content.flatMap((part): EventCall[] =>
        part.type === 'tool-call' ? [{ toolCallId: part.toolCallId, toolName: part.toolName, input: part.input }] : [],
      ),
      usage,
      finishReason,
    },
    ...decisions.flatMap((decision) => refused(step, decision)),
  ];
}

function refused(step: StepReference, decision: Decision): EventBody[] {
  if (decision.type === 'refuse_message') return [{ type: 'message_refused', ...step, error: decision.error }];
  if (decision.type !== 'refuse_call') return [];
  const { toolCallId, toolName, error } = decision;
  return [{ type: 'call_refused', ...step, toolCallId, toolName, error }];
}

function toolEnded(call: CallReference, outcome: ToolOutcome): EventBody[] {
  if (outcome.type === 'pending') return [];
  const { output } = outcome;
  if (output.type !== 'error') return [{ type: 'tool_completed', ...call, output }];
  const error: EventFailure = { type: 'ToolFailed', message: output.value };
  return [{ type: 'tool_failed', ...call, error }];
}

function joined({ content }: AssistantMessage, type: 'text' | 'reasoning'): string {
  return content.map((part) => (part.type === type ? part.text : '')).join('');
}
