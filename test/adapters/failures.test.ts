import { status as grpcStatus } from '@grpc/grpc-js';
import { ServiceError } from '@temporalio/client';
import { beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import {
  createExecutionEngine,
  createWorkflowEngineAdapter,
  EngineRefusedError,
  type ExecutionEngine,
  type FailureCode,
  type Result,
  StartsFailedError,
  type WorkflowEngineAdapter,
} from '../../src/adapters/index.ts';
import { failureOf, resultOf } from '../../src/adapters/failures.ts';
import { connect } from '../../src/client/connect.ts';
import type { Json } from '../../src/workflow/protocol/index.ts';

interface World {
  readonly engine: ExecutionEngine;
  readonly adapter: WorkflowEngineAdapter;
}

beforeAll(async () => void (await import('../../src/engines/embedded/index.ts')), 60_000);

async function world(): Promise<World> {
  const perdure = await connect({ engine: { type: 'embedded', memory: true } });
  onTestFinished(() => perdure.close());
  return { engine: await createExecutionEngine({ perdure }), adapter: await createWorkflowEngineAdapter({ perdure }) };
}

function codeOf(result: Result<unknown>): FailureCode | undefined {
  return result.success ? undefined : result.error.code;
}

async function failed(work: Promise<unknown>): Promise<{ readonly code?: string; readonly path?: string }> {
  const failure = await work.then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(Error);
  return failure as { readonly code?: string };
}

async function consume(events: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of events) continue;
}

describe('a run that there is not', () => {
  test('is null, or an error with a code', async () => {
    const { engine } = await world();
    expect(await engine.getRun('ghost')).toEqual({ success: true, data: null });
    const results = [
      await engine.sendSignal('ghost', { name: 'userInput', payload: 'x' }),
      await engine.queryWorkflow('ghost', { name: 'pending' }),
      await engine.cancelRun('ghost', 'because'),
      await engine.getExecutionHistory('ghost'),
    ];
    expect(results.map(codeOf)).toEqual(Array.from({ length: 4 }, () => 'RUN_NOT_FOUND'));
    for (const result of results) expect(result).toMatchObject({ error: { runId: 'ghost' } });
  });

  test('rejects with that error', async () => {
    const { adapter } = await world();
    const failures = [
      adapter.signalRun('ghost', 'userInput', 'x'),
      adapter.queryRun('ghost', 'pending'),
      adapter.cancelRun('ghost'),
      adapter.getRunHistory('ghost'),
      adapter.getRunMetrics('ghost'),
      consume(adapter.streamRunEvents('ghost')),
    ].map(failed);
    for (const failure of await Promise.all(failures))
      expect(failure).toMatchObject({ code: 'RUN_NOT_FOUND', runId: 'ghost' });
  });
});

describe('what cannot be meant', () => {
  test.each<[string, (world: World) => Promise<Result<unknown>>, string]>([
    ['no request', ({ engine }) => engine.startRun(undefined as never), 'request'],
    ['no agent', ({ engine }) => engine.startRun({ input: 'x' } as never), 'agentName'],
    ['an agentId', ({ engine }) => engine.startRun({ agentId: 'a', input: 'x' } as never), 'agentId'],
    ['a prompt', ({ engine }) => engine.executeAgent({ agentName: 'a', prompt: 'x' } as never), 'prompt'],
    ['no input', ({ engine }) => engine.startRun({ agentName: 'a' } as never), 'input'],
    [
      'a list as context',
      ({ engine }) => engine.startRun({ agentName: 'a', input: 'x', context: [] as never }),
      'context',
    ],
    [
      'two contexts',
      ({ engine }) => engine.startRun({ agentName: 'a', input: 'x', context: {}, metadata: { context: 1 } }),
      'context',
    ],
    [
      'what is to be done',
      ({ engine }) => engine.startRun({ agentName: 'a', input: 'x', ifExists: 'replace' as never }),
      'ifExists',
    ],
    ['an empty id', ({ engine }) => engine.getRun(''), 'id'],
    ['a signal without a name', ({ engine }) => engine.sendSignal('a', { name: '' }), 'name'],
    ['no signal', ({ engine }) => engine.sendSignal('a', undefined as never), 'signal'],
    ['a payload', ({ engine }) => engine.sendSignal('a', { name: 'b', payload: 1n as unknown as Json }), 'payload'],
    ['arguments', ({ engine }) => engine.queryWorkflow('a', { name: 'b', args: 'x' as never }), 'query.args'],
    ['a status', ({ engine }) => engine.listRuns({ status: ['done' as never] }), 'status'],
    ['a limit', ({ engine }) => engine.listRuns({ limit: 0 }), 'limit'],
    ['an offset', ({ engine }) => engine.listRuns({ offset: -1 }), 'offset'],
  ])('%s', async (_, call, path) => {
    const result = await call(await world());
    expect(codeOf(result)).toBe('CONFIGURATION');
    expect(result).toMatchObject({ error: { path } });
  });

  test('starts nothing of several', async () => {
    const { adapter } = await world();
    const good = { agentName: 'a', input: 'x', runId: 'good' };
    expect(await failed(adapter.startRuns([good, { agentName: '' } as never]))).toMatchObject({
      path: 'inputs[1].agentName',
    });
    expect(await failed(adapter.startRuns('all' as never))).toMatchObject({ path: 'inputs' });
    expect((await adapter.perdure.listRuns()).runs).toEqual([]);
  });

  test('of a stream', async () => {
    const { adapter } = await world();
    const [id = ''] = await adapter.startRuns([{ agentName: 'a', input: 'x' }]);
    expect(await failed(consume(adapter.streamRunEvents(id, { from: 'nowhere' })))).toMatchObject({ path: 'from' });
    const reason = new Error('enough');
    await expect(consume(adapter.streamRunEvents(id, { signal: AbortSignal.abort(reason) }))).rejects.toBe(reason);
  });
});

