import {
  ApplicationFailure,
  CancelledFailure,
  defaultFailureConverter,
  defaultPayloadConverter,
} from '@temporalio/common';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { createAgentActivities } from '../../../src/agent/activities/index.ts';
import { readCompletionToken } from '../../../src/agent/completion-token.ts';
import { AgentRegistry } from '../../../src/agent/registry.ts';
import { type AnyTool, type AsyncToolContext, defineTool, ToolError, type ToolContext } from '../../../src/index.ts';
import type { AgentActivities } from '../../../src/workflow/protocol/index.ts';
import { callOf, mockActivity } from '../support.ts';

const secret = 'secret';
const noModel: AgentActivities['agent.callModel'] = () => Promise.reject(new Error('No model is called here.'));

function activitiesOf(tools: readonly AnyTool[], deps?: unknown): AgentActivities {
  return createAgentActivities({ registry: new AgentRegistry({ tools }), secret, deps }, noModel);
}

/** Calls a tool as a worker does. */
async function call(tool: AnyTool, input = {}, more = {}, environment = mockActivity()): Promise<unknown> {
  const { deps, ...rest } = more as { deps?: unknown };
  return environment.run(activitiesOf([tool], deps)['agent.executeTool'], callOf(tool, input, rest));
}

const failing = (thrown: unknown): AnyTool =>
  defineTool({
    name: 'fail',
    description: 'Fails.',
    run: () => {
      throw thrown;
    },
  });
const base = { name: 'find', description: 'Finds.' };

