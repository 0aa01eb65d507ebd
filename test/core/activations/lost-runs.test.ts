import { beforeEach, describe, expect, it } from 'vitest';
import { Bench, incremental, timer } from './cache-bench.ts';
import { History } from './history.ts';

describe('runs that the host lost', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench(2);
  });

  it('are replayed, and the server hears nothing of it', () => {
    const query = { queryId: '1', queryType: 'state', arguments: [], headers: {} };
    const history = bench.waiting('a').after(5, 'TIMER_FIRED', { timerId: '1' }).task();
    bench.cache.receive(bench.task('a', history, { update: incremental(history, 3), queries: [query] }));
    expect(bench.lose('a')).toEqual({ kind: 'nothing' });
    bench.after('a', { kind: 'not-reported' });
    bench.evicted('a');
    expect(bench.released).toEqual(['a']);
    const [task] = bench.toFetch;
    if (task === undefined) throw new Error('Nothing to fetch');
    bench.cache.beginShutdown();
    bench.cache.receiveExpected({ ...task, update: history.update() });
    expect(bench.jobs).toEqual(['initializeWorkflow']);
    bench.complete('a', [timer]);
    bench.after('a', { kind: 'not-reported' });
    expect(bench.jobs).toEqual(['fireTimer']);
    bench.complete('a');
    bench.after('a', { kind: 'not-reported' });
    expect(bench.jobs).toEqual(['queryWorkflow']);
    const answer = { respondToQuery: { queryId: '1', succeeded: {} } };
    expect(bench.complete('a', [answer])).toMatchObject({
      kind: 'complete-task',
      queryResults: [answer.respondToQuery],
    });
    bench.after('a');
    expect(bench.released).toEqual(['a', 'a']);
    expect(bench.drained).toBe(1);
  });

  it('fail their task when it happens again and again', () => {
    const history = History.started();
    bench.cache.receive(bench.task('a', history));
    for (let lost = 0; lost < 3; lost++) {
      expect(bench.lose('a')).toEqual({ kind: 'nothing' });
      bench.after('a', { kind: 'not-reported' });
      bench.evicted('a');
      const task = bench.toFetch.at(-1);
      if (task) bench.cache.receiveExpected({ ...task, update: history.update() });
    }
    expect(bench.lose('a')).toMatchObject({ kind: 'fail-task' });
  });
});

describe('runs that have seen what the store has forgotten', () => {
  it('are replayed from what is left', () => {
    const bench = new Bench(2);
    const history = bench.waiting('a').after(5, 'TIMER_FIRED', { timerId: '1' }).task();
    bench.cache.receive(bench.task('a', history, { update: incremental(history, 3) }));
    expect(bench.complete('a', [{ startTimer: { seq: 2 } }])).toMatchObject({ kind: 'complete-task' });
    bench.after('a');
    // The store came back as it was before the timer had fired, and something else has happened since.
    const other = History.started().completed().add('TIMER_STARTED', { timerId: '1' });
    const forgotten = other.add('WORKFLOW_EXECUTION_SIGNALED').task();
    bench.cache.receive(bench.task('a', forgotten, { update: incremental(forgotten, 3) }));
    bench.evicted('a');
    const [task] = bench.toFetch;
    expect(task?.runId).toBe('a');
    bench.cache.receiveExpected(bench.task('a', forgotten));
    expect(bench.jobs).toEqual(['initializeWorkflow']);
  });
});
