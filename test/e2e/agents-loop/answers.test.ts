import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { pending, type FakeCall, type FakeWorld } from './fakes.ts';
import { currentRun, lengthen } from './hand-over.ts';
import { toldOf, useWorlds, type World } from './world.ts';

const COUNT = 4;

/** What is done to the run, in this order; but for `settle`, nothing waits for what was done before. */
type Act = { readonly answer: number; readonly by: 'update' | 'signal' } | 'lengthen' | 'settle';

const act: fc.Arbitrary<Act> = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.record({
      answer: fc.nat(COUNT - 1),
      by: fc.constantFrom<('update' | 'signal')[]>('update', 'signal'),
    }),
  },
  { weight: 1, arbitrary: fc.constant<Act>('lengthen') },
  { weight: 1, arbitrary: fc.constant<Act>('settle') },
);

/** A run, or a sub-agent of it, that waits for the results of async tools. */
function waiting(below: boolean): FakeWorld {
  const calls: FakeCall[] = Array.from({ length: COUNT }, () => ({ tool: 'pay' }));
  const script = [{ calls }, { complete: 'Done.' }];
  return {
    scripts: below ? { main: [{ calls: [{ agent: 'leaf' }] }, { complete: 'Done.' }], leaf: script } : { main: script },
    tools: { pay: () => pending },
    toolRecords: { pay: { completion: 'async' } },
  };
}

/** @returns whether the run was continued as new meanwhile. */
async function answersArriveOnce(world: World, agent: string, acts: readonly Act[]): Promise<boolean> {
  const handle = await world.start({});
  const waits = await world.waitFor(handle, COUNT);
  const accepted = new Map<string, string[]>(waits.map(({ id }) => [id, []]));
  const answer = (waitId: string, value: string, by: 'update' | 'signal'): Promise<unknown> => {
    const sending = { waitId, kind: 'tool', outcome: { type: 'value', value } } as const;
    if (by === 'signal') return handle.signal('asyncToolCompleted', sending);
    return world.answer(handle, sending).then(
      () => accepted.get(waitId)?.push(value),
      () => undefined, // another one was first
    );
  };
  const sent: Promise<unknown>[] = [];
  for (const [index, one] of acts.entries()) {
    if (one === 'lengthen') sent.push(lengthen(handle));
    else if (one === 'settle') await Promise.all(sent);
    else sent.push(answer(waits[one.answer]?.id ?? '', `v${index}`, one.by));
  }
  await Promise.all(sent);
  for (const { id } of waits) await answer(id, 'last', 'update'); // what still is open
  await handle.result();
  const told = toldOf(world.asked.model.find((one) => one.agent === agent && one.step === 2)?.delta ?? []);
  expect(Object.keys(told)).toEqual(['s1.1', 's1.2', 's1.3', 's1.4']);
  for (const { id } of waits) {
    const values = accepted.get(id) ?? [];
    expect(values.length).toBeLessThanOrEqual(1);
    for (const value of values) expect(told[id.split('/').at(-1) ?? '']).toEqual({ type: 'text', value });
  }
  return (await currentRun(handle)) !== handle.firstExecutionRunId;
}

describe.each([{ below: false }, { below: true }])(
  'answers sent while a run hands over (to a sub-agent: $below)',
  ({ below }) => {
    const create = useWorlds();

    it('arrive exactly once', async () => {
      let handedOver = 0;
      await fc.assert(
        fc.asyncProperty(fc.array(act, { minLength: 4, maxLength: 10 }), async (acts) => {
          const continued = await answersArriveOnce(await create(waiting(below)), below ? 'leaf' : 'main', acts);
          if (continued) handedOver += 1;
        }),
        {
          numRuns: 4,
          endOnFailure: true,
          examples: [
            [['lengthen', 'settle', { answer: 0, by: 'update' }]],
            [['lengthen', { answer: 0, by: 'update' }]],
          ],
        },
      );
      expect(handedOver).toBeGreaterThan(0);
    });
  },
);
