import type { RunInfo, Step } from 'perdure';
import {
  bullmq,
  createExecutionEngine,
  createWorkflowEngineAdapter,
  type ExecutionFailure,
  type Result,
  type WorkflowEngineAdapter,
} from 'perdure/adapters';
import { openEngine, registerEngine } from 'perdure/engines';
import { describe, expectTypeOf, it } from 'vitest';

declare module 'perdure/engines' {
  interface CustomEngines {
    typed: { readonly place: string };
  }
}

describe('adapters', () => {
  it('take the configuration of the engine that is named', async () => {
    expectTypeOf(createWorkflowEngineAdapter({ type: 'embedded' })).resolves.toEqualTypeOf<WorkflowEngineAdapter>();
    void createWorkflowEngineAdapter({ type: 'embedded', config: { memory: true }, taskQueue: 'x' });
    void createWorkflowEngineAdapter({ type: 'typed', config: { place: 'here' } });
    void bullmq.createWorkflowEngineAdapter({ redis: { host: 'x' }, queues: { agents: { settings: {} } } });
    // @ts-expect-error -- of another engine
    void createWorkflowEngineAdapter({ type: 'embedded', config: { redis: 'redis://x' } });
    // @ts-expect-error -- something in it is required
    void createWorkflowEngineAdapter({ type: 'routed' });
    // @ts-expect-error -- something in it is required
    void createWorkflowEngineAdapter({ type: 'typed', config: {} });
    // @ts-expect-error -- nobody has declared it
    void createWorkflowEngineAdapter({ type: 'unknown' });
  });

  it('tell what came of a call', async () => {
    const engine = await createExecutionEngine({ type: 'embedded' });
    const started = await engine.startRun({ agentName: 'a', input: 'b' });
    expectTypeOf(started).toEqualTypeOf<Result<RunInfo>>();
    if (started.success) expectTypeOf(started.data).toEqualTypeOf<RunInfo>();
    else expectTypeOf(started.error).toEqualTypeOf<ExecutionFailure>();
    expectTypeOf(engine.getExecutionHistory('x')).resolves.toEqualTypeOf<Result<readonly Step[]>>();
    expectTypeOf(engine.queryWorkflow<number>('x', { name: 'y' })).resolves.toEqualTypeOf<Result<number>>();
  });
});

describe('custom engines', () => {
  it('are what was declared', () => {
    registerEngine('typed', async (config) => {
      expectTypeOf(config).toEqualTypeOf<{ readonly place: string }>();
      return await openEngine({ type: 'embedded' });
    });
    registerEngine('other', async (config) => {
      expectTypeOf(config).toBeUnknown();
      return await openEngine({ type: 'embedded' });
    });
    void openEngine({ type: 'typed', place: 'here' });
    // @ts-expect-error -- without its place
    void openEngine({ type: 'typed' });
  });
});
