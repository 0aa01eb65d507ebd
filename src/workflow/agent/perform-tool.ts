import { ApplicationFailure } from '@temporalio/workflow';
import { FAILURE, type ExecuteToolInput, type OpenCall, type ToolOutput, type ToolRecord } from '../protocol/index.ts';
import type { Session } from '../session/session.ts';
import { toolActivity } from './activity-options.ts';
import { valueOutput } from './outputs.ts';

/** What came of a tool's call. */
export interface Performed {
  readonly output: ToolOutput;
  /** Whether it stands in history as the result of an activity. */
  readonly inHistory: boolean;
}

/** A call of a tool by a run. */
export interface ToolUse {
  readonly session: Session;
  readonly tool: ToolRecord;
  readonly input: ExecuteToolInput;
  /** Until the result of an async tool has to be there, in milliseconds. */
  readonly timeout: number;
  /** Hears where the call stands. */
  readonly onPhase?: (phase: 'work' | OpenCall['phase']) => void;
}

/**
 * Calls a tool and awaits its result, also one that comes later.
 * @throws ActivityFailure when the tool has failed for good
 * @throws ApplicationFailure `WaitExpired` when the result has not come in time
 */
export async function performTool(use: ToolUse): Promise<Performed> {
  const { session, tool, input, timeout } = use;
  const { toolCallId } = input;
  const { waits } = session;
  const async = tool.completion === 'async';
  // The result may come before the activity has said that it comes later.
  if (async)
    waits.expect({
      name: toolCallId,
      kind: 'tool',
      message: `${tool.name} has begun; its result comes later.`,
      call: { toolCallId, toolName: tool.name, input: input.input },
      timeout,
      ...(tool.maxResultBytes === undefined ? {} : { maxBytes: tool.maxResultBytes }),
    });
  try {
    const outcome = await toolActivity(tool, toolCallId)(input);
    if (outcome.type === 'completed') return { output: outcome.output, inHistory: true };
    if (!async)
      throw ApplicationFailure.nonRetryable(
        `${tool.name} is no async tool, but has no result yet.`,
        FAILURE.toolFailed,
      );
    waits.list(toolCallId);
    return await laterResult(use);
  } catch (error) {
    if (async && waits.answered(toolCallId)) return await laterResult(use); // it was done all the same
    throw error;
  } finally {
    waits.close(toolCallId);
  }
}

/** Awaits the result of an async tool that has begun. @throws ApplicationFailure `WaitExpired` */
export async function laterResult({ session, tool, input, onPhase }: ToolUse): Promise<Performed> {
  onPhase?.('result');
  const outcome = await session.waits.outcome(input.toolCallId);
  onPhase?.('work');
  if (!outcome) throw ApplicationFailure.nonRetryable(`${tool.name} has not ended in time.`, FAILURE.waitExpired);
  const output: ToolOutput =
    outcome.type === 'value' ? valueOutput(outcome.value) : { type: 'error', value: outcome.message };
  return { output, inHistory: false };
}
