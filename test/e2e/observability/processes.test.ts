import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { context, trace, TraceFlags } from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { connect } from '../../../src/client/connect.ts';
import { createTelemetry } from '../../../src/observability/index.ts';
import { workflowCode } from '../../../src/worker/index.ts';
import { temporaryDirectory } from '../../engines/embedded/support.ts';
import { WorkerProcess } from '../agents-worker/worker-process.ts';

const file = fileURLToPath(new URL('fixtures/traced-desk.ts', import.meta.url));

interface Note {
  readonly name: string;
  readonly attempt: number;
  readonly traceId: string;
  readonly spanId: string;
  readonly parent: string | undefined;
  readonly pid: number;
}

beforeAll(async () => {
  // So that no process has to bundle.
  await workflowCode();
}, 120_000);

it('a run whose worker is killed in the middle is one trace of two processes', async () => {
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  const folder = temporaryDirectory();
  const path = join(folder, 'perdure.db');
  const place = { log: join(folder, 'log'), file };
  const flags = ['--engine', 'embedded', '--database', path];
  const first = new WorkerProcess(flags, place);
  await first.ready();
  const perdure = await connect({ engine: { type: 'embedded', path }, telemetry: createTelemetry() });
  onTestFinished(() => perdure.close());
  const caller = { traceId: 'a'.repeat(32), spanId: 'b'.repeat(16), traceFlags: TraceFlags.SAMPLED };
  const run = await context.with(trace.setSpanContext(context.active(), caller), () =>
    perdure.start('desk', { input: 'Work.' }),
  );
  const notes = (): Note[] => first.notes.filter((line) => line !== '').map((line) => JSON.parse(line) as Note);
  await first.until(() => notes().some(({ name }) => name === 'begun'));
  first.send('SIGKILL');
  await first.exited;
  const second = new WorkerProcess(flags, place);
  await second.ready();
  expect(await run.result()).toBe('Done.');
  second.send('SIGTERM');
  await second.exited;

  const spans = notes().filter(({ traceId }) => traceId !== undefined);
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([caller.traceId]));
  expect(new Set(spans.map(({ pid }) => pid)).size).toBe(2);
  const [invoked] = spans;
  expect(spans.map(({ name, attempt, parent }) => [name, attempt, parent])).toEqual([
    ['invoke_agent desk', 1, caller.spanId],
    ['chat scripted', 1, invoked?.spanId],
    // The span of the first attempt went with its process.
    ['execute_tool slow', 2, invoked?.spanId],
    ['chat scripted', 1, invoked?.spanId],
  ]);
});
