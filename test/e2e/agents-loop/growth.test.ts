import { Buffer } from 'node:buffer';
import { describe, expect, it } from 'vitest';
import type { Script } from './fakes.ts';
import { useWorlds } from './world.ts';

const TURNS = 60;

describe('the history of a long run', () => {
  const create = useWorlds();

  it('grows by as much in every turn, however long the conversation is', async () => {
    const script: Script = [
      ...Array.from({ length: TURNS - 1 }, (_, n) => ({
        text: 'Thinking. '.repeat(100),
        calls: [{ tool: 'look', input: { page: n + 100 } }],
      })),
      { complete: 'Done.' },
    ];
    const world = await create({
      scripts: { main: script },
      tools: { look: () => 'x'.repeat(10_000) },
      definitions: { main: { limits: { steps: TURNS, depth: 0 } } },
    });
    const handle = await world.start({});
    await expect(handle.result()).resolves.toMatchObject({ output: 'Done.' });
    const events = (await handle.fetchHistory()).events ?? [];
    const sizes = events.flatMap(({ activityTaskScheduledEventAttributes: scheduled }) =>
      scheduled?.activityType?.name === 'agent.callModel'
        ? [Buffer.from(scheduled.input?.payloads?.[0]?.data ?? []).byteLength]
        : [],
    );
    expect(sizes).toHaveLength(TURNS);
    expect(Math.max(...sizes)).toBeLessThan(400);
    expect(sizes.slice(2).every((size) => Math.abs(size - (sizes[2] ?? 0)) <= 8)).toBe(true);
    // What the model said and what the tool returned stand in history once each.
    expect(countOf(events, 'x'.repeat(10_000))).toBe(TURNS - 1);
    expect(countOf(events, 'Thinking. '.repeat(100))).toBe(TURNS - 1);
  });
});

/** How many payloads of these events have a text in them. */
function countOf(events: readonly object[], text: string): number {
  const payloads: Uint8Array[] = [];
  const visit = (value: unknown): void => {
    if (value instanceof Uint8Array) payloads.push(value);
    else if (typeof value === 'object' && value !== null) Object.values(value).forEach(visit);
  };
  visit(events);
  return payloads.filter((payload) => Buffer.from(payload).includes(text)).length;
}
