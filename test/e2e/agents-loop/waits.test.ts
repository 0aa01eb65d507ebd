import { WorkflowUpdateFailedError } from '@temporalio/client';
import { type ApplicationFailure, defaultPayloadConverter } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { JsonSchema, Wait, WaitAnswer } from '../../../src/workflow/protocol/index.ts';
import { pending, type FakeTool, type FakeWorld } from './fakes.ts';
import { nth, toldOf, useWorlds, type AgentHandle, type World } from './world.ts';

const HOUR = 3_600_000;
const done = { type: 'value', value: { paid: true } } as const;

function asyncTool(begin: FakeTool): FakeWorld {
  return {
    scripts: { main: [{ calls: [{ tool: 'pay', input: { amount: 5 } }] }, { complete: 'Done.' }] },
    tools: { pay: begin },
    toolRecords: {
      pay: {
        completion: 'async',
        retry: { maximumAttempts: 1, initialInterval: 1, backoffCoefficient: 1, maximumInterval: 1 },
      },
    },
  };
}

const asks: FakeWorld = { scripts: { main: [{ calls: [{ ask: 'Which order?' }] }, { complete: 'Done.' }] } };

/** The type of the failure with which an answer is refused. */
async function refusal(world: World, handle: AgentHandle, answer: WaitAnswer): Promise<string> {
  const error = await world.answer(handle, answer).then(
    () => 'accepted',
    (reason: unknown) => reason,
  );
  if (!(error instanceof WorkflowUpdateFailedError)) return String(error);
  return (error.cause as ApplicationFailure).type ?? 'untyped';
}

const memoWaits = async (handle: AgentHandle): Promise<string[]> =>
  Object.keys((await handle.describe()).memo ?? {}).filter((field) => field.startsWith('perdure.wait.'));

/** What Temporal's UI shows beside activities and timers, in their order. */
async function summaries(handle: AgentHandle): Promise<unknown[]> {
  const { events } = await handle.fetchHistory();
  const shown = events?.flatMap(({ userMetadata }) => userMetadata?.summary ?? []) ?? [];
  return shown.map((summary) => defaultPayloadConverter.fromPayload(summary));
}

