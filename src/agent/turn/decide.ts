import type { AgentRecord, AgentReference, Decision, ToolRecord } from '../../workflow/protocol/index.ts';
import { approvalNeeded } from '../approval.ts';
import { checkValue } from '../arguments.ts';
import { ASK_USER_TOOL } from '../defaults.ts';
import { jsonSchemaValidator } from '../json-schema.ts';
import { toolHash } from '../records.ts';
import type { AgentRegistry } from '../registry.ts';
import type { AnyAgent, ApprovalContext } from '../types.ts';
import { cut } from './limits.ts';
import type { MadeCall } from './message.ts';

/** What decisions about calls are made from. */
export interface DecideContext {
  readonly definition: AgentRecord;
  readonly registry: AgentRegistry;
  readonly agent: AnyAgent;
  /** Whether the model was told not to call anything. */
  readonly mustAnswer: boolean;
  /** What approval functions are given, but for what depends on the call. */
  readonly approval: Omit<ApprovalContext, 'toolCallId'>;
}

const longestRefusal = 2000;
const mostNames = 50;

/** What is to be done about a call: carry it out, or tell the model why not. */
export async function decideCall(call: MadeCall, context: DecideContext): Promise<Decision> {
  const { definition, mustAnswer } = context;
  const { toolCallId, name } = call;
  if (mustAnswer) return refuse(call, 'No calls are possible any more. Answer with what you have.');
  if (!call.input.ok) return refuse(call, call.input.problem);
  if (name === ASK_USER_TOOL && definition.asksUser !== false) {
    const { message } = call.input.value;
    if (typeof message !== 'string' || message.trim() === '') return refuse(call, 'message has to say what to ask.');
    return { type: 'request_user_input', toolCallId, message };
  }
  const tool = definition.tools.find((each) => each.name === name);
  if (tool) return decideTool(call, tool, context);
  const agent = definition.agents.find((each) => each.name === name);
  if (agent) return decideAgent(call, agent, context);
  return refuse(call, `There is no tool ${JSON.stringify(name)}. There are: ${namesOf(definition)}.`);
}

async function decideTool(call: MadeCall, record: ToolRecord, context: DecideContext): Promise<Decision> {
  const { name, toolCallId } = call;
  const tool = context.registry.tool(name, context.agent);
  if (!tool) return refuse(call, `The tool ${name} is no longer available.`);
  if (toolHash(tool) !== record.hash) {
    return refuse(call, `The tool ${name} is not what it was when this conversation began, so it can't be called.`);
  }
  const checked = await checkValue(tool.input, call.input.ok ? call.input.value : {});
  if (!checked.ok) return refuse(call, unfit(checked.problem));
  const approval = await approvalNeeded(tool, checked.value, { ...context.approval, toolCallId });
  return { type: 'execute_tool', toolCallId, tool: name, ...(approval ? { approval } : {}) };
}

async function decideAgent(call: MadeCall, reference: AgentReference, context: DecideContext): Promise<Decision> {
  const { name, toolCallId } = call;
  const input = context.agent.agents.find((each) => each.name === name)?.input;
  // Without a schema of its own, an agent is told a message.
  const schema = input ?? jsonSchemaValidator(reference.inputSchema);
  const checked = await checkValue(schema, call.input.ok ? call.input.value : {});
  return checked.ok ? { type: 'call_agent', toolCallId, agent: name } : refuse(call, unfit(checked.problem));
}

function unfit(problem: string): string {
  return `The arguments don't fit: ${problem}.`;
}

function refuse({ toolCallId, name }: MadeCall, error: string): Decision {
  return { type: 'refuse_call', toolCallId, toolName: name, error: cut(error.toWellFormed(), longestRefusal) };
}

function namesOf({ tools, agents, asksUser }: AgentRecord): string {
  const names = [...tools, ...agents].map(({ name }) => name);
  if (asksUser !== false) names.push(ASK_USER_TOOL);
  if (names.length === 0) return 'none';
  return names.length > mostNames ? `${names.slice(0, mostNames).join(', ')} and others` : names.join(', ');
}
