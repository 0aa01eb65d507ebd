import { afterEach, describe, expect, it } from 'vitest';
import type { FakeWorld } from './fakes.ts';
import { createWorld, toldOf, type World } from './world.ts';

describe('the loop', () => {
  const worlds: World[] = [];
  const create = async (fake: FakeWorld): Promise<World> => {
    const world = await createWorld(fake);
    worlds.push(world);
    return world;
  };
  afterEach(async () => {
    for (const world of worlds.splice(0)) {
      expect(await world.replayAll()).toBeGreaterThan(0);
      await world.close();
    }
  });

  it('calls tools until the model has completed its work', async () => {
    const world = await create({
      scripts: { main: [{ calls: [{ tool: 'add', input: { a: 1 } }] }, { complete: 'Done.' }] },
      tools: { add: () => ({ sum: 3 }) },
    });
    const result = await world.run({});
    expect(result).toMatchObject({
      output: 'Done.',
      finish: 'complete',
      spent: { steps: 2, toolCalls: 1, inputTokens: 20 },
    });
    expect(toldOf(world.asked.model[1]!.delta)).toEqual({ 's1.1': 'activity s1.1' });
  });
});