describe.each([{ maxCachedWorkflows: 100 }, { maxCachedWorkflows: 0 }])(
  'waits of a run, $maxCachedWorkflows runs cached',
  (options) => {
    const create = useWorlds(options);
    const told = (world: World): unknown => toldOf(nth(world.asked.model, 1).delta)['s1.1'];

    it('takes the result of an async tool after it said that it comes later', async () => {
      const world = await create(asyncTool(() => pending));
      const handle = await world.start({});
      const [wait] = await world.waitFor(handle);
      expect(wait).toMatchObject({ id: 's1.1', kind: 'tool', call: { toolName: 'pay', input: { amount: 5 } } });
      expect(nth(world.asked.tools, 0).waitId).toBe('s1.1');
      expect(await memoWaits(handle)).toEqual(['perdure.wait.s1.1']);
      await world.answer(handle, { waitId: 's1.1', kind: 'tool', outcome: done });
      await handle.result();
      expect(told(world)).toEqual({ type: 'json', value: { paid: true } });
      expect(await memoWaits(handle)).toEqual([]);
      expect(await summaries(handle)).toEqual(['fake/model', 'pay', 'wait s1.1', 'fake/model']);
    });

    it('takes it before the tool has said so, also when it then fails', async () => {
      for (const end of [
        () => pending,
        () => {
          throw new Error('lost the connection');
        },
      ]) {
        const world = await create(
          asyncTool(async (_, self) => {
            await self.executeUpdate('answerWait', { args: [{ waitId: 's1.1', kind: 'tool', outcome: done }] });
            return end();
          }),
        );
        await world.run({});
        expect(told(world)).toEqual({ type: 'json', value: { paid: true } });
      }
    });

    it('takes it by signal, and an error as one', async () => {
      const world = await create(asyncTool(() => pending));
      const handle = await world.start({});
      await world.waitFor(handle);
      await handle.signal('asyncToolCompleted', { outcome: { type: 'error', message: 'Card declined.' } });
      await handle.result();
      expect(told(world)).toEqual({ type: 'error', value: 'Card declined.' });
    });

    it('takes the first of several answers only, and survives nonsense', async () => {
      const world = await create(asyncTool(() => pending));
      const handle = await world.start({});
      await world.waitFor(handle);
      await handle.signal('asyncToolCompleted', 'nonsense');
      await handle.signal('asyncToolCompleted');
      await handle.signal('asyncToolCompleted', { waitId: 'nowhere', outcome: done });
      const answers = await Promise.allSettled(
        [1, 2, 3].map((n) =>
          world.answer(handle, { waitId: 's1.1', kind: 'tool', outcome: { type: 'value', value: n } }).then(() => n),
        ),
      );
      const accepted = answers.flatMap((answer) => (answer.status === 'fulfilled' ? [answer.value] : []));
      expect(accepted).toHaveLength(1);
      await handle.result();
      expect(told(world)).toEqual({ type: 'json', value: accepted[0] });
    });

    it('survives nonsense in every signal and update', async () => {
      const world = await create(asyncTool(() => pending));
      const handle = await world.start({});
      await world.waitFor(handle);
      const signals = ['steer', 'perdure.waitChanged', 'perdure.deliverAnswer', 'perdure.childEnded', 'userInput'];
      for (const signal of signals)
        for (const argument of [undefined, null, 7, [], {}, { type: 'opened', wait: null }, { end: null }])
          await handle.signal(signal, argument);
      for (const answer of [undefined, null, 7, {}, { kind: 'tool' }, { kind: 'tool', outcome: {} }])
        expect(await refusal(world, handle, answer as WaitAnswer)).toBe('AnswerInvalid');
      await world.answer(handle, { kind: 'tool', outcome: done });
      await expect(handle.result()).resolves.toMatchObject({ output: 'Done.' });
    });

    it('tells the model when an async tool has not ended in time', async () => {
      const world = await create(asyncTool(() => pending));
      const started = await world.env.currentTimeMs();
      await world.run({});
      expect((await world.env.currentTimeMs()) - started).toBeGreaterThanOrEqual(24 * HOUR);
      expect(told(world)).toEqual({ type: 'error', value: 'pay has not ended in time.' });
    });

    it('takes a result that an async tool has at once', async () => {
      const world = await create(asyncTool(() => 'paid at once'));
      const handle = await world.start({});
      await handle.result();
      expect(told(world)).toBe('activity s1.1');
      const events = (await handle.fetchHistory()).events ?? [];
      expect(events.filter((event) => event.workflowPropertiesModifiedEventAttributes)).toEqual([]);
    });

    it('takes the user’s answer by update, with parts', async () => {
      const world = await create(asks);
      const handle = await world.start({});
      const [wait] = await world.waitFor(handle);
      expect(wait).toMatchObject({ id: 's1.1', kind: 'input', message: 'Which order?' });
      const parts = [
        { type: 'text', text: 'This one' },
        { type: 'file', mediaType: 'image/png', data: 'AAAA' },
      ];
      await world.answer(handle, { kind: 'input', outcome: { type: 'value', value: parts } });
      await handle.result();
      expect(told(world)).toEqual({ type: 'content', value: parts });
    });

    it('takes it as bare text by the signal userInput, also before the question', async () => {
      for (const early of [true, false]) {
        const world = await create(asks);
        const handle = await world.start({});
        if (!early) await world.waitFor(handle);
        await handle.signal('userInput', 'Number 1042.');
        await handle.result();
        expect(told(world)).toEqual({ type: 'text', value: 'Number 1042.' });
      }
    });

    it('tells the model that nobody has answered', async () => {
      const world = await create(asks);
      const started = await world.env.currentTimeMs();
      await world.run({});
      const passed = (await world.env.currentTimeMs()) - started;
      expect(passed).toBeGreaterThanOrEqual(HOUR);
      expect(passed).toBeLessThan(2 * HOUR);
      expect(told(world)).toEqual({ type: 'error', value: 'The user has not answered in time.' });
    });

    it('refuses what is ambiguous, closed, of another kind or of the wrong form', async () => {
      const world = await create({
        scripts: {
          main: [
            { calls: [{ ask: 'A?' }, { ask: 'B?' }, { tool: 'refund', approval: 'Refund?' }] },
            { complete: 'Done.' },
          ],
        },
        tools: { refund: () => 'ok' },
      });
      const handle = await world.start({});
      await world.waitFor(handle, 3);
      const text = { type: 'value', value: 'yes' } as const;
      expect(await refusal(world, handle, { kind: 'input', outcome: text })).toBe('WaitAmbiguous');
      expect(await refusal(world, handle, { waitId: 'x', kind: 'input', outcome: text })).toBe('WaitNotOpen');
      expect(await refusal(world, handle, { waitId: 's1.1', kind: 'tool', outcome: text })).toBe('WaitNotOpen');
      expect(await refusal(world, handle, { kind: 'event', outcome: text })).toBe('WaitNotOpen');
      expect(await refusal(world, handle, { kind: 'approval', outcome: text })).toBe('AnswerInvalid');
      await handle.signal('userInput', 'ambiguous, and so ignored');
      await handle.signal('userInput', { waitId: 's1.1', outcome: { type: 'value', value: 'a' } });
      await world.answer(handle, { kind: 'input', outcome: { type: 'value', value: 'b' } });
      expect(await refusal(world, handle, { waitId: 's1.1', kind: 'input', outcome: text })).toBe('WaitNotOpen');
      await world.answer(handle, { kind: 'approval', outcome: { type: 'value', value: { approved: true } } });
      await handle.result();
      expect(toldOf(nth(world.asked.model, 1).delta)).toEqual({
        's1.1': { type: 'text', value: 'a' },
        's1.2': { type: 'text', value: 'b' },
        's1.3': 'activity s1.3',
      });
    });
  },
);

describe('a wait with a schema', () => {
  const create = useWorlds();
  const schema: JsonSchema = {
    type: 'object',
    properties: { email: { type: 'string', format: 'email' } },
    required: ['email'],
    additionalProperties: false,
  };

  it('refuses answers that do not fit, without generating code', async () => {
    const world = await create({ scripts: {} });
    const handle = (await world.startWorkflow('waits', [{ id: 'mail', message: 'Mail?', schema }])) as AgentHandle;
    const [wait] = (await world.waitFor(handle)) as [Wait];
    expect(wait).toMatchObject({ id: 'mail', kind: 'event', schema, agent: 'waits' });
    const answer = (value: WaitAnswer['outcome'] & { type: 'value' }): WaitAnswer => ({
      kind: 'event',
      outcome: value,
    });
    for (const value of [{}, { email: 'nowhere' }, { email: 'a@b.example', more: 1 }, 'a@b.example', null])
      expect(await refusal(world, handle, answer({ type: 'value', value }))).toBe('AnswerInvalid');
    await world.answer(handle, answer({ type: 'value', value: { email: 'a@b.example' } }));
    await expect(handle.result()).resolves.toEqual({ email: 'a@b.example' });
  });
});
