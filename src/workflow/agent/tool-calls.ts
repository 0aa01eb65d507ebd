import { TemporalFailure } from '@temporalio/workflow';
import type { ApprovalValue, ExecuteToolInput, ToolRecord, WaitOutcome } from '../protocol/index.ts';
import type { AgentRun } from './agent-run.ts';
import { calledName, type Call, type CallDecision } from './call.ts';
import { describeFailure } from './failures.ts';
import { idempotencyKey } from './ids.ts';
import { errorOutput, replyOutput } from './outputs.ts';
import { laterResult, performTool, type ToolUse } from './perform-tool.ts';
import { undoableOf } from './undoing.ts';
import { toldByReference, toldByValue, type News } from './news.ts';

/** How long a person may take to decide, in milliseconds. */
export const APPROVAL_TIMEOUT: number = 24 * 3_600_000;

type ToolDecision = Extract<CallDecision, { type: 'execute_tool' }>;
type InputDecision = Extract<CallDecision, { type: 'request_user_input' }>;

/** Executes a tool, once a person has agreed if one has to. Whatever goes wrong, the model is told. */
export async function executeTool(run: AgentRun, call: Call, decision: ToolDecision): Promise<News> {
  const tool = run.definition.tools.find(({ name }) => name === decision.tool);
  if (!tool) return toldByValue(call, errorOutput(`There is no tool ${decision.tool}.`));
  if (decision.approval && call.resumed !== 'result') {
    const refused = await askForApproval(run, call, decision.approval.message);
    if (refused !== undefined) return toldByValue(call, errorOutput(refused));
  }
  return await execute(run, call, tool);
}

/** Asks the user. Silence is an answer, too. */
export async function requestUserInput(run: AgentRun, call: Call, decision: InputDecision): Promise<News> {
  const { asksUser } = run.definition;
  if (!asksUser) return toldByValue(call, errorOutput('The user can’t be asked.'));
  call.phase = 'ask';
  const outcome = await run.session.waits.ask({
    name: decision.toolCallId,
    kind: 'input',
    message: decision.message,
    timeout: run.atMost(asksUser.timeout),
  });
  call.phase = 'work';
  if (!outcome) return toldByValue(call, errorOutput('The user has not answered in time.'));
  return toldByValue(call, outcome.type === 'value' ? replyOutput(outcome.value) : errorOutput(outcome.message));
}

/** @returns why the call may not be made. */
async function askForApproval(run: AgentRun, call: Call, message: string): Promise<string | undefined> {
  const { toolCallId } = call.decision;
  call.phase = 'ask';
  const outcome = await run.session.waits.ask({
    name: toolCallId,
    kind: 'approval',
    message,
    call: { toolCallId, toolName: calledName(call.decision), input: call.input },
    timeout: run.atMost(APPROVAL_TIMEOUT),
  });
  call.phase = 'work';
  return rejection(outcome);
}

/** Why an approval is none. */
export function rejection(outcome: WaitOutcome | undefined): string | undefined {
  if (outcome?.type !== 'value') return 'Rejected: nobody has approved this call in time.';
  const { approved, reason } = outcome.value as unknown as ApprovalValue;
  if (approved) return undefined;
  return reason ? `Rejected by a person: ${reason}` : 'Rejected by a person.';
}

async function execute(run: AgentRun, call: Call, tool: ToolRecord): Promise<News> {
  const { toolCallId } = call.decision;
  const use: ToolUse = {
    session: run.session,
    tool,
    input: toolInput(run, call, tool),
    timeout: run.atMost(tool.timeout),
    onPhase: (phase) => (call.phase = phase),
  };
  try {
    const { output, inHistory } = call.resumed === 'result' ? await laterResult(use) : await performTool(use);
    const undo = undoableOf(tool, use.input, output);
    if (undo) run.undo.push(undo);
    if (!inHistory) return toldByValue(call, output.type === 'error' ? errorOutput(output.value) : output);
    return toldByReference(call, output, { type: 'tool', activityId: toolCallId, toolCallId, toolName: tool.name });
  } catch (error) {
    run.throwIfCancelled();
    if (!(error instanceof TemporalFailure)) throw error;
    return toldByValue(call, errorOutput(describeFailure(error)));
  }
}

function toolInput(run: AgentRun, call: Call, tool: ToolRecord): ExecuteToolInput {
  const { toolCallId } = call.decision;
  return {
    tool: tool.name,
    toolHash: tool.hash,
    toolCallId,
    input: call.input,
    idempotencyKey: idempotencyKey(run.scope, toolCallId),
    ...(tool.completion === 'async' ? { waitId: run.session.waits.id(toolCallId) } : {}),
    caller: run.session.caller(run.input.metadata),
  };
}
