import { fileURLToPath } from 'node:url';
import { type BundleOptions, bundleWorkflowCode, Worker, type WorkflowBundle } from '@temporalio/worker';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PerdureWorker } from '../../src/index.ts';
import { createTestEnvironment, type TestEnvironment } from '../../testing/index.ts';
import { Query, Signal, Update, workflowOf } from '../../src/workflow/decorators.ts';
import { silentLogger } from '../support/silent-logger.ts';
import type { order } from './workflows/decorated.ts';

/** The official bundler compiles decorators as with `experimentalDecorators`; so it compiles them as the standard says. */
const standard: BundleOptions['webpackConfigHook'] = (config) => {
  const uses = (config.module?.rules ?? []).flatMap((rule) => (typeof rule === 'object' ? rule?.use : undefined));
  const swc = uses.find(
    (use) => typeof use === 'object' && use && 'loader' in use && use.loader?.includes('swc-loader'),
  );
  const { options } = swc as { options: { jsc: { transform?: { decoratorVersion: string } } } };
  options.jsc.transform = { decoratorVersion: '2022-03' };
  return config;
};

describe.each([
  ["Temporal's default bundler", undefined],
  ['standard decorators', standard],
])('a workflow class with %s', (mode, webpackConfigHook) => {
  const taskQueue = mode;
  let environment: TestEnvironment;
  let worker: PerdureWorker;
  let running: Promise<void>;
  let workflowBundle: WorkflowBundle;

  beforeAll(async () => {
    environment = await createTestEnvironment();
    const workflowsPath = fileURLToPath(new URL('workflows/decorated.ts', import.meta.url));
    workflowBundle = await bundleWorkflowCode({
      workflowsPath,
      logger: silentLogger,
      ...(webpackConfigHook && { webpackConfigHook }),
    });
    worker = await environment.createWorker({ taskQueue, workflowBundle });
    running = worker.run();
  }, 60_000);

  afterAll(async () => {
    worker.shutdown();
    await running;
    await environment.teardown();
  });

  it('takes signals, answers queries and updates, and keeps state per run', async () => {
    const { workflow } = environment.client;
    const handles = await Promise.all(
      [1, 2].map((start) =>
        workflow.start<typeof order>('order', { taskQueue, workflowId: `order-${start}`, args: [start] }),
      ),
    );
    const [one, two] = handles;
    await one?.signal('add', 5);
    await two?.signal('add', 7);
    expect(await one?.query('total')).toBe(51);
    expect(await one?.executeUpdate('changeAddress', { args: ['Here 1'] })).toBe('none');
    await expect(one?.executeUpdate('changeAddress', { args: [''] })).rejects.toMatchObject({
      cause: { message: 'An address is needed.' },
    });
    for (const handle of handles) await handle.signal('close');
    expect(await Promise.all(handles.map((handle) => handle.result()))).toEqual(['1 51 Here 1', '2 72 none']);
  });

  it('takes signals that came before it began', async () => {
    const handle = await environment.client.workflow.signalWithStart('order', {
      taskQueue,
      workflowId: 'early',
      args: [3],
      signal: 'add',
      signalArgs: [1],
    });
    await handle.signal('close');
    expect(await handle.result()).toBe('3 13 none');
  });

  it('tells people what its handlers are for', async () => {
    const handle = await environment.client.workflow.start('order', { taskQueue, workflowId: 'described', args: [0] });
    const metadata = await handle.query<{ definition: { queryDefinitions: object[] } }>('__temporal_workflow_metadata');
    expect(metadata.definition.queryDefinitions).toContainEqual(
      expect.objectContaining({ name: 'total', description: 'What was added up so far.' }),
    );
  });

  it('replays', async () => {
    const history = await environment.client.workflow.getHandle('early').fetchHistory();
    await Worker.runReplayHistory({ workflowBundle }, history, 'early');
  });
});

const noop = (): undefined => undefined;

describe('workflowOf', () => {
  it('refuses two handlers of one name', async () => {
    class Confused {
      run = async (): Promise<void> => undefined;
    }
    for (const key of ['one', 'two']) Query({ name: 'same' })(Confused.prototype, key, { value: noop });
    await expect(workflowOf(Confused)()).rejects.toThrow('Two methods are @Query() "same": rename one of them.');
  });

  it('refuses what has no method', async () => {
    class Lost {
      run = async (): Promise<void> => undefined;
    }
    Update({ validator: 'check' })(Lost.prototype, 'gone', { value: noop });
    await expect(workflowOf(Lost)()).rejects.toThrow('Lost has no method gone.');
  });
});

describe('a misplaced decorator', () => {
  const member = (more: object): ClassMethodDecoratorContext =>
    ({ kind: 'method', name: 'x', static: false, private: false, addInitializer: noop, ...more }) as never;

  it.each([
    ['a static method', member({ static: true })],
    ['a private method', member({ private: true })],
    ['a field', member({ kind: 'field' })],
    ['a class', member({ kind: 'class' })],
  ])('on %s is refused in standard mode', (place, context) => {
    expect(() => Signal()(noop, context)).toThrow(
      `@Signal() can't be on ${place}: it belongs on a public method of instances.`,
    );
  });

  it('on a static method, or one named by a symbol, is refused in the other mode', () => {
    expect(() => Signal()(Worker, 'x', { value: noop })).toThrow("@Signal() can't be on a static method");
    expect(() => Signal()({}, Symbol('x') as never, { value: noop })).toThrow(/whose name is a symbol/);
  });
});
