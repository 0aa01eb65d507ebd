import proto from '@temporalio/proto';
import { beforeEach, describe, expect, it } from 'vitest';
import { HistoryUpdate } from '../../../src/core/activations/history-update.ts';
import type { CompletionOutcome, WorkflowTask } from '../../../src/core/activations/workflow-task.ts';
import { WorkflowTaskFailedCause } from '../../../src/core/proto.ts';
import { Bench, incremental, reported, timer } from './cache-bench.ts';
import { History } from './history.ts';

const { EvictionReason } = proto.coresdk.workflow_activation.RemoveFromCache;
const queryOnly = (previousStartedId: number): HistoryUpdate =>
  HistoryUpdate.fromEvents([], { previousStartedId, startedId: 0 }, true).update;

describe('runs in the cache', () => {
  let bench: Bench;
  beforeEach(() => {
    bench = new Bench(2);
  });

  it('go on with the next part of their history', () => {
    const history = bench.waiting('a').after(5, 'TIMER_FIRED', { timerId: '1' }).task();
    bench.cache.receive(bench.task('a', history, { update: incremental(history, 3) }));
    expect(bench.jobs).toEqual(['fireTimer']);
    expect(bench.complete('a', [{ completeWorkflowExecution: {} }])).toMatchObject({ kind: 'complete-task' });
    bench.after('a');
    bench.evicted('a');
    expect(bench.cache.taskOf('a')).toBeUndefined();
    expect(bench.released).toEqual(['a', 'a']);
  });

  it('go on with the task that came with the server’s answer, in the same slot', () => {
    const history = History.started();
    bench.cache.receive(bench.task('a', history));
    bench.complete('a', [timer]);
    history.completed().add('TIMER_STARTED', { timerId: '1' }).add('WORKFLOW_EXECUTION_SIGNALED').task();
    const next = bench.task('a', history, { update: incremental(history, 3) });
    bench.after('a', reported, next);
    expect(bench.jobs).toEqual(['signalWorkflow']);
    expect(bench.released).toEqual([]);
  });

  it('are fetched from the start when they are not there', () => {
    const history = History.started().completed().add('TIMER_STARTED').add('WORKFLOW_EXECUTION_SIGNALED').task();
    bench.cache.receive(bench.task('a', history, { update: incremental(history, 3) }));
    expect(bench.toFetch).toHaveLength(1);
    bench.cache.beginShutdown();
    expect(bench.drained).toBe(0);
    bench.cache.receiveExpected(bench.task('a', history));
    expect(bench.jobs).toEqual(['initializeWorkflow']);
  });

  it('make room for others, the least recently used first', () => {
    bench.waiting('a');
    bench.waiting('b');
    bench.cache.receive(bench.task('c', History.started()));
    expect(bench.outputs.at(-1)?.runId).toBe('a');
    bench.evicted('a');
    expect(bench.outputs.at(-1)?.runId).toBe('c');
    expect(bench.jobs).toEqual(['initializeWorkflow']);
  });

  it('are told of nothing until their eviction was agreed to', () => {
    const history = bench.waiting('a');
    bench.cache.evict('a', { message: 'm', reason: EvictionReason.CACHE_FULL });
    expect(bench.jobs).toEqual(['removeFromCache']);
    const out = bench.outputs.length;
    history.add('WORKFLOW_EXECUTION_SIGNALED').task();
    bench.cache.receive(bench.task('a', history, { update: incremental(history, 3) }));
    bench.cache.receive(bench.task('a', history, { update: queryOnly(3), legacyQuery: { queryId: 'legacy_query' } }));
    bench.cache.receive(bench.task('a', history, { update: incremental(history, 3) }));
    bench.cache.evict('a', { message: 'again', reason: EvictionReason.FATAL });
    expect(bench.outputs).toHaveLength(out);
    bench.complete('a');
    bench.after('a', { kind: 'not-reported' });
    expect(bench.toFetch).toHaveLength(1);
    expect(bench.released).toContain('a');
  });

  it('answer queries with the task, after everything else', () => {
    bench.cache.receive(bench.task('a', History.started(), { queries: [{ queryId: 'q', queryType: 't' }] }));
    expect(bench.jobs).toEqual(['initializeWorkflow']);
    expect(bench.complete('a', [timer])).toEqual({ kind: 'nothing' });
    bench.after('a', { kind: 'not-reported' });
    expect(bench.jobs).toEqual(['queryWorkflow']);
    const answer = { respondToQuery: { queryId: 'q', succeeded: {} } };
    expect(bench.complete('a', [answer])).toMatchObject({
      kind: 'complete-task',
      queryResults: [{ queryId: 'q' }],
      commands: [{ startTimerCommandAttributes: { timerId: '1' } }],
    });
  });

  it('answer a query of its own when nothing else is going on', () => {
    const history = bench.waiting('a');
    const query = { queryId: 'legacy_query', queryType: 't' };
    bench.cache.receive(bench.task('a', history, { update: queryOnly(3), legacyQuery: query }));
    bench.outputs.filter(({ output }) => output.kind === 'autocomplete').forEach(() => bench.complete('a', [], true));
    bench.after('a', { kind: 'not-reported' }, undefined, true);
    expect(bench.jobs).toEqual(['queryWorkflow']);
    const answer = { respondToQuery: { queryId: 'legacy_query', succeeded: {} } };
    expect(bench.complete('a', [answer])).toMatchObject({ kind: 'answer-query' });
    bench.after('a');
  });

  it('answer a query about a past that is over with the present', () => {
    const history = bench.waiting('a');
    const legacyQuery = { queryId: 'legacy_query' };
    bench.cache.receive(bench.task('a', history, { update: queryOnly(1), legacyQuery }));
    expect(bench.outputs.at(-1)?.output.kind).toBe('autofail');
    expect(bench.fail('a', 0, true)).toEqual({ kind: 'drop-task' });
    bench.after('a', { kind: 'dropped' }, undefined, true);
    expect(bench.jobs).toEqual(['queryWorkflow']);
  });

  it('refuse a task with both kinds of queries', () => {
    const history = bench.waiting('a');
    const both = { update: queryOnly(3), legacyQuery: { queryId: 'legacy_query' }, queries: [{ queryId: 'q' }] };
    bench.cache.receive(bench.task('a', history, both));
    expect(bench.outputs.at(-1)?.output.kind).toBe('autofail');
  });

  it('fail a query that the language side failed', () => {
    const history = bench.waiting('a');
    const legacyQuery = { queryId: 'legacy_query' };
    bench.cache.receive(bench.task('a', history, { update: queryOnly(3), legacyQuery }));
    bench.complete('a', [], true);
    bench.after('a', { kind: 'not-reported' }, undefined, true);
    expect(bench.fail('a')).toMatchObject({ kind: 'fail-query' });
  });

  it('fail their task when the language side could not answer, on the first attempt only', () => {
    bench.cache.receive(bench.task('a', History.started()));
    expect(bench.fail('a')).toMatchObject({ kind: 'fail-task' });
    bench.after('a');
    bench.evicted('a');
    bench.cache.receive(bench.task('a', History.started(), { attempt: 2 }));
    expect(bench.fail('a')).toEqual({ kind: 'drop-task' });
    bench.after('a', { kind: 'dropped' });
    bench.evicted('a');
  });

  it('fail their task when code and history disagree', () => {
    const history = History.started().completed().add('ACTIVITY_TASK_SCHEDULED').task();
    bench.cache.receive(bench.task('a', history));
    expect(bench.complete('a', [timer])).toMatchObject({
      kind: 'fail-task',
      cause: WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_NON_DETERMINISTIC_ERROR,
    });
    bench.after('a');
    const output = bench.outputs.at(-1)?.output;
    expect(output?.kind === 'activation' && output.activation.jobs?.[0]?.removeFromCache?.reason).toBe(
      EvictionReason.NONDETERMINISM,
    );
    bench.evicted('a');
  });

  it('may rather fail the workflow then', () => {
    bench = new Bench(2, true);
    const history = History.started().completed().add('ACTIVITY_TASK_SCHEDULED').task();
    bench.cache.receive(bench.task('a', history));
    expect(bench.complete('a', [timer])).toMatchObject({
      kind: 'complete-task',
      commands: [{ failWorkflowExecutionCommandAttributes: {} }],
    });
  });

  it('fail a task that is broken from the start', () => {
    const broken = new History().add('TIMER_FIRED', { startedEventId: 9 }).task();
    bench.cache.receive(bench.task('a', broken));
    expect(bench.outputs.at(-1)?.output.kind).toBe('autofail');
    expect(bench.fail('a', 0, true)).toMatchObject({ kind: 'fail-task' });
    bench.after('a', reported, undefined, true);
    bench.evicted('a');
  });

  it('complete a task that brings nothing', () => {
    const history = bench.waiting('a').task();
    bench.cache.receive(bench.task('a', history, { update: incremental(history, 3) }));
    expect(bench.outputs.at(-1)?.output.kind).toBe('autocomplete');
    expect(bench.complete('a', [], true)).toMatchObject({ kind: 'complete-task', commands: [] });
    bench.after('a', { kind: 'reported', resetStartedTo: 3 }, undefined, true);
    expect(bench.released).toHaveLength(2);
  });

  it('fetch the page that they need before they go on', () => {
    const history = History.started().completed().add('TIMER_STARTED', { timerId: '1' });
    history.after(5, 'TIMER_FIRED', { timerId: '1' }).task().completed().add('TIMER_STARTED').task();
    const ids = { previousStartedId: 2, startedId: history.length };
    const { update } = HistoryUpdate.fromEvents(history.events.slice(0, 5), ids, false);
    bench.cache.receive(bench.task('a', history, { update }));
    expect(bench.complete('a', [timer])).toBeUndefined();
    expect(bench.pages).toEqual(['a']);
    const rest = HistoryUpdate.fromEvents(history.events.slice(3), ids, true).update;
    bench.cache.resumeWithPage('a', rest);
    bench.after('a', { kind: 'not-reported' });
    expect(bench.jobs).toEqual(['fireTimer']);
    bench.cache.expect();
    bench.cache.resumeWithPage('unknown', rest);
  });

  it('are evicted when that page cannot be had', () => {
    const history = History.started().completed().add('TIMER_STARTED', { timerId: '1' }).task();
    const ids = { previousStartedId: 2, startedId: 7 };
    const { update } = HistoryUpdate.fromEvents(history.events.slice(0, 5), ids, false);
    bench.cache.receive(bench.task('a', history, { update }));
    let outcome: CompletionOutcome | undefined;
    bench.cache.complete({ runId: 'a', successful: { commands: [timer] } }, false, (given) => (outcome = given));
    bench.cache.expectedFailed('a', 'lost');
    expect(outcome).toMatchObject({ kind: 'fail-task' });
    bench.after('a');
    bench.evicted('a');
  });

  it('keep tasks that arrive meanwhile, of which the newest counts', () => {
    const history = History.started();
    bench.cache.receive(bench.task('a', history));
    const legacyQuery = { queryId: 'legacy_query' };
    bench.cache.receive(bench.task('a', history, { update: queryOnly(3), legacyQuery }));
    history.completed().add('TIMER_STARTED', { timerId: '1' }).add('WORKFLOW_EXECUTION_SIGNALED').task();
    const later = (): WorkflowTask => bench.task('a', history, { update: incremental(history, 3) });
    bench.cache.receive(later());
    bench.cache.receive(bench.task('a', history, { update: queryOnly(3), legacyQuery }));
    bench.cache.receive(later());
    expect(bench.released).toEqual(['a', 'a']);
    bench.complete('a', [timer]);
    bench.after('a');
    expect(bench.outputs.at(-1)?.output.kind).toBe('autocomplete');
    bench.complete('a', [], true);
    bench.after('a', { kind: 'not-reported' }, undefined, true);
    expect(bench.jobs).toEqual(['queryWorkflow']);
    bench.complete('a', [{ respondToQuery: { queryId: 'legacy_query', succeeded: {} } }]);
    bench.after('a');
    expect(bench.jobs).toEqual(['signalWorkflow']);
  });

  it('hand all that came meanwhile to their next life', () => {
    const history = bench.waiting('a').add('WORKFLOW_EXECUTION_SIGNALED').task();
    bench.cache.evict('a', { message: 'm', reason: EvictionReason.CACHE_FULL });
    const legacyQuery = { queryId: 'legacy_query' };
    for (let i = 0; i < 2; i++) {
      bench.cache.receive(bench.task('a', history, { update: queryOnly(3), legacyQuery }));
    }
    bench.cache.receive(bench.task('a', history));
    bench.complete('a');
    bench.after('a', { kind: 'not-reported' });
    expect(bench.toFetch).toHaveLength(2);
    expect(bench.jobs).toEqual(['initializeWorkflow']);
  });

  it('that nobody knows need no answer', () => {
    expect(bench.complete('nobody')).toEqual({ kind: 'nothing' });
    bench.after('nobody', reported, bench.task('nobody', History.started()));
    expect(bench.released).toEqual(['nobody']);
    bench.cache.evict('nobody', { message: 'm', reason: EvictionReason.FATAL });
    expect(bench.fail('nobody')).toEqual({ kind: 'nothing' });
    bench.waiting('a');
    expect(bench.fail('a')).toEqual({ kind: 'nothing' });
  });

  it('keep a shutdown waiting until they are done', () => {
    bench.cache.receive(bench.task('a', History.started()));
    bench.cache.beginShutdown();
    expect(bench.drained).toBe(0);
    bench.complete('a', [timer]);
    bench.after('a');
    expect(bench.drained).toBe(1);
  });
});

describe('without a cache', () => {
  it('every run leaves after its task', () => {
    const bench = new Bench(0);
    bench.cache.receive(bench.task('a', History.started()));
    bench.cache.receive(bench.task('b', History.started()));
    bench.complete('a', [timer]);
    bench.after('a');
    bench.evicted('a');
    bench.complete('b', [timer]);
    const next = bench.task('b', History.started());
    bench.after('b', reported, next);
    expect(bench.jobs).toEqual(['removeFromCache']);
    bench.complete('b');
    bench.after('b', { kind: 'not-reported' });
    expect(bench.jobs).toEqual(['initializeWorkflow']);
  });
});
