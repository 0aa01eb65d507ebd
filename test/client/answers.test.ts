import { type Client, ServiceError, type WorkflowHandle, WorkflowUpdateFailedError } from '@temporalio/client';
import { ApplicationFailure, WorkflowNotFoundError } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import { connect } from '../../src/client/connect.ts';
import { ANSWER_REFUSED } from '../../src/workflow/protocol/index.ts';
import type { Script } from '../e2e/agents-loop/fakes.ts';
import { allEvents, eventOf, typesOf } from './support.ts';
import { useClientWorlds } from './world.ts';

const clientWorld = useClientWorlds();

const asks: Script = [{ calls: [{ ask: 'Which order?' }] }, { complete: 'Thanks.' }];

type Update = WorkflowHandle['executeUpdate'];

/** A client whose updates go through `change`. */
function clientWith(client: Client, change: (update: Update) => Update): Client {
  const workflow = Object.create(client.workflow) as Client['workflow'];
  workflow.getHandle = ((...args: Parameters<Client['workflow']['getHandle']>) => {
    const handle = client.workflow.getHandle(...args);
    return Object.assign(Object.create(handle) as WorkflowHandle, {
      executeUpdate: change(handle.executeUpdate.bind(handle)),
    });
  }) as Client['workflow']['getHandle'];
  return Object.create(client, { workflow: { value: workflow } }) as Client;
}

const unavailable = (): Error =>
  new ServiceError('Workflow Update failed', {
    cause: Object.assign(new Error('14 UNAVAILABLE: gone'), { code: 14, details: 'gone', metadata: {} }),
  });

describe('an answer', () => {
  it.each<[string, 'before' | 'after', () => Error]>([
    ['the run goes on as new', 'before', () => new WorkflowNotFoundError('completed already', 'run', undefined)],
    ['the engine goes away', 'before', unavailable],
    ['the engine goes away with its confirmation', 'after', unavailable],
  ])('is given again under the same id when %s', async (_, when, failure) => {
    const { env } = await clientWorld({ scripts: { main: asks } });
    const ids: (string | undefined)[] = [];
    const client = clientWith(env.client, (update) => async (name: string, options: { updateId?: string }) => {
      ids.push(options.updateId);
      if (ids.length === 1) {
        if (when === 'after') await update(name, options as never);
        throw failure();
      }
      return await update(name, options as never);
    });
    const perdure = await connect({ engine: env.engine, client, taskQueue: 'agents' });
    const run = await perdure.start('main', { input: 'Hi' });
    await eventOf(run, 'input_requested');
    await run.reply('1042');
    await expect(run.result()).resolves.toBe('Thanks.');
    // Its confirmation lost, the answer may have ended the run before it can be given again.
    expect(ids.length).toBeGreaterThanOrEqual(when === 'before' ? 2 : 1);
    expect(ids[0]).toMatch(/^answer-[0-9a-f]{32}$/);
    expect(new Set(ids).size).toBe(1);
    expect(typesOf(await allEvents(run)).filter((type) => type === 'wait_answered')).toHaveLength(1);
  });

  it('gives up when the engine stays away', async () => {
    const { env } = await clientWorld({ scripts: { main: asks } });
    const client = clientWith(env.client, () => () => Promise.reject(unavailable()));
    const perdure = await connect({ engine: env.engine, client, taskQueue: 'agents' });
    const run = await perdure.start('main', { input: 'Hi' });
    await eventOf(run, 'input_requested');
    await expect(run.reply('1042', { timeout: 300 })).rejects.toMatchObject({ name: 'EngineUnavailableError' });
    await run.abort();
  });

  it('that is refused late is refused all the same', async () => {
    const { env } = await clientWorld({ scripts: { main: asks } });
    const refused = new WorkflowUpdateFailedError(
      'refused',
      ApplicationFailure.nonRetryable('It has to be text.', ANSWER_REFUSED.invalid),
    );
    const client = clientWith(env.client, () => () => Promise.reject(refused));
    const perdure = await connect({ engine: env.engine, client, taskQueue: 'agents' });
    const run = await perdure.start('main', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    await expect(run.reply('1042', { waitId: wait.id, timeout: 0 })).rejects.toMatchObject({
      name: 'AnswerRefusedError',
      reason: 'invalid',
      message: 'It has to be text.',
    });
    await run.abort();
  });

  it('is known again after the run has gone on as new', async () => {
    const large: Script = [
      { calls: [{ ask: 'Read?' }] },
      { calls: Array.from({ length: 5 }, () => ({ tool: 'read' })) },
      { calls: [{ ask: 'Go on?' }] },
      { complete: 'Done.' },
    ];
    const { perdure } = await clientWorld({ scripts: { main: large }, tools: { read: () => 'x'.repeat(1024 * 1024) } });
    const run = await perdure.start('main', { input: 'Hi' });
    const { wait } = await eventOf(run, 'input_requested');
    await run.reply('yes', { waitId: wait.id });
    await eventOf(run, 'run_continued');
    // In the new run that wait has never been; the answer was taken all the same.
    await run.reply('yes', { waitId: wait.id });
    await expect(run.reply('no', { waitId: wait.id })).rejects.toMatchObject({ reason: 'not_open' });
    await run.abort();
  });
});
