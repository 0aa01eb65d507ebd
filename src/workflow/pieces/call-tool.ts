import { ApplicationFailure, isCancellation, TemporalFailure, workflowInfo } from '@temporalio/workflow';
import { lookups } from '../agent/activity-options.ts';
import { runFailure, toolFailure } from '../agent/failures.ts';
import { idempotencyKey } from '../agent/ids.ts';
import { performTool } from '../agent/perform-tool.ts';
import { spentOnCalls } from '../agent/spending.ts';
import { APPROVAL_TIMEOUT, rejection } from '../agent/tool-calls.ts';
import { undoableOf, undoCall } from '../agent/undoing.ts';
import {
  FAILURE,
  type ExecuteToolInput,
  type Json,
  type JsonObject,
  type ToolOutput,
  type ToolRecord,
} from '../protocol/index.ts';
import { currentSession, type Session } from '../session/session.ts';
import type { Saga } from './saga.ts';
import type { InputOf, Named, OutputOf } from './typed.ts';

/** How a tool is called. */
export interface CallToolOptions {
  /** Unique in the run. Default: `t1`, `t2`, …, never the same in two runs of a chain. */
  readonly id?: string;
  /** Takes note of how the call is undone, when the tool knows how. */
  readonly saga?: Saga;
  /** Given to the tool. */
  readonly metadata?: JsonObject;
}

/**
 * Calls a tool of the worker from a workflow: with the tool's own timeout and retries, after a person has agreed if one has to, and also when its
 * result comes later. The tool's definition is recorded with the first call and kept for the run.
 * @throws ApplicationFailure `ToolUnknown`, `Rejected`, `WaitExpired`, or what the tool has failed with
 * @example const order = await callTool<typeof lookupOrder>('lookup_order', { orderId: '1042' });
 */
export async function callTool<T extends Named>(
  name: T['name'],
  input: InputOf<T>,
  options: CallToolOptions = {},
): Promise<OutputOf<T>> {
  const session = currentSession();
  const id = options.id ?? session.nextName('t');
  const tool = await recorded(name);
  const use = executeInput(session, tool, id, input as Json, options.metadata);
  session.spend(spentOnCalls(1));
  await approved(session, use);
  const output = await perform(session, tool, use);
  const undo = undoableOf(tool, use, output);
  if (undo) options.saga?.add(() => undoCall(undo, session.caller(options.metadata, undo.agent)));
  if (output.type === 'error') throw ApplicationFailure.nonRetryable(output.value, FAILURE.toolFailed);
  return output.value;
}

const records = new Map<string, Promise<ToolRecord>>();

/** The tool as it was when this run called it first. */
async function recorded(name: string): Promise<ToolRecord> {
  let record = records.get(name);
  if (!record) {
    record = lookups()['agent.resolveTool'](name);
    records.set(name, record);
    record.catch(() => records.delete(name)); // may be there later
  }
  try {
    return await record;
  } catch (error) {
    if (isCancellation(error)) throw error;
    throw error instanceof TemporalFailure ? runFailure(error, FAILURE.toolUnknown) : error;
  }
}

async function approved(session: Session, use: ExecuteToolInput): Promise<void> {
  const needed = await approvalNeeded(use);
  if (!needed) return;
  const { toolCallId, tool, input } = use;
  const outcome = await session.waits.ask({
    name: toolCallId,
    kind: 'approval',
    message: needed.message,
    call: { toolCallId, toolName: tool, input },
    timeout: APPROVAL_TIMEOUT,
  });
  const refused = rejection(outcome);
  if (refused !== undefined) throw ApplicationFailure.nonRetryable(refused, FAILURE.rejected);
}

async function approvalNeeded(use: ExecuteToolInput): Promise<{ readonly message: string } | null> {
  try {
    return await lookups()['agent.needsApproval'](use);
  } catch (error) {
    throw error instanceof TemporalFailure ? toolFailure(error) : error;
  }
}

async function perform(session: Session, tool: ToolRecord, input: ExecuteToolInput): Promise<ToolOutput> {
  try {
    return (await performTool({ session, tool, input, timeout: tool.timeout })).output;
  } catch (error) {
    throw error instanceof TemporalFailure ? toolFailure(error) : error;
  }
}

function executeInput(
  session: Session,
  tool: ToolRecord,
  toolCallId: string,
  input: Json,
  metadata: JsonObject | undefined,
): ExecuteToolInput {
  return {
    tool: tool.name,
    toolHash: tool.hash,
    toolCallId,
    input,
    // Not of the chain: the names of calls begin again in each of its runs.
    idempotencyKey: idempotencyKey(workflowInfo().runId, toolCallId),
    ...(tool.completion === 'async' ? { waitId: session.waits.id(toolCallId) } : {}),
    caller: session.caller(metadata),
  };
}
