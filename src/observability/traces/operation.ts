import type { CallModelInput, ExecuteToolInput, ResolveInput } from '../../workflow/protocol/index.ts';

/** What an activity does, in words of agents. */
export interface Operation {
  readonly kind: 'activity' | 'chat' | 'compensate' | 'invoke' | 'tool';
  /** The agent's name. */
  readonly agent?: string;
  /** Number of the model call, from 1: the one itself, or the one that the call of a tool came from. */
  readonly step?: number;
  /** The tool's name. */
  readonly tool?: string;
  readonly toolCallId?: string;
  /** Arguments of the call. */
  readonly input?: unknown;
}

/** What an activity does; one of the author's own is an activity and no more. */
export function operationOf(activityType: string, [input]: readonly unknown[]): Operation {
  switch (activityType) {
    case 'agent.resolve':
      return { kind: 'invoke', agent: (input as ResolveInput).agent };
    case 'agent.callModel': {
      const { agent, step } = input as CallModelInput;
      return { kind: 'chat', agent, step };
    }
    case 'agent.executeTool':
    case 'agent.needsApproval':
      return { kind: activityType === 'agent.executeTool' ? 'tool' : 'activity', ...callOf(input as ExecuteToolInput) };
    case 'agent.compensateTool':
      return { kind: 'compensate', ...callOf(input as ExecuteToolInput) };
    default:
      return { kind: 'activity' };
  }
}

function callOf({ tool, toolCallId, input, caller }: ExecuteToolInput): Omit<Operation, 'kind'> {
  const step = Number(/^s(\d+)\./.exec(toolCallId)?.[1]);
  return { agent: caller.agent, tool, toolCallId, input, ...(Number.isFinite(step) && { step }) };
}

/** Fields of logs. */
export function fieldsOf({ agent, step, tool }: Operation, run: string, attempt: number): Record<string, unknown> {
  return {
    run,
    ...(agent !== undefined && { agent }),
    ...(step !== undefined && { step }),
    ...(tool !== undefined && { tool }),
    attempt,
  };
}
