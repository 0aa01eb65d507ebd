import { ApplicationFailure } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { heartbeatUntil, inputOf, pending, type FakeWorld } from './fakes.ts';
import { until, useWorlds, type AgentHandle, type World } from './world.ts';

/** Cancels a run in one of the ways. */
const ways: Record<string, (handle: AgentHandle) => Promise<unknown>> = {
  'Temporal’s cancel': (handle) => handle.cancel(),
  'the signal cancelRun': (handle) => handle.signal('cancelRun', { reason: 'Not needed.' }),
};

interface Phase {
  readonly name: string;
  readonly fake: (hang: () => Promise<never>) => FakeWorld;
  /** Whether the run has come so far. */
  readonly reached: (world: World, handle: AgentHandle) => Promise<unknown>;
  readonly undone: readonly string[];
}

const book = (what: string) => ({ tool: 'book', input: { what } });
const toolsWithUndo = (more: FakeWorld['tools'] = {}): Pick<FakeWorld, 'tools' | 'toolRecords'> => ({
  tools: { book: () => 'booked', ...more },
  toolRecords: {
    book: { compensates: true },
    pay: { completion: 'async', compensates: true },
    slow: { compensates: true },
  },
});
const two = { calls: [book('flight')] };
const three = { calls: [book('hotel')] };

const calledTimes = (world: World, count: number) => (): Promise<true | undefined> =>
  Promise.resolve(world.asked.tools.length >= count ? true : undefined);

const phases: readonly Phase[] = [
  {
    name: 'a model call',
    fake: (hang) => ({ scripts: { main: [two, three, () => hang()] }, ...toolsWithUndo() }),
    reached: (world) => until(async () => (world.asked.model.length === 3 ? true : undefined)),
    undone: ['hotel', 'flight'],
  },
  {
    name: 'a tool’s work',
    fake: () => ({
      scripts: { main: [two, { calls: [book('hotel'), { tool: 'slow', input: { what: 'slow' } }] }] },
      ...toolsWithUndo({
        slow: async () => {
          await heartbeatUntil(new Promise(() => {}));
          return 'never';
        },
      }),
    }),
    reached: (world) => until(calledTimes(world, 3)),
    undone: ['hotel', 'flight'],
  },
  {
    name: 'an approval',
    fake: () => ({
      scripts: { main: [two, { calls: [book('hotel'), { tool: 'book', approval: 'Really?' }] }] },
      ...toolsWithUndo(),
    }),
    reached: async (world, handle) => {
      await world.waitFor(handle);
      await until(calledTimes(world, 2));
    },
    undone: ['hotel', 'flight'],
  },
  {
    name: 'a question',
    fake: () => ({ scripts: { main: [two, three, { calls: [{ ask: 'Really?' }] }] }, ...toolsWithUndo() }),
    reached: (world, handle) => world.waitFor(handle),
    undone: ['hotel', 'flight'],
  },
  {
    name: 'an async tool’s work, another one’s result being there',
    fake: () => ({
      scripts: { main: [two, { calls: [{ tool: 'pay', input: { what: 'paid' } }, { tool: 'pay' }] }] },
      ...toolsWithUndo({ pay: () => pending }),
    }),
    reached: async (world, handle) => {
      await world.waitFor(handle, 2);
      await world.answer(handle, { waitId: 's2.1', kind: 'tool', outcome: { type: 'value', value: 'ok' } });
    },
    undone: ['paid', 'flight'],
  },
  {
    name: 'a sub-agent’s work, which undoes its own first',
    fake: () => ({
      scripts: {
        main: [two, { calls: [{ agent: 'leaf' }] }],
        leaf: [{ calls: [book('car')] }, { calls: [{ agent: 'deep' }] }],
        deep: [{ calls: [book('tyres')] }, { calls: [{ ask: 'Really?' }] }],
      },
      ...toolsWithUndo(),
    }),
    reached: (world, handle) => world.waitFor(handle),
    undone: ['tyres', 'car', 'flight'],
  },
];

describe.each(phases)('cancelled during $name', ({ fake, reached, undone }) => {
  const create = useWorlds();

  it.each(Object.entries(ways))('by %s, a run cleans up and ends as cancelled', async (_, cancel) => {
    let release = (_error: Error): void => {};
    const hang = new Promise<never>((_resolve, reject) => (release = reject));
    hang.catch(() => {});
    const world = await create(fake(() => hang));
    const handle = await world.start({});
    await reached(world, handle);
    await cancel(handle);
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
    release(new Error('over'));
    const description = await handle.describe();
    expect(description.status.name).toBe('CANCELLED');
    expect(Object.keys(description.memo ?? {})).toEqual([]);
    expect(world.asked.undone.map((call) => inputOf(call).what)).toEqual(undone);
    const keys = new Map(world.asked.tools.map((call) => [inputOf(call).what, call.idempotencyKey]));
    expect(world.asked.undone.map((call) => call.idempotencyKey)).toEqual(undone.map((what) => keys.get(what)));
    const statuses = new Set<string>();
    for await (const run of world.env.client.workflow.list())
      if (run.workflowId.startsWith(handle.workflowId)) statuses.add(run.status.name);
    expect([...statuses]).toEqual(['CANCELLED']);
  });
});