describe('agent.executeTool', () => {
  it('calls a tool with what its schema makes of the arguments', async () => {
    const tool = defineTool({
      ...base,
      input: z.object({ id: z.string().transform(Number) }),
      run: ({ id }) => ({ id }),
    });
    expect(await call(tool, { id: '7' })).toEqual({ type: 'completed', output: { type: 'json', value: { id: 7 } } });
  });

  it('tells a tool who calls, and what to be idempotent by', async () => {
    let seen: Partial<ToolContext> = {};
    const tool = defineTool({
      ...base,
      run: (_: object, context: ToolContext<{ orders: string }>) => void (seen = context),
    });
    await call(
      tool,
      {},
      { deps: { orders: 'db' }, caller: { agent: 'support', rootWorkflowId: 'root', metadata: { a: 1 } } },
    );
    expect(seen).toMatchObject({
      deps: { orders: 'db' },
      idempotencyKey: 'first-run:s1.1',
      attempt: 1,
      toolCallId: 's1.1',
      agent: 'support',
      workflowId: 'test',
      rootWorkflowId: 'root',
      metadata: { a: 1 },
    });
    expect(seen.signal).toBeInstanceOf(AbortSignal);
  });

  it('gives an async tool a token that completes the wait of this call', async () => {
    let token = '';
    const tool = defineTool({
      ...base,
      completion: 'async',
      run: (_: object, { completionToken }: AsyncToolContext) => {
        token = completionToken;
        return 'ignored';
      },
    });
    const caller = { agent: 'support', rootWorkflowId: 'root', rootRunId: 'run-1' };
    expect(await call(tool, {}, { waitId: 's1.1/s2.1', caller })).toEqual({ type: 'pending' });
    expect(readCompletionToken(token, secret)).toEqual({ workflowId: 'root', runId: 'run-1', waitId: 's1.1/s2.1' });
  });

  it('says why there is no token, and no deps', async () => {
    const read = (context: ToolContext): unknown => (context as AsyncToolContext).completionToken;
    const token = defineTool({ ...base, run: (_: object, context: ToolContext) => read(context) });
    await expect(call(token)).rejects.toThrow(
      "The tool find has no completionToken: define it with completion: 'async'",
    );
    const copies = defineTool({ ...base, run: (_: object, { deps: _deps, ...rest }: ToolContext) => rest.toolCallId });
    expect(await call(copies, {}, { deps: {} })).toMatchObject({ output: { value: 's1.1' } });
    const deps = defineTool({ ...base, run: (_: object, context: ToolContext<{ db: string }>) => context.deps.db });
    await expect(call(deps)).rejects.toThrow('The tool find reads deps, but this worker was given none');
  });

  it('refuses a tool that is not there, or takes other arguments now', async () => {
    const tool = defineTool({ ...base, run: () => 1 });
    const { 'agent.executeTool': execute } = activitiesOf([tool]);
    const environment = mockActivity();
    await expect(environment.run(execute, { ...callOf(tool, {}), tool: 'gone' })).rejects.toMatchObject({
      type: 'ToolUnknown',
      nonRetryable: true,
      message: 'This worker has no tool gone. It has: find.',
    });
    await expect(environment.run(execute, { ...callOf(tool, {}), toolHash: 'other' })).rejects.toMatchObject({
      type: 'ToolChanged',
      nonRetryable: true,
    });
  });

  it('refuses arguments that are not valid, and calls nothing', async () => {
    let called = false;
    const tool = defineTool({ ...base, input: z.object({ id: z.number() }).loose(), run: () => void (called = true) });
    const polluting = JSON.parse('{"id":1,"__proto__":{"admin":true}}') as object;
    for (const input of [{ id: 'x' }, polluting])
      await expect(call(tool, input)).rejects.toMatchObject({
        type: 'InvalidArguments',
        nonRetryable: true,
        message: expect.stringMatching(/^The arguments of find are not valid: /),
      });
    expect(called).toBe(false);
  });

  it.each([
    ['an error', new TypeError('bad', { cause: new Error('worse') }), { nonRetryable: false, message: 'bad: worse' }],
    ['an error without a message', new RangeError(), { nonRetryable: false, message: 'RangeError' }],
    ['an error that causes itself', new Error('loop'), { message: 'loop' }],
    ['text', 'just text', { nonRetryable: false, message: 'just text' }],
    ['nothing', undefined, { nonRetryable: false, message: 'It failed without a message.' }],
    [
      'a very long message',
      new Error('x'.repeat(20_000)),
      { message: expect.stringMatching(/^x{8192}… \(shortened\)$/) },
    ],
    ['a ToolError', new ToolError('no such order'), { nonRetryable: true, message: 'no such order' }],
    [
      'a ToolError that may be tried again',
      new ToolError('busy', { retryable: true, retryAfter: '7 s' }),
      { nonRetryable: false, nextRetryDelay: 7_000 },
    ],
  ])('makes a failure of %s', async (name, thrown, failure) => {
    if (name.endsWith('itself')) (thrown as Error).cause = thrown;
    const result = call(failing(thrown));
    await expect(result).rejects.toBeInstanceOf(ApplicationFailure);
    await expect(result).rejects.toMatchObject({ type: 'ToolFailed', ...failure });
  });

  it('passes a failure of Temporal on as it is', async () => {
    const failure = ApplicationFailure.nonRetryable('refused', 'CardRefused');
    await expect(call(failing(failure))).rejects.toBe(failure);
  });

  it.each([
    ['an error', (message: string, cause: Error) => new Error(message, { cause })],
    ['a ToolError', (message: string, cause: Error) => new ToolError(message, { cause })],
    [
      'a failure of Temporal',
      (message: string, cause: Error) => ApplicationFailure.create({ message, type: 'ToolFailed', cause }),
    ],
  ])('keeps keys out of history that are in %s', async (_, make) => {
    vi.stubEnv('CANARY_SECRET', 'plain-looking-canary');
    onTestFinished(() => void vi.unstubAllEnvs());
    const cause = new Error('connect to postgres://user:c@nary1@host/db failed', {
      cause: new Error('authorization: Bearer canary2.canary2'),
    });
    const thrown = make('refused with plain-looking-canary', cause);
    thrown.stack = `${thrown.stack}\n    at get (https://user:canary3@host/x.js:1:1)`;
    const failure = await call(failing(thrown)).catch((error: unknown) => error);
    expect(failure).toMatchObject({
      type: 'ToolFailed',
      message:
        'refused with [redacted]: connect to postgres://[redacted]@host/db failed: authorization: Bearer [redacted]',
    });
    const kept = JSON.stringify(defaultFailureConverter.errorToFailure(failure, defaultPayloadConverter));
    expect(kept).toContain('at get (https://[redacted]@host/x.js:1:1)');
    expect(kept).not.toMatch(/canary|c@nary/);
  });

  it('refuses a result that can not be kept', async () => {
    await expect(call(defineTool({ ...base, run: () => ({ at: new Date() }) }))).rejects.toMatchObject({
      type: 'ToolFailed',
      nonRetryable: true,
    });
    await expect(call(defineTool({ ...base, maxResultBytes: 3, run: () => 'long' }))).rejects.toMatchObject({
      type: 'ResultTooLarge',
    });
  });

  it('gives signs of life before and while the tool works', async () => {
    const environment = mockActivity({ heartbeatTimeoutMs: 30 });
    let beats = 0;
    const enough = new Promise<void>((resolve) => {
      environment.on('heartbeat', () => {
        beats += 1;
        if (beats === 3) resolve();
      });
    });
    const tool = defineTool({ ...base, run: () => enough });
    expect(await call(tool, {}, {}, environment)).toMatchObject({ type: 'completed' });
  });

  it.each([
    [0, 1],
    [300, 10],
  ])('sends no more of them than it has to, with a timeout of %i ms', async (heartbeatTimeoutMs, expected) => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const environment = mockActivity({ heartbeatTimeoutMs });
    let beats = 0;
    environment.on('heartbeat', () => (beats += 1));
    const tool = defineTool({ ...base, run: () => vi.advanceTimersByTimeAsync(950).then(() => 'done') });
    await call(tool, {}, {}, environment);
    expect(beats).toBe(expected);
  });

  it.each([
    ['heeds the signal', (signal: AbortSignal) => signal.throwIfAborted()],
    [
      'fails in its own way',
      () => {
        throw new Error('socket closed');
      },
    ],
  ])('is cancelled with the run when the tool %s', async (_, end) => {
    const environment = mockActivity();
    const tool = defineTool({
      ...base,
      run: async (_args: object, { signal }: ToolContext) => {
        environment.cancel();
        end(signal);
      },
    });
    await expect(call(tool, {}, {}, environment)).rejects.toBeInstanceOf(CancelledFailure);
  });

  it('keeps what a tool returns although it was cancelled', async () => {
    const environment = mockActivity();
    const tool = defineTool({ ...base, run: () => (environment.cancel(), 'done') });
    expect(await call(tool, {}, {}, environment)).toEqual({
      type: 'completed',
      output: { type: 'text', value: 'done' },
    });
  });
});

