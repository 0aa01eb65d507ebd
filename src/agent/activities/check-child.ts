import { Context } from '@temporalio/activity';
import { WorkflowFailedError, WorkflowNotFoundError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import type { AgentActivities, ChildEnd, Json, Spent } from '../../workflow/protocol/index.ts';
import { messageOf } from '../failures.ts';
import { withHeartbeat } from './heartbeat.ts';

/** Asks the engine how a child run has ended, whose report may have been lost with the run that started it. */
export const checkChild: AgentActivities['agent.checkChild'] = (workflowId) => withHeartbeat(() => endOf(workflowId));

async function endOf(workflowId: string): Promise<ChildEnd | null> {
  const handle = Context.current().client.workflow.getHandle(workflowId);
  try {
    const { status } = await handle.describe();
    // A run that continued as new is described by the one after it, unless that has not begun.
    if (status.name === 'RUNNING' || status.name === 'CONTINUED_AS_NEW' || status.name === 'PAUSED') return null;
    return { type: 'completed', result: (await handle.result()) as Json };
  } catch (error) {
    return failedEnd(workflowId, error);
  }
}

function failedEnd(workflowId: string, error: unknown): ChildEnd {
  if (error instanceof WorkflowFailedError) {
    const spent = spentOf(error.cause);
    return { type: 'failed', message: messageOf(error.cause ?? error), ...(spent && { spent }) };
  }
  if (error instanceof WorkflowNotFoundError)
    return { type: 'failed', message: `The run ${workflowId} is gone: its history is not kept any more.` };
  throw error;
}

/** What an agent's run spent, as its failure tells it. Other workflows' failures have details of their own. */
function spentOf(failure: unknown): Spent | undefined {
  const detail: unknown = failure instanceof ApplicationFailure ? failure.details?.[0] : undefined;
  const spent = typeof detail === 'object' && detail !== null && 'spent' in detail ? detail.spent : undefined;
  if (typeof spent !== 'object' || spent === null) return undefined;
  const { steps, toolCalls, inputTokens, outputTokens, cachedInputTokens, reasoningTokens } = spent as Partial<Spent>;
  const numbers = [steps, toolCalls, inputTokens, outputTokens, cachedInputTokens, reasoningTokens];
  return numbers.every((each) => typeof each === 'number') ? (spent as Spent) : undefined;
}
