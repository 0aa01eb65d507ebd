import { afterEach, expect, test, vi } from 'vitest';
import type { RunRecord } from '../../../src/core/record.ts';
import { nearLimits } from '../../../src/core/run/near-limits.ts';
import { Bench, namespace } from './harness.ts';

const large = { payloads: [{ metadata: {}, data: new Uint8Array(600 * 1024) }] };

afterEach(() => vi.restoreAllMocks());

test('a run that comes near limits is told of, once for each of them', async () => {
  const emitted = vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
  const bench = await Bench.open();
  const runId = await bench.start('quiet', { input: { payloads: [{ data: new Uint8Array(500 * 1024) }] } });
  expect(runId).not.toBe('');
  expect(emitted).not.toHaveBeenCalled();
  const loud = await bench.start('loud', { input: large });
  for (let sent = 0; sent < 20; sent++) {
    await bench.service.signalWorkflowExecution({
      namespace,
      workflowExecution: { workflowId: 'loud' },
      signalName: 's',
      input: large,
    });
  }
  await bench.close();
  const name = `Workflow loud (any, run ${loud}):`;
  expect(emitted.mock.calls).toEqual([
    [
      `${name} WorkflowExecutionStarted has a value of 614408 bytes; the limit is 2097152.`,
      { type: 'PerdureWarning', code: 'PERDURE_LIMITS' },
    ],
    [
      expect.stringMatching(/: Its history has 1\d{7} bytes; it is terminated with more than 52428800, unless it con/),
      { type: 'PerdureWarning', code: 'PERDURE_LIMITS' },
    ],
  ]);
});

test('events are counted', async () => {
  const bench = await Bench.open();
  const runId = await bench.start('w');
  const stored = await bench.store.load({ namespace, workflowId: 'w', runId });
  await bench.close();
  const record = stored?.record as RunRecord;
  expect(nearLimits({ ...record, nextEventId: 10_241 }, [], 0)).toEqual([]);
  expect(nearLimits({ ...record, nextEventId: 10_242 }, [], 0)).toEqual([
    {
      kind: 'history count',
      text: 'Its history has 10241 events; it is terminated with more than 51200, unless it continues as new.',
    },
  ]);
});
