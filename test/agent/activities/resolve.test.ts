import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { createResolve } from '../../../src/agent/activities/resolve.ts';
import { AgentRegistry } from '../../../src/agent/registry.ts';
import { defineAgent } from '../../../src/index.ts';
import { mockActivity } from '../support.ts';
import type { ResolveInput, Resolved } from '../../../src/workflow/protocol/index.ts';

const base = { model: 'openai/gpt-5-mini', instructions: 'Help.' };
const plain = defineAgent({ ...base, name: 'plain' });
const typed = defineAgent({
  ...base,
  name: 'typed',
  input: z.object({ id: z.string().transform(Number) }),
  instructions: ({ input, now }) => `${JSON.stringify(input)} at ${now.getTime()}`,
});
const mute = defineAgent({ ...base, name: 'mute', instructions: () => '' });
const broken = defineAgent({
  ...base,
  name: 'broken',
  instructions: () => Promise.reject(new Error('prompts are away')),
});

const resolve = (input: unknown): Promise<Resolved> =>
  mockActivity({ scheduledTimestampMs: 7 }).run(
    createResolve({ registry: new AgentRegistry({ agents: [plain, typed, mute, broken] }), secret: 'x' }),
    input as ResolveInput,
  );

describe('agent.resolve', () => {
  it('records the definition, and opens with what the user said', async () => {
    const { definition, opening } = await resolve({ agent: 'plain', input: 'Hello' });
    expect(definition).toMatchObject({ name: 'plain', instructions: 'Help.', hash: expect.any(String) });
    expect(opening).toBe('Hello');
  });

  it('takes files, and what a calling agent says', async () => {
    const parts = [
      { type: 'text', text: 'What is this?' },
      { type: 'file', mediaType: 'image/png', data: 'AQID' },
    ];
    expect((await resolve({ agent: 'plain', input: parts })).opening).toEqual(parts);
    expect((await resolve({ agent: 'plain', input: { message: 'Go on' } })).opening).toBe('Go on');
  });

  it('opens with typed input as JSON, and makes instructions of it as the schema gives it', async () => {
    const { definition, opening } = await resolve({ agent: 'typed', input: { id: '7' } });
    expect(opening).toBe('{\n  "id": "7"\n}');
    expect(definition.instructions).toBe('{"id":7} at 7');
  });

  it.each([
    [
      'an agent that is not there',
      { agent: 'gone', input: 'x' },
      'AgentUnknown',
      /no agent gone. It has: plain, typed/,
    ],
    ['nothing', { agent: 'plain', input: ' ' }, 'InvalidInput', /The input of plain is not valid: give text/],
    ['null', { agent: 'plain', input: null }, 'InvalidInput', /give text/],
    ['a part of no kind', { agent: 'plain', input: [{ type: 'audio' }] }, 'InvalidInput', /give text/],
    ['text for typed input', { agent: 'typed', input: 'seven' }, 'InvalidInput', /The input of typed is not valid: /],
    [
      'instructions that say nothing',
      { agent: 'mute', input: 'x' },
      'InvalidInput',
      /instructions of mute came out empty/,
    ],
  ])('refuses %s', async (_, input, type, message) => {
    await expect(resolve(input)).rejects.toMatchObject({
      type,
      nonRetryable: true,
      message: expect.stringMatching(message),
    });
  });

  it('may be tried again when instructions fail', async () => {
    await expect(resolve({ agent: 'broken', input: 'x' })).rejects.toThrow('prompts are away');
  });
});
