import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { defineAgent } from '../../../src/agent/define-agent.ts';
import { defineTool } from '../../../src/agent/define-tool.ts';
import type { AnyAgent, AnyTool } from '../../../src/agent/types.ts';
import { toPrompt } from '../../../src/agent/turn/prompt.ts';
import type { ModelTurn } from '../../../src/workflow/protocol/index.ts';
import { firstStep, scripted } from '../call-model/support.ts';
import type { BadOutput } from './bad-output.ts';
import { badArguments } from './cases/arguments.ts';
import { badNames } from './cases/names.ts';
import { badAnswers, objects } from './cases/objects.ts';
import { prototypes } from './cases/prototypes.ts';
import { sizes } from './cases/sizes.ts';
import { streams } from './cases/streams.ts';
import { truncatedJson } from './cases/truncated-json.ts';
import { unicode } from './cases/unicode.ts';

const corpus: Readonly<Record<string, readonly BadOutput[]>> = {
  'truncated arguments': truncatedJson,
  'malformed arguments': badArguments,
  names: badNames,
  'keys that reach prototypes': prototypes,
  unicode,
  sizes,
  streams,
  'objects where text belongs': objects,
  'malformed answers': badAnswers,
};
const total = Object.values(corpus).reduce((sum, { length }) => sum + length, 0);

const tool = (name: string, input: z.ZodType): AnyTool =>
  defineTool({
    name,
    description: `${name}.`,
    input,
    inputJsonSchema: { type: 'object' },
    run: () => 'done',
  }) as AnyTool;

const tools = [
  tool('lookup_order', z.object({ orderId: z.string() })),
  tool('refund', z.strictObject({ orderId: z.string(), amount: z.number(), note: z.string().optional() })),
  tool('tag', z.object({ tags: z.array(z.array(z.unknown())), at: z.record(z.string(), z.unknown()) })),
  tool('now', z.object({})),
  tool(
    'explode',
    z.object({}).refine(() => {
      throw new Error('a schema of the author');
    }),
  ),
];

function agentOf({ script, agent }: BadOutput): AnyAgent {
  const model = scripted(script);
  const billing = defineAgent({ name: 'billing', description: 'Invoices.', model, instructions: 'Bill.' });
  const base = { name: 'support', model, instructions: 'Help.', tools, agents: [billing] } as const;
  if (agent !== 'structured') return defineAgent(base) as AnyAgent;
  const output = z.object({ status: z.enum(['open', 'shipped']), days: z.number().optional() });
  return defineAgent({ ...base, output }) as AnyAgent;
}

const largestPayload = 2 * 1024 * 1024;

/** Whatever the model has said, history can keep it, and the next call can be made. */
function expectUsable(turn: ModelTurn): void {
  const payload = defaultPayloadConverter.toPayload(turn);
  expect(payload.data?.length).toBeLessThan(largestPayload);
  const again = defaultPayloadConverter.fromPayload<ModelTurn>(payload);
  expect(again).toEqual(turn);
  for (const number of Object.values(turn.usage)) expect(number).toBeGreaterThanOrEqual(0);
  const calls = turn.message.content.filter((part) => part.type === 'tool-call');
  expect(new Set(calls.map(({ toolCallId }) => toolCallId)).size).toBe(calls.length);
  const decided = turn.decisions.flatMap((decision) => ('toolCallId' in decision ? [decision.toolCallId] : []));
  expect(decided).toEqual(calls.map(({ toolCallId }) => toolCallId));
  for (const decision of turn.decisions) {
    if ('error' in decision)
      expect(decision.error).toSatisfy((error: string) => error.length > 10 && error.length <= 2001);
  }
  for (const { role, content } of toPrompt('', [again.message])) {
    expect(content.length).toBeGreaterThan(0);
    for (const part of typeof content === 'string' ? [] : content) {
      if (part.type !== 'tool-call' && part.type !== 'tool-result') continue;
      expect(part).toMatchObject({
        toolCallId: expect.stringMatching(/^[\w-]{1,64}$/),
        toolName: expect.stringMatching(/^[\w-]{1,64}$/),
      });
      if (role === 'assistant') expect(part).toHaveProperty('input', expect.any(Object));
    }
  }
}

async function run(output: BadOutput): Promise<void> {
  const result = await firstStep({ agent: agentOf(output) }).catch((error: unknown) => error);
  if (output.outcome === 'again' || output.outcome === 'final') {
    expect(result).toBeInstanceOf(ApplicationFailure);
    expect(result).toMatchObject({ type: 'ModelFailed', nonRetryable: output.outcome === 'final' });
    return;
  }
  expect(result).not.toBeInstanceOf(Error);
  const turn = result as ModelTurn;
  const types = turn.decisions.map(({ type }) => type);
  if (output.outcome === 'refused') expect(types).toEqual(types.map(() => 'refuse_call'));
  else expect(types).toEqual(output.outcome === 'no answer' ? ['refuse_message'] : output.outcome);
  expect(types.length).toBeGreaterThan(0);
  expectUsable(turn);
}

describe(`${total} malformed outputs of models`, () => {
  const before = Reflect.ownKeys(Object.prototype);

  it('are at least 150, each under a name of its own', () => {
    expect(total).toBeGreaterThanOrEqual(150);
    for (const outputs of Object.values(corpus)) {
      expect(new Set(outputs.map(({ name }) => name)).size).toBe(outputs.length);
    }
  });

  for (const [group, outputs] of Object.entries(corpus)) {
    describe(`${outputs.length} of ${group}`, () => {
      it.each(outputs)('$name', run);
    });
  }

  afterAll(() => {
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
    expect({}).not.toHaveProperty('polluted');
    expect([]).not.toHaveProperty('polluted');
    expect(() => {}).not.toHaveProperty('polluted');
  });
});
