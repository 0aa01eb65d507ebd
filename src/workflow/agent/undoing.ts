import type { ExecuteToolInput, JsonObject, ToolOutput, ToolRecord, Undoable } from '../protocol/index.ts';
import { attemptTimeout, undoActivity } from './activity-options.ts';

/** What it takes to undo a completed call, when there is a way. */
export function undoableOf(tool: ToolRecord, input: ExecuteToolInput, output: ToolOutput): Undoable | undefined {
  if (!tool.compensates || output.type === 'error') return undefined;
  return {
    agent: input.caller.agent,
    toolName: tool.name,
    toolHash: tool.hash,
    toolCallId: input.toolCallId,
    input: input.input,
    idempotencyKey: input.idempotencyKey,
    timeout: attemptTimeout(tool),
  };
}

/** Who undoes. */
export interface Undoer {
  readonly rootWorkflowId: string;
  readonly metadata?: JsonObject | undefined;
}

/** Undoes a completed call. @param within in milliseconds, all attempts together. @throws ActivityFailure */
export async function undoCall(undo: Undoable, { rootWorkflowId, metadata }: Undoer, within?: number): Promise<void> {
  const { agent, toolName, toolHash, toolCallId, input, idempotencyKey } = undo;
  const caller = { agent, rootWorkflowId, ...(metadata ? { metadata } : {}) };
  const compensate = undoActivity(undo, within);
  await compensate({ tool: toolName, toolHash, toolCallId, input, idempotencyKey, caller });
}
