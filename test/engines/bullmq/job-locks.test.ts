import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { JobLocks } from '../../../src/engines/bullmq/job-locks.ts';

describe('locks of jobs', () => {
  let asked: (readonly [string[], string[]])[];
  let lost: string[];
  let errors: unknown[];
  let prolong: (ids: string[]) => Promise<string[]>;
  let locks: JobLocks;

  beforeEach(() => {
    vi.useFakeTimers();
    [asked, lost, errors] = [[], [], []];
    prolong = async () => [];
    locks = new JobLocks({
      duration: 3000,
      prolong: async (ids, tokens) => {
        asked.push([ids, tokens]);
        return await prolong(ids);
      },
      onLost: (ids) => lost.push(...ids),
      onError: (error) => errors.push(error),
    });
  });
  afterEach(() => {
    locks.close();
    vi.useRealTimers();
  });

  test('are prolonged as long as the jobs are here', async () => {
    const [first] = [locks.hold('a', '1'), locks.hold('b', '2')];
    await vi.advanceTimersByTimeAsync(1000);
    first?.();
    await vi.advanceTimersByTimeAsync(1000);
    locks.close();
    locks.hold('c', '3');
    await vi.advanceTimersByTimeAsync(9000);
    expect(asked).toEqual([
      [
        ['a', 'b'],
        ['1', '2'],
      ],
      [['b'], ['2']],
    ]);
  });

  test('of a job that came back are prolonged when it ends where it was before', async () => {
    const before = locks.hold('a', '1');
    locks.hold('a', '2');
    before();
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toEqual([[['a'], ['2']]]);
  });

  test('that are gone are told of once, but not when the job came anew meanwhile', async () => {
    locks.hold('a', '1');
    locks.hold('b', '1');
    prolong = async (ids) => {
      if (asked.length === 1) locks.hold('b', '2');
      return asked.length === 1 ? ids : [];
    };
    await vi.advanceTimersByTimeAsync(2000);
    expect(lost).toEqual(['a']);
    expect(asked.at(-1)).toEqual([['b'], ['2']]);
  });

  test('are prolonged again after a failure, which is told', async () => {
    locks.hold('a', '1');
    const failure = new Error('no Redis');
    prolong = async () => {
      if (asked.length === 1) throw failure;
      return [];
    };
    await vi.advanceTimersByTimeAsync(2000);
    expect(errors).toEqual([failure]);
    expect(asked.length).toBe(2);
    expect(lost).toEqual([]);
  });
});
