import type { LanguageModelV4, LanguageModelV4FunctionTool, LanguageModelV4Prompt } from '@ai-sdk/provider';
import type { AnyAgent, AnyTool } from 'perdure';

/** What a model did in a conversation, its sub-agents included. */
export interface Talk {
  readonly answer: string;
  /** `name {json}`, in order. */
  readonly calls: string[];
  readonly questions: string[];
}

/** The loop of an agent in its simplest form, to talk to a model alone: no workflow, no engine, approvals are given. */
export async function converse(agent: AnyAgent, text: string, replies: string[], deps: unknown): Promise<Talk> {
  const model = agent.model as LanguageModelV4;
  const calls: string[] = [];
  const questions: string[] = [];
  const prompt: LanguageModelV4Prompt = [{ role: 'user', content: [{ type: 'text', text }] }];
  for (let step = 1; step < 20; step++) {
    const { content } = await model.doGenerate({ prompt, tools: offered(agent) });
    const made = content.filter((part) => part.type === 'tool-call');
    if (made.length === 0) {
      const answer = content.flatMap((part) => (part.type === 'text' ? [part.text] : [])).join('');
      return { answer, calls, questions };
    }
    const parsed = made.map((call) => ({ ...call, input: JSON.parse(call.input) as Record<string, string> }));
    prompt.push({ role: 'assistant', content: parsed });
    for (const call of parsed) {
      const output = await carryOut(call.toolName, call.input);
      prompt.push({
        role: 'tool',
        content: [{ type: 'tool-result', toolCallId: call.toolCallId, toolName: call.toolName, output }],
      });
    }
  }
  throw new Error(`No answer after 20 steps. It called: ${calls.join(', ')}`);

  async function carryOut(name: string, input: Record<string, string>): Promise<never> {
    if (name === 'request_user_input') {
      questions.push(input['message'] ?? '');
      const reply = replies.shift();
      return (
        reply === undefined ? { type: 'error-text', value: 'Nobody answered.' } : { type: 'text', value: reply }
      ) as never;
    }
    calls.push(`${name} ${JSON.stringify(input)}`);
    const other = agent.agents.find((each) => each.name === name);
    if (other) {
      const talk = await converse(other, input['message'] ?? '', replies, deps);
      calls.push(...talk.calls);
      questions.push(...talk.questions);
      return { type: 'text', value: talk.answer } as never;
    }
    const tool = agent.tools.find((each): each is AnyTool => each.kind === 'tool' && each.name === name);
    try {
      if (!tool) throw new Error(`There is no tool ${name}.`);
      const value = await (tool.run as (args: unknown, context: unknown) => unknown)(input, {
        deps,
        idempotencyKey: String(calls.length),
        completionToken: 'token',
      });
      return { type: 'json', value: JSON.parse(JSON.stringify(value ?? { status: 'ordered' })) } as never;
    } catch (error) {
      return { type: 'error-text', value: (error as Error).message } as never;
    }
  }
}

function offered(agent: AnyAgent): LanguageModelV4FunctionTool[] {
  const ask = { name: 'request_user_input', description: 'Ask the user.', inputSchema: agent.inputSchema };
  const tools = agent.tools.filter((each): each is AnyTool => each.kind === 'tool');
  return [...tools, ...agent.agents, ask].map(({ name, description, inputSchema }) => ({
    type: 'function',
    name,
    description,
    inputSchema: inputSchema as LanguageModelV4FunctionTool['inputSchema'],
  }));
}
