import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import type { Perdure } from '../../../src/client/perdure.ts';
import type { Run } from '../../../src/client/run.ts';
import type { EngineConfig } from '../../../src/engines/index.ts';
import { workflowCode } from '../../../src/worker/index.ts';
import { allEvents, eventOf, typesOf } from '../../client/support.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';
import { WorkerProcess } from './worker-process.ts';

const address = process.env['PERDURE_TEST_TEMPORAL_ADDRESS'];
const redis = process.env['PERDURE_TEST_REDIS_URL'];

/** Where client and workers of one test meet. */
interface Place {
  readonly engine: EngineConfig;
  readonly flags: readonly string[];
  readonly taskQueue: string;
  readonly log: string;
  /** Of worker processes. */
  readonly env?: Readonly<Record<string, string>>;
}

function onFile(): Place {
  const folder = temporaryDirectory();
  const path = join(folder, 'perdure.db');
  const flags = ['--engine', 'embedded', '--database', path];
  return { engine: { type: 'embedded', path }, flags, taskQueue: 'perdure', log: join(folder, 'log') };
}

const targets: { name: string; isThere: boolean; place: () => Place }[] = [
  {
    name: 'one SQLite file',
    isThere: true,
    place: onFile,
  },
  {
    name: 'one Redis',
    isThere: redis !== undefined,
    place: () => {
      const taskQueue = `agents-worker-${randomUUID()}`;
      const namespace = taskQueue;
      const flags = ['--engine', 'bullmq', '--namespace', namespace, '--task-queue', taskQueue];
      const engine: EngineConfig = { type: 'bullmq', redis: redis ?? '', namespace };
      return { engine, flags, taskQueue, log: join(temporaryDirectory(), 'log'), env: { REDIS_URL: redis ?? '' } };
    },
  },
  {
    name: 'a Temporal server',
    isThere: address !== undefined,
    place: () => {
      const taskQueue = `agents-worker-${randomUUID()}`;
      const flags = ['--engine', 'temporal', '--address', address ?? '', '--task-queue', taskQueue];
      const engine: EngineConfig = { type: 'temporal', connection: { address: address ?? '' } };
      return { engine, flags, taskQueue, log: join(temporaryDirectory(), 'log') };
    },
  },
];

beforeAll(async () => {
  // So that no process has to bundle.
  await workflowCode();
}, 120_000);

async function connected({ engine, taskQueue }: Place): Promise<Perdure> {
  const perdure = await connect({ engine, taskQueue, secret: 'a secret that is shared by all' });
  onTestFinished(() => perdure.close());
  return perdure;
}

describe.each(targets)('a worker process on $name', ({ isThere, place }) => {
  it.skipIf(!isThere)('ends what is under way when it is stopped', async () => {
    const there = place();
    const process = new WorkerProcess(there.flags, there);
    await process.ready();
    const perdure = await connected(there);
    const run = await perdure.start('laborer', { input: 'Work.' });
    await process.until(() => process.notes.includes('work begun'));
    process.send('SIGTERM');
    await expect(process.exited).resolves.toEqual({ code: 0, signal: null });
    expect(process.notes).toEqual(['work begun', 'work done']);
    // Another one goes on where it has stopped; the tool is not called again.
    const next = new WorkerProcess(there.flags, there);
    await expect(run.result()).resolves.toContain('worked');
    expect(next.notes).toEqual(['work begun', 'work done']);
  });

  it.skipIf(!isThere)('is talked to from another process', async () => {
    const there = place();
    const process = new WorkerProcess(there.flags, there);
    await process.ready();
    const perdure = await connected(there);
    const run = await perdure.start('desk', { input: 'Hello' });
    const events = allEvents(run);
    const tokens = said(run);
    await eventOf(run, 'input_requested');
    await run.reply('Yes, ship it.');
    await eventOf(run, 'tool_awaited');
    const [token = ''] = process.notes.flatMap((line) => (line.startsWith('token ') ? line.slice(6) : []));
    await perdure.completeTool(token, { result: 'parcel P1' });
    await expect(run.result()).resolves.toContain('parcel P1');
    // A file and a Redis carry what models say to all who share it; a server does not.
    expect(await tokens).toContain(there.engine.type === 'temporal' ? '' : 'parcel P1');
    expect(typesOf(await events)).toEqual([
      'run_started',
      'agent_resolved',
      'model_called',
      'model_responded',
      'input_requested',
      'wait_answered',
      'model_called',
      'model_responded',
      'tool_started',
      'tool_awaited',
      'wait_answered',
      'tool_completed',
      'model_called',
      'model_responded',
      'run_completed',
    ]);
  });

  it.skipIf(!isThere)('may die in the middle of an answer', async () => {
    const there = place();
    const first = new WorkerProcess(there.flags, there);
    await first.ready();
    const perdure = await connected(there);
    const run = await perdure.start('desk', { input: 'Hello' });
    await eventOf(run, 'input_requested');
    const watching = allEvents(run);
    // It has the answer, and can do nothing with it any more.
    first.send('SIGSTOP');
    const replied = run.reply('Yes, ship it.');
    const heard = replied.then(() => 'heard');
    await expect(Promise.race([heard, soon()])).resolves.toBe('not yet');
    first.send('SIGKILL');
    await first.exited;
    const second = new WorkerProcess(there.flags, there);
    await replied;
    await eventOf(run, 'tool_awaited');
    await run.completeTool({ result: 'parcel P1' });
    await expect(run.result()).resolves.toContain('parcel P1');
    expect(typesOf(await watching).filter((type) => type === 'wait_answered')).toHaveLength(2);
    expect(second.notes.filter((line) => line.startsWith('token '))).toHaveLength(1);
  });
});

describe('a worker process', () => {
  it('says what is wrong, without a stack trace, and with an exit code', async () => {
    const { log } = onFile();
    const process = new WorkerProcess(['--engine', 'temporal', '--database', 'x.db'], { log });
    await expect(process.exited).resolves.toEqual({ code: 2, signal: null });
    expect(process.output).toBe(
      'perdure: --database: is for the embedded engine, but the engine is temporal. Leave it out, or pass --engine embedded.\n',
    );
  });

  it('says that no server answers', async () => {
    const { log } = onFile();
    const process = new WorkerProcess(['--address', '127.0.0.1:1'], { log });
    const { code } = await process.exited;
    expect(code).toBe(1);
    expect(process.output).toMatch(/^perdure: No Temporal server .* 127\.0\.0\.1:1/);
  });
});

/** What the models of a run were heard to say, as far as it was. */
async function said(run: Run<unknown>): Promise<string> {
  let text = '';
  for await (const event of run.events({ tokens: true })) if (event.type === 'token') text += event.text;
  return text;
}

/** Long enough for an answer to be on its way. */
async function soon(): Promise<string> {
  return await new Promise((resolve) => setTimeout(resolve, 300, 'not yet'));
}