describe('agent.resolveTool', () => {
  it('gives the record of a tool', async () => {
    const tool = defineTool({ ...base, run: () => 1 });
    const { 'agent.resolveTool': resolve } = activitiesOf([tool]);
    expect(await resolve('find')).toMatchObject({ name: 'find', completion: 'sync', timeout: 60_000 });
    await expect(resolve('gone')).rejects.toMatchObject({ type: 'ToolUnknown', nonRetryable: true });
  });
});

describe('agent.needsApproval', () => {
  const ask = (approval: unknown, deps: unknown = {}): Promise<unknown> => {
    const input = z.object({ amount: z.number() });
    const tool = defineTool({ ...base, input, run: () => 1, approval: approval as boolean });
    return mockActivity().run(activitiesOf([tool], deps)['agent.needsApproval'], callOf(tool, { amount: 5 }));
  };

  it('asks as the tool says', async () => {
    expect(await ask(false)).toBeNull();
    expect(await ask(undefined)).toBeNull();
    expect(await ask(true)).toEqual({ message: 'support wants to call find.' });
    expect(await ask(({ amount }: { amount: number }) => amount > 5)).toBeNull();
    expect(await ask(async ({ amount }: { amount: number }) => amount > 4)).toMatchObject({ message: /support/ });
    expect(await ask(({ amount }: { amount: number }) => `Pay ${amount} €?`)).toEqual({ message: 'Pay 5 €?' });
  });

  it('tells it who calls, and gives it deps', async () => {
    const approval = (_: object, { deps, agent, workflowId }: ToolContext<{ limit: number }>): string =>
      `${agent} ${workflowId} ${deps.limit}`;
    expect(await ask(approval, { limit: 3 })).toEqual({ message: 'support test 3' });
  });

  it('asks when in doubt', async () => {
    expect(await ask(() => undefined)).toEqual({ message: 'support wants to call find.' });
    expect(await ask(() => '')).toEqual({ message: 'support wants to call find.' });
    expect(await ask(() => Promise.reject(new Error('rules are away')))).toEqual({
      message: 'support wants to call find. Whether it needs approval could not be determined: rules are away',
    });
  });
});

describe('agent.compensateTool', () => {
  it('undoes the call with the same arguments and key', async () => {
    const undone: unknown[] = [];
    const tool = defineTool({
      ...base,
      input: z.object({ id: z.string().transform(Number) }),
      run: () => 1,
      compensate: ({ id }, { idempotencyKey }) => void undone.push(id, idempotencyKey),
    });
    const { 'agent.compensateTool': compensate } = activitiesOf([tool]);
    expect(await mockActivity().run(compensate, callOf(tool, { id: '7' }))).toBeUndefined();
    expect(undone).toEqual([7, 'first-run:s1.1']);
  });

  it('undoes a call of a tool that a deployment changed, as long as it can', async () => {
    const undone: unknown[] = [];
    const compensate = (args: unknown) => void undone.push(args);
    const undo = (more: object) => {
      const tool: AnyTool = defineTool({ ...base, run: () => 1, ...more });
      const made = callOf(tool, { id: '7' }, { toolHash: 'before' });
      return mockActivity().run(activitiesOf([tool])['agent.compensateTool'], made);
    };
    await undo({ compensate, input: z.object({ id: z.string(), express: z.boolean().default(false) }) });
    expect(undone).toEqual([{ id: '7', express: false }]);
    const final = { nonRetryable: true };
    await expect(undo({ compensate, input: z.object({ id: z.number() }) })).rejects.toMatchObject({
      ...final,
      type: 'InvalidArguments',
    });
    await expect(undo({})).rejects.toMatchObject({ ...final, type: 'ToolChanged' });
    expect(undone).toHaveLength(1);
  });

  it('fails as tools do', async () => {
    const tool = defineTool({ ...base, run: () => 1, compensate: () => Promise.reject(new Error('bank is away')) });
    const { 'agent.compensateTool': compensate } = activitiesOf([tool]);
    await expect(mockActivity().run(compensate, callOf(tool, {}))).rejects.toMatchObject({
      type: 'ToolFailed',
      message: 'bank is away',
      nonRetryable: false,
    });
  });
});
