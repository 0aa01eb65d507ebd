import type {
  AgentRunInput,
  CallModelInput,
  Json,
  ModelTurn,
  Resolved,
  ToolOutput,
} from '../../workflow/protocol/index.ts';

/** An activity whose result matters to the conversation. */
export interface ScheduledActivity {
  readonly type: ConversationActivity;
  readonly activityId: string;
  /** Of `agent.checkChild`: the child that it asked about. */
  readonly childWorkflowId?: string;
}

/** The activities that conversations are made of. */
export type ConversationActivity = 'agent.resolve' | 'agent.callModel' | 'agent.executeTool' | 'agent.checkChild';

/** What an event of a run's history says about its conversation. */
export type Fact = { readonly eventId: number; /** Of the payloads that were read. */ readonly bytes: number } & (
  | { readonly type: 'started'; readonly carried: NonNullable<AgentRunInput['carried']> }
  | { readonly type: 'scheduled'; readonly activity: ScheduledActivity; readonly call?: CallModelInput }
  | { readonly type: 'resolved'; readonly resolved: Resolved }
  | { readonly type: 'answered'; readonly scheduledEventId: number; readonly turn: ModelTurn }
  | { readonly type: 'tool'; readonly activityId: string; readonly output: ToolOutput }
  | { readonly type: 'child'; readonly workflowId: string; readonly output: ToolOutput }
);

/** What a sub-agent's result is to the model of its caller. */
export function childOutput(result: Json): ToolOutput {
  const isAgentResult = typeof result === 'object' && result !== null && 'output' in result && 'finish' in result;
  const value = (isAgentResult ? result['output'] : result) ?? null;
  return typeof value === 'string' ? { type: 'text', value } : { type: 'json', value };
}
