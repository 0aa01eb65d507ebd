import type { LanguageModelV4Message } from '@ai-sdk/provider';
import { ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
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
  });

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
  if (agent !== 'structured') return defineAgent(base);
  const output = z.object({ status: z.enum(['open', 'shipped']), days: z.number().optional() });
  return defineAgent({ ...base, output });
}

type PromptPart = Exclude<LanguageModelV4Message['content'], string>[number];

const largestPayload = 2 * 1024 * 1024;

/** Whatever the model has said, history can keep it, and the next call can be made. */
function expectUsable(turn: ModelTurn): void {
  const payload = defaultPayloadConverter.toPayload(turn);
  expect(payload.data?.length).toBeLessThan(largestPayload);
  const again = defaultPayloadConverter.fromPayload<ModelTurn>(payload);
  expect(again).toEqual(turn);
  expect(Math.min(...Object.values(turn.usage).map(Number))).toBeGreaterThanOrEqual(0);
  const ids = turn.message.content.flatMap((part) => (part.type === 'tool-call' ? [part.toolCallId] : []));
  expect(new Set(ids).size).toBe(ids.length);
  expect(turn.decisions.flatMap((decision) => ('toolCallId' in decision ? [decision.toolCallId] : []))).toEqual(ids);
  const errors = turn.decisions.flatMap((decision) => ('error' in decision ? [decision.error] : []));
  expect(errors.filter((error) => error.length < 10 || error.length > 2001)).toEqual([]);
  const prompt = toPrompt('', [again.message]);
  expect(prompt.filter(({ content }) => content.length === 0)).toEqual([]);
  const parts = prompt.flatMap(({ content }): readonly PromptPart[] => (typeof content === 'string' ? [] : content));
  const calls = parts.filter((part) => part.type === 'tool-call');
  const results = parts.filter((part) => part.type === 'tool-result');
  expect(results.map(({ toolCallId }) => toolCallId)).toEqual(calls.map(({ toolCallId }) => toolCallId));
  for (const { toolCallId, toolName, input } of calls) {
    expect(toolCallId).toMatch(/^[\w-]{1,64}$/);
    expect(toolName).toMatch(/^[\w-]{1,64}$/);
    expect(Object.prototype.toString.call(input)).toBe('[object Object]');
  }
}

function outcomeOf(result: PromiseSettledResult<ModelTurn>): unknown {
  if (result.status === 'rejected') {
    const { reason } = result as { reason: unknown };
    if (!(reason instanceof ApplicationFailure) || reason.type !== 'ModelFailed') return reason;
    return reason.nonRetryable ? 'final' : 'again';
  }
  const types = result.value.decisions.map(({ type }) => type);
  if (types.length > 0 && types.every((type) => type === 'refuse_call')) return 'refused';
  return types.length === 1 && types[0] === 'refuse_message' ? 'no answer' : types;
}

async function run(output: BadOutput): Promise<void> {
  const [result] = await Promise.allSettled([firstStep({ agent: agentOf(output) })]);
  expect(outcomeOf(result)).toEqual(output.outcome);
  if (result.status === 'fulfilled') expectUsable(result.value);
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

  it('leave all objects as they were', () => {
    expect(Reflect.ownKeys(Object.prototype)).toEqual(before);
    expect({}).not.toHaveProperty('polluted');
    expect([]).not.toHaveProperty('polluted');
    expect(() => {}).not.toHaveProperty('polluted');
  });
});