describe('cleaning up', () => {
  const create = useWorlds();

  it('is not needed before the agent is resolved', async () => {
    const world = await create({ scripts: { main: [{ complete: 'never' }] } });
    const handle = await world.start({});
    await handle.cancel();
    await expect(handle.result()).rejects.toMatchObject({ cause: { name: 'CancelledFailure' } });
  });

  it('ends at the deadline', async () => {
    let release = (): void => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    const world = await create({
      scripts: { main: [{ calls: [book('flight'), { tool: 'deaf' }] }] },
      ...toolsWithUndo({ deaf: () => released.then(() => 'late') }),
      compensate: () => {
        throw new Error('the airline is closed');
      },
    });
    const handle = await world.start({});
    await until(calledTimes(world, 2));
    await handle.signal('cancelRun', { reason: 'Not needed.', deadline: 400 });
    const ended = handle.result();
    await expect(ended).rejects.toMatchObject({
      cause: {
        type: 'CompensationFailed',
        nonRetryable: true,
        details: [{ notUndone: [expect.stringContaining('book (s1.1) was not undone')] }],
      },
    });
    expect((await handle.describe()).status.name).toBe('FAILED');
    release();
    expect(world.asked.undone).toHaveLength(1);
    const events = (await handle.fetchHistory()).events ?? [];
    expect(events.filter((event) => event.activityTaskTimedOutEventAttributes)).toEqual([]);
  });

  it('happens when a run fails, too, and says what it could not do', async () => {
    const world = await create({
      scripts: { main: [{ calls: [book('flight')] }, { calls: [book('hotel')] }, { calls: [book('car')] }] },
      ...toolsWithUndo(),
      compensate: (input) => {
        if (inputOf(input).what === 'hotel') throw ApplicationFailure.nonRetryable('Sold out.', 'ToolFailed');
      },
    });
    const handle = await world.start({});
    await expect(handle.result()).rejects.toMatchObject({
      cause: {
        type: 'ModelFailed',
        message: 'No turn 4 of main.\nbook (s2.1) was not undone: Sold out.',
        details: [{ spent: { steps: 3, toolCalls: 3 }, notUndone: ['book (s2.1) was not undone: Sold out.'] }],
      },
    });
    expect(world.asked.undone.map((call) => inputOf(call).what)).toEqual(['car', 'hotel', 'flight']);
  });

  it('undoes what sub-agents have completed, when their caller fails later', async () => {
    const world = await create({
      scripts: {
        main: [{ calls: [book('flight')] }, { calls: [{ agent: 'leaf' }] }],
        leaf: [{ calls: [book('car')] }, { calls: [{ agent: 'deep' }] }, { complete: 'leaf' }],
        deep: [{ calls: [book('tyres')] }, { complete: 'deep' }],
      },
      ...toolsWithUndo(),
    });
    const handle = await world.start({});
    await expect(handle.result()).rejects.toMatchObject({ cause: { type: 'ModelFailed' } });
    expect(world.asked.undone.map(({ input, caller }) => [(input as { what: string }).what, caller.agent])).toEqual([
      ['tyres', 'deep'],
      ['car', 'leaf'],
      ['flight', 'main'],
    ]);
  });

  it('does not undo what has failed, nor anything of a run that has completed', async () => {
    const world = await create({
      scripts: { main: [{ calls: [book('flight'), { tool: 'slow' }] }, { complete: 'Done.' }] },
      ...toolsWithUndo({
        slow: () => {
          throw ApplicationFailure.nonRetryable('No.', 'ToolFailed');
        },
      }),
    });
    await world.run({});
    expect(world.asked.undone).toEqual([]);
    const failing = await create({
      scripts: { main: [{ calls: [{ tool: 'slow' }] }] },
      ...toolsWithUndo({
        slow: () => ({ type: 'completed', output: { type: 'error', value: 'No.' } }),
      }),
    });
    await expect(failing.run({})).rejects.toMatchObject({ cause: { type: 'ModelFailed' } });
    expect(failing.asked.undone).toEqual([]);
  });
});
