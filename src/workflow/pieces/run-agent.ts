import {
  ChildWorkflowCancellationType,
  ParentClosePolicy,
  startChild,
  workflowInfo,
  type ChildWorkflowHandle,
} from '@temporalio/workflow';
import { childWorkflowId } from '../agent/ids.ts';
import {
  AGENT_WORKFLOW,
  CANCEL_RUN,
  STEER,
  type AgentResult,
  type AgentRunInput,
  type CancelRequest,
  type JsonObject,
  type Limits,
  type Lineage,
  type UserContent,
} from '../protocol/index.ts';
import { currentSession, type Session } from '../session/session.ts';
import type { InputOf, Named, OutputOf } from './typed.ts';

/** How an agent is run from a workflow. */
export interface RunAgentOptions<Input> {
  /** What the user says, or the agent's typed input. */
  readonly input: Input;
  /** Tighter than the agent's own. */
  readonly limits?: Partial<Limits>;
  /** Kept with the run and given to its tools. */
  readonly metadata?: JsonObject;
  /** Unique in the run. Default: `a1`, `a2`, … */
  readonly id?: string;
  /**
   * What becomes of it when this workflow ends first, also by continuing as new. Default: it is cancelled, and cleans up. With `ABANDON` it is
   * independent, the root of a tree of its own: its waits are listed and answered at its own workflow id, cancelling this workflow or a scope of it
   * does not cancel it (`AgentHandle.cancel` does), and it knows nothing of this workflow's end.
   */
  readonly parentClosePolicy?: ParentClosePolicy;
}

/** What an agent's run comes to. */
export interface AgentOutcome<Output> extends Omit<AgentResult, 'output' | 'undo'> {
  /** Text, or what the agent's output schema says. */
  readonly output: Output;
}

/** A run of an agent, as the workflow sees it that has started it. */
export interface AgentHandle<Output> {
  /** Of the agent's run. */
  readonly workflowId: string;
  /** Of the first run of the chain, should it continue as new. */
  readonly firstExecutionRunId: string;
  /** @throws ChildWorkflowFailure when it fails; its cause is an `ApplicationFailure` of a type of `FAILURE`. */
  result(): Promise<AgentOutcome<Output>>;
  /** Tells it something that it should know before its next step. @returns whether it was still there. */
  steer(content: UserContent): Promise<boolean>;
  /** Asks it to end in order. @returns whether it was still there. */
  cancel(request?: CancelRequest): Promise<boolean>;
}

/**
 * Runs an agent as a child workflow and awaits its result. Its waits are listed at the root of this workflow's tree and answered there. When this
 * workflow is cancelled, so is the agent.
 * @throws ChildWorkflowFailure when it fails
 * @example const { output } = await runAgent<typeof support>('support', { input: 'Where is my order 1042?' });
 */
export async function runAgent<A extends Named>(
  name: A['name'],
  options: RunAgentOptions<InputOf<A>>,
): Promise<AgentOutcome<OutputOf<A>>> {
  const agent = await startAgent<A>(name, options);
  return await agent.result();
}

/** Starts an agent as a child workflow: resolves once it has started. */
export async function startAgent<A extends Named>(
  name: A['name'],
  options: RunAgentOptions<InputOf<A>>,
): Promise<AgentHandle<OutputOf<A>>> {
  const session = currentSession();
  const id = options.id ?? session.nextName('a');
  const workflowId = childWorkflowId(workflowInfo().workflowId, id, name);
  const { parentClosePolicy = ParentClosePolicy.REQUEST_CANCEL } = options;
  const independent = parentClosePolicy === ParentClosePolicy.ABANDON;
  const child = await startChild<(input: AgentRunInput) => Promise<AgentResult>>(AGENT_WORKFLOW, {
    workflowId,
    args: [agentInput(name, options, independent ? undefined : session.lineageBelow(id))],
    parentClosePolicy,
    cancellationType: independent
      ? ChildWorkflowCancellationType.ABANDON
      : ChildWorkflowCancellationType.WAIT_CANCELLATION_COMPLETED,
  });
  let result: Promise<AgentOutcome<OutputOf<A>>> | undefined;
  return {
    workflowId,
    firstExecutionRunId: child.firstExecutionRunId,
    result: () => (result ??= ended(session, workflowId, child)),
    steer: (content) => session.outbox.send(workflowId, STEER, content),
    cancel: (request = {}) => session.outbox.send(workflowId, CANCEL_RUN, request),
  };
}

async function ended<Output>(
  session: Session,
  workflowId: string,
  child: ChildWorkflowHandle<(input: AgentRunInput) => Promise<AgentResult>>,
): Promise<AgentOutcome<Output>> {
  try {
    const { output, finish, spent } = await child.result();
    session.spend(spent);
    return { output: output as Output, finish, spent };
  } catch (error) {
    const end = session.reports.get(workflowId)?.end;
    if (end?.type === 'failed' && end.spent) session.spend(end.spent);
    throw error;
  } finally {
    session.ended(workflowId);
  }
}

function agentInput(
  agent: string,
  { input, limits, metadata }: RunAgentOptions<unknown>,
  lineage: Lineage | undefined,
): AgentRunInput {
  return {
    agent,
    input: input as AgentRunInput['input'],
    ...(limits ? { limits } : {}),
    ...(metadata ? { metadata } : {}),
    ...(lineage ? { lineage } : {}),
  };
}
