import { describe, expect, it } from 'vitest';
import type { AgentRecord, Limits } from '../../../src/workflow/protocol/index.ts';
import type { FakeWorld, Script } from './fakes.ts';
import { nth, toldOf, useWorlds } from './world.ts';

const HOUR = 3_600_000;
const yes = { kind: 'approval', outcome: { type: 'value', value: { approved: true } } } as const;
const no = { kind: 'approval', outcome: { type: 'value', value: { approved: false } } } as const;

const look = { text: 'Looking.', calls: [{ tool: 'look' }] } as const;

interface Case {
  readonly name: keyof Limits;
  readonly limits: Partial<Limits>;
  /** Reaches the limit, and could go on if it were twice as high. */
  readonly script: Script;
  /** How often the model is called before the limit is reached. */
  readonly before: number;
  readonly says: string;
}

const cases: readonly Case[] = [
  { name: 'steps', limits: { steps: 2 }, script: [look, look, { complete: 'Done.' }], before: 2, says: '2 steps' },
  {
    name: 'tokens',
    limits: { tokens: 31 },
    script: [look, look, { complete: 'Done.' }],
    before: 2,
    says: '31 tokens',
  },
  {
    name: 'toolCalls',
    limits: { toolCalls: 1 },
    script: [look, look, { complete: 'Done.' }],
    before: 2,
    says: '1 calls of tools and agents',
  },
  {
    name: 'duration',
    limits: { duration: HOUR },
    script: [{ text: 'Looking.', calls: [{ tool: 'rest' }] }, { complete: 'Done.' }],
    before: 1,
    says: '3600000 milliseconds',
  },
];

function world(script: Script, definition: Partial<AgentRecord>): FakeWorld {
  let rests = 0;
  return {
    scripts: { main: script },
    tools: {
      look: () => 'seen',
      // Fails once, and is tried again after more than an hour.
      rest: () => {
        rests += 1;
        if (rests === 1) throw new Error('tired');
        return 'rested';
      },
    },
    toolRecords: {
      rest: {
        retry: { maximumAttempts: 2, initialInterval: 1.2 * HOUR, backoffCoefficient: 1, maximumInterval: 2 * HOUR },
      },
    },
    definitions: { main: definition },
  };
}

describe.each(cases)('the limit of $name', ({ limits, script, before, says }) => {
  const create = useWorlds();
  const own: Limits = { steps: 50, depth: 5, ...limits };

  it('fails the run', async () => {
    const { start, asked } = await create(world(script, { limits: own, onLimit: 'fail' }));
    const handle = await start({});
    await expect(handle.result()).rejects.toMatchObject({
      cause: { type: 'LimitExceeded', message: expect.stringContaining(says), nonRetryable: true },
    });
    expect(asked.model).toHaveLength(before);
  });

  it('ends the run with what there is, also when the caller has set it', async () => {
    const { run, asked } = await create(world(script, { onLimit: 'stop' }));
    await expect(run({ limits })).resolves.toMatchObject({ output: 'Looking.', finish: 'limit' });
    expect(asked.model).toHaveLength(before);
  });

  it('asks a person, and goes on', async () => {
    const { start, answer, waitFor, env } = await create(world(script, { limits: own, onLimit: 'ask' }));
    const handle = await start({});
    if ('duration' in limits) await env.sleep('1.5 h');
    const [wait] = await waitFor(handle);
    expect(wait).toMatchObject({ id: 'limit1', kind: 'approval', message: expect.stringContaining(says) });
    await answer(handle, yes);
    await expect(handle.result()).resolves.toMatchObject({ output: 'Done.', finish: 'complete' });
  });

  it('ends the run when the person says no', async () => {
    const { start, answer, waitFor, env } = await create(world(script, { limits: own, onLimit: 'ask' }));
    const handle = await start({});
    if ('duration' in limits) await env.sleep('1.5 h');
    await waitFor(handle);
    await answer(handle, no);
    await expect(handle.result()).resolves.toMatchObject({ output: 'Looking.', finish: 'limit' });
  });
});

describe('limits', () => {
  const create = useWorlds();

  it('of depth forbid sub-agents; asking does not help where there is nothing to double', async () => {
    const scripts = {
      main: [{ text: 'Hm.', calls: [{ agent: 'leaf' }] }, { complete: 'Done.' }],
      leaf: [{ complete: 'leaf' }],
    };
    const limits: Limits = { steps: 50, depth: 0 };
    const failing = await create({ scripts, definitions: { main: { limits } } });
    await expect(failing.run({})).rejects.toMatchObject({ cause: { type: 'LimitExceeded' } });
    for (const onLimit of ['stop', 'ask'] as const) {
      const { run } = await create({ scripts, definitions: { main: { limits, onLimit } } });
      await expect(run({})).resolves.toMatchObject({ output: 'Hm.', finish: 'limit' });
    }
  });

  it('end an agent that calls itself for ever', async () => {
    const scripts = { main: [{ calls: [{ agent: 'main' }] }, { complete: 'Back.' }] };
    const { run, asked } = await create({ scripts, definitions: { main: { limits: { steps: 50, depth: 3 } } } });
    await expect(run({})).resolves.toMatchObject({ output: 'Back.', spent: { steps: 7 } });
    expect(asked.resolved).toHaveLength(4);
  });

  it('count as reached when nobody decides', async () => {
    const { run, env } = await create(world([look, look], { limits: { steps: 1, depth: 0 }, onLimit: 'ask' }));
    const started = await env.currentTimeMs();
    await expect(run({})).resolves.toMatchObject({ output: 'Looking.', finish: 'limit' });
    expect((await env.currentTimeMs()) - started).toBeGreaterThanOrEqual(24 * HOUR);
  });

  it('tell the model how much it may still say, and when it has to answer', async () => {
    const { run, asked } = await create(world([look, { complete: 'Done.' }], { onLimit: 'stop' }));
    await run({ limits: { steps: 2, tokens: 100 } });
    expect(asked.model.map(({ maxOutputTokens, mustAnswer }) => [maxOutputTokens, mustAnswer])).toEqual([
      [100, undefined],
      [85, true],
    ]);
  });

  it('of a tree are spent by sub-agents, too', async () => {
    const { start, asked } = await create({
      scripts: {
        main: [{ calls: [{ agent: 'leaf' }] }, { calls: [{ agent: 'leaf' }] }],
        leaf: [look, look, { complete: 'leaf' }],
      },
      tools: { look: () => 'seen' },
    });
    const handle = await start({ limits: { steps: 5 } });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'LimitExceeded' } });
    expect(asked.model.filter(({ agent }) => agent === 'leaf')).toHaveLength(3);
    expect(await handle.query('spent')).toMatchObject({ steps: 5 });
  });

  it('of time shorten waits', async () => {
    const { start, env, asked } = await create({
      scripts: { main: [{ calls: [{ ask: 'Anybody?' }] }, { complete: 'never' }] },
    });
    const started = await env.currentTimeMs();
    const handle = await start({ limits: { duration: 60_000 } });
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'LimitExceeded' } });
    expect((await env.currentTimeMs()) - started).toBeLessThan(HOUR);
    expect(asked.model).toHaveLength(1);
    expect(toldOf(nth(asked.model, 0).delta)).toEqual({});
  });
});
