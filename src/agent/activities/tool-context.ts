import { Context } from '@temporalio/activity';
import type { ExecuteToolInput, JsonObject } from '../../workflow/protocol/index.ts';
import { signCompletionToken } from '../completion-token.ts';
import type { ApprovalContext, AsyncToolContext, CompensationContext } from '../types.ts';
import type { AgentActivityOptions } from './options.ts';

/** Which call is decided on. */
export interface ApprovalCall {
  readonly tool: string;
  readonly toolCallId: string;
  /** Who calls. */
  readonly agent: string;
  readonly metadata?: JsonObject | undefined;
}

/** What a tool's `approval` is given. */
export function approvalContext(options: AgentActivityOptions, call: ApprovalCall): ApprovalContext {
  const { workflowId = '', runId = '' } = Context.current().info.workflowExecution ?? {};
  return {
    get deps() {
      return depsFor(options, call.tool);
    },
    signal: Context.current().cancellationSignal,
    toolCallId: call.toolCallId,
    agent: call.agent,
    workflowId,
    runId,
    metadata: call.metadata ?? {},
  };
}

/** What a tool's `compensate` is given. */
export function compensationContext(options: AgentActivityOptions, input: ExecuteToolInput): CompensationContext {
  const { tool, toolCallId, idempotencyKey, caller } = input;
  const { attempt, workflowExecution } = Context.current().info;
  return {
    get deps() {
      return depsFor(options, tool);
    },
    signal: Context.current().cancellationSignal,
    idempotencyKey,
    attempt,
    toolCallId,
    agent: caller.agent,
    workflowId: workflowExecution?.workflowId ?? '',
    runId: workflowExecution?.runId ?? '',
    rootWorkflowId: caller.rootWorkflowId,
    metadata: caller.metadata ?? {},
  };
}

/** What a tool's `run` is given; without a completion token, but a word about that, when the tool is not async. */
export function toolContext(options: AgentActivityOptions, input: ExecuteToolInput): AsyncToolContext {
  // A spread would read `deps`, which may throw.
  return Object.defineProperty(compensationContext(options, input), 'completionToken', {
    // Who copies the context of another tool has not asked for it.
    enumerable: input.waitId !== undefined,
    get: () => completionToken(options, input),
  }) as AsyncToolContext;
}

function completionToken({ secret }: AgentActivityOptions, { tool, waitId, caller }: ExecuteToolInput): string {
  if (waitId === undefined)
    throw new Error(
      `The tool ${tool} has no completionToken: define it with completion: 'async' to complete it later.`,
    );
  const { rootWorkflowId: workflowId, rootRunId: runId } = caller;
  return signCompletionToken({ workflowId, waitId, ...(runId !== undefined && { runId }) }, secret);
}

function depsFor({ deps }: AgentActivityOptions, tool: string): unknown {
  if (deps === undefined)
    throw new Error(`The tool ${tool} reads deps, but this worker was given none: pass them to runWorker as \`deps\`.`);
  return deps;
}
