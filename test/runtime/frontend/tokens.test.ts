// A property often holds under a condition.
/* oxlint-disable vitest/no-conditional-expect */
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isServiceError } from '../../../src/runtime/errors.ts';
import { decodeToken, encodeToken } from '../../../src/runtime/frontend/tokens.ts';
import { Bench, commands } from './harness.ts';

const text = fc.string({ unit: 'grapheme' });
const token = fc.record(
  {
    namespace: text,
    workflowId: text,
    runId: text,
    scheduledEventId: fc.nat(),
    startedEventId: fc.nat(),
    attempt: fc.nat(),
    queryId: text,
  },
  { requiredKeys: ['namespace', 'workflowId', 'runId', 'scheduledEventId', 'startedEventId', 'attempt'] },
);

describe('task tokens', () => {
  it('come back as they were given', () => {
    fc.assert(
      fc.property(token, (given) => {
        expect(decodeToken(encodeToken(given))).toEqual(given);
      }),
    );
  });

  it('of others are refused', () => {
    const json = fc.json().map((value) => new TextEncoder().encode(value));
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array(), json, fc.constantFrom(null, undefined)), (bytes) => {
        try {
          decodeToken(bytes);
        } catch (error) {
          if (!isServiceError(error)) throw error;
          expect(error.code).toBe(3);
          return;
        }
        throw new Error('it was accepted');
      }),
    );
  });

  it('that do not fit any more are refused, whatever they ask for, and nothing changes', async () => {
    const bench = await Bench.open();
    await bench.start('w');
    const first = await bench.poll();
    await bench.complete(first, [commands.activity('a')]);
    const activity = await bench.pollActivity();
    await bench.signal('w', 's');
    const second = await bench.poll();
    const { runId = '' } = second.workflowExecution ?? {};
    const before = await bench.types('w');
    const key = { namespace: 'default', workflowId: 'w', runId: runId ?? '' };
    const stale = [
      first.taskToken,
      activity.taskToken,
      encodeToken({ ...decodeToken(second.taskToken), attempt: 2 }),
      encodeToken({ ...decodeToken(second.taskToken), runId: 'another' }),
      encodeToken({ ...decodeToken(second.taskToken), namespace: 'another' }),
      encodeToken({ ...key, scheduledEventId: 0, startedEventId: 0, attempt: 1, queryId: 'gone' }),
    ];
    for (const taskToken of stale) {
      const respond = { taskToken: taskToken ?? null };
      await expect(bench.complete(respond, [commands.complete()])).rejects.toMatchObject({ code: 5 });
      await expect(bench.service.respondWorkflowTaskFailed(respond)).rejects.toMatchObject({ code: 5 });
      await expect(bench.service.respondQueryTaskCompleted(respond)).rejects.toMatchObject({ code: 5 });
    }
    const wrong = encodeToken({ ...decodeToken(activity.taskToken), attempt: 2 });
    for (const taskToken of [first.taskToken ?? null, second.taskToken ?? null, wrong]) {
      await expect(bench.service.respondActivityTaskCompleted({ taskToken })).rejects.toMatchObject({ code: 5 });
      await expect(bench.service.respondActivityTaskFailed({ taskToken })).rejects.toMatchObject({ code: 5 });
      await expect(bench.service.respondActivityTaskCanceled({ taskToken })).rejects.toMatchObject({ code: 5 });
      await expect(bench.service.recordActivityTaskHeartbeat({ taskToken })).rejects.toMatchObject({ code: 5 });
    }
    expect(await bench.types('w')).toEqual(before);
    await bench.complete(second, [commands.complete()]);
    await bench.close();
  });
});