describe('starts', () => {
  test('of several that fail in part say what was started', async () => {
    const { adapter, engine } = await world();
    const inputs = ['a', 'b', 'c'].map((runId) => ({ agentName: 'x', input: 'y', runId }));
    expect(await adapter.startRuns(inputs.slice(1, 2))).toEqual(['b']);
    const failure: unknown = await adapter.startRuns(inputs).catch((error: unknown) => error);
    if (!StartsFailedError.is(failure)) throw failure;
    expect(failure.code).toBe('STARTS_FAILED');
    expect(failure.message).toContain("1 of 3 runs could not be started; the first one: There is a run 'b' already.");
    expect(failure.started).toEqual(['a', undefined, 'c']);
    expect(failure.failed).toMatchObject([{ index: 1, error: { code: 'RUN_EXISTS' } }]);
    expect(await adapter.startRuns(inputs.map((input) => ({ ...input, ifExists: 'use' })))).toEqual(['a', 'b', 'c']);
    expect(codeOf(await engine.startRun({ agentName: 'x', input: 'y', runId: 'a' }))).toBe('RUN_EXISTS');
    expect(await adapter.startRuns([])).toEqual([]);
  });

  test('end as the run does', async () => {
    const { engine } = await world();
    const executing = engine.executeAgent({ agentName: 'x', input: 'y', runId: 'r' });
    await expect
      .poll(async () => (await engine.getRun('r')).success && (await engine.perdure.listRuns()).runs)
      .toHaveLength(1);
    await engine.perdure.run('r').abort();
    expect(codeOf(await executing)).toBe('RUN_TERMINATED');
    expect(codeOf(await engine.sendSignal('r', { name: 'userInput', payload: 'x' }))).toBe('RUN_ENDED');
    expect(await engine.cancelRun('r')).toEqual({ success: true, data: undefined });
  });
});

describe('an engine that is away', () => {
  test('is unhealthy, and an error with a code', async () => {
    const perdure = await connect({ engine: { type: 'embedded', memory: true } });
    const engine = await createExecutionEngine({ perdure });
    const adapter = await createWorkflowEngineAdapter({ perdure });
    await perdure.close();
    expect(await adapter.getEngineHealth()).toMatchObject({ status: 'unhealthy', error: expect.any(String) });
    const results = await Promise.all([
      engine.startRun({ agentName: 'x', input: 'y' }),
      engine.getRun('r'),
      engine.listRuns(),
      engine.sendSignal('r', { name: 'x' }),
      engine.queryWorkflow('r', { name: 'x' }),
      engine.cancelRun('r'),
      engine.getExecutionHistory('r'),
      engine.executeAgent({ agentName: 'x', input: 'y' }),
    ]);
    expect(results.map(codeOf)).toEqual(results.map(() => 'ENGINE_UNAVAILABLE'));
    const failures = [adapter.getEngineInfo(), adapter.getRunMetrics('r'), adapter.getRunHistory('r')].map(failed);
    for (const failure of await Promise.all(failures)) expect(failure).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(await failed(adapter.startRuns([{ agentName: 'x', input: 'y' }]))).toMatchObject({
      code: 'STARTS_FAILED',
      failed: [{ error: { code: 'ENGINE_UNAVAILABLE' } }],
    });
  });

  test('cannot be opened', async () => {
    const source = {
      type: 'temporal',
      config: { connection: { address: '127.0.0.1:1', connectTimeout: 300 } },
    } as const;
    expect(await failed(createWorkflowEngineAdapter(source))).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
    expect(await failed(createExecutionEngine(source))).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
  });
});

describe('what the server says', () => {
  const said = (code: number): ServiceError =>
    new ServiceError('failed', {
      cause: Object.assign(new Error('said'), { code, details: 'no more', metadata: {} }),
    });

  test('counts as a refusal, or as being away', () => {
    const refusal = failureOf(said(grpcStatus.RESOURCE_EXHAUSTED));
    expect(EngineRefusedError.is(refusal) && refusal.status).toBe(grpcStatus.RESOURCE_EXHAUSTED);
    expect(refusal).toMatchObject({ code: 'ENGINE_REFUSED', message: expect.stringContaining('status 8): no more') });
    expect(failureOf(said(grpcStatus.DEADLINE_EXCEEDED))).toMatchObject({ code: 'ENGINE_UNAVAILABLE' });
  });

  test('is none of the mistakes in code', async () => {
    const mistake = new TypeError('x is not a function');
    await expect(resultOf(async () => await Promise.reject(mistake))).rejects.toBe(mistake);
  });
});
