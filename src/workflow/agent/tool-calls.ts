import { TemporalFailure, workflowInfo } from '@temporalio/workflow';
import type { ApprovalValue, ToolOutput, ToolRecord, WaitOutcome } from '../protocol/index.ts';
import type { AgentRun, News } from './agent-run.ts';
import { attemptTimeout, toolActivity } from './activity-options.ts';
import { calledName, type Call, type CallDecision } from './call.ts';
import { describeFailure } from './failures.ts';
import { idempotencyKey } from './ids.ts';
import { errorOutput, replyOutput, valueOutput } from './outputs.ts';
import { toldByReference, toldByValue } from './settled.ts';

/** How long a person may take to decide, in milliseconds. */
export const APPROVAL_TIMEOUT: number = 24 * 3_600_000;

type ToolDecision = Extract<CallDecision, { type: 'execute_tool' }>;
type InputDecision = Extract<CallDecision, { type: 'request_user_input' }>;

/** Executes a tool, once a person has agreed if one has to. Whatever goes wrong, the model is told. */
export async function executeTool(run: AgentRun, call: Call, decision: ToolDecision): Promise<News> {
  const tool = run.definition.tools.find(({ name }) => name === decision.tool);
  if (!tool) return toldByValue(call, errorOutput(`There is no tool ${decision.tool}.`));
  if (call.resumed === 'result') return await resultOf(run, call, tool);
  if (decision.approval) {
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
  const { waits } = run.session;
  const async = tool.completion === 'async';
  // The result may come before the activity has said that it comes later.
  if (async)
    waits.expect({
      name: toolCallId,
      kind: 'tool',
      message: `${tool.name} has not ended yet.`,
      call: { toolCallId, toolName: tool.name, input: call.input },
      timeout: run.atMost(tool.timeout),
    });
  try {
    const outcome = await toolActivity(tool, toolCallId)(toolInput(run, call, tool));
    if (outcome.type === 'pending' && async) {
      waits.list(toolCallId);
      return await resultOf(run, call, tool);
    }
    if (outcome.type === 'pending')
      return toldByValue(call, errorOutput(`The tool ${tool.name} is synchronous, but has no result yet.`));
    waits.close(toolCallId);
    completed(run, call, tool, outcome.output);
    const item = { type: 'tool', activityId: toolCallId, toolCallId, toolName: tool.name } as const;
    return toldByReference(call, outcome.output, item);
  } catch (error) {
    if (async && waits.answered(toolCallId)) return await resultOf(run, call, tool); // it was done all the same
    waits.close(toolCallId);
    run.throwIfCancelled();
    if (!(error instanceof TemporalFailure)) throw error;
    return toldByValue(call, errorOutput(describeFailure(error)));
  }
}

/** The result of an async tool that has begun. */
async function resultOf(run: AgentRun, call: Call, tool: ToolRecord): Promise<News> {
  call.phase = 'result';
  const outcome = await run.session.waits.outcome(call.decision.toolCallId);
  call.phase = 'work';
  if (!outcome) return toldByValue(call, errorOutput(`The tool ${tool.name} has not ended in time.`));
  const output = outcome.type === 'value' ? valueOutput(outcome.value) : errorOutput(outcome.message);
  completed(run, call, tool, output);
  return toldByValue(call, output);
}

function toolInput(run: AgentRun, call: Call, tool: ToolRecord): Parameters<ReturnType<typeof toolActivity>>[0] {
  const { toolCallId } = call.decision;
  const { metadata } = run.input;
  return {
    tool: tool.name,
    toolHash: tool.hash,
    toolCallId,
    input: call.input,
    idempotencyKey: idempotencyKey(workflowInfo().firstExecutionRunId, toolCallId),
    ...(tool.completion === 'async' ? { waitId: run.session.waits.id(toolCallId) } : {}),
    caller: {
      agent: run.definition.name,
      rootWorkflowId: run.session.rootWorkflowId,
      ...(metadata ? { metadata } : {}),
    },
  };
}

function completed(run: AgentRun, call: Call, tool: ToolRecord, output: ToolOutput): void {
  if (!tool.compensates || output.type === 'error') return;
  const { toolCallId } = call.decision;
  run.undo.push({
    agent: run.definition.name,
    toolName: tool.name,
    toolHash: tool.hash,
    toolCallId,
    input: call.input,
    idempotencyKey: idempotencyKey(workflowInfo().firstExecutionRunId, toolCallId),
    timeout: attemptTimeout(tool),
  });
}
