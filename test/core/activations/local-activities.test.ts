import proto from '@temporalio/proto';
import { beforeEach, describe, expect, it } from 'vitest';
import { HistoryUpdate } from '../../../src/core/activations/history-update.ts';
import type { LocalActivityHost, LocalOutcome, LocalResolution } from '../../../src/core/activations/local/types.ts';
import { toDuration, toMillis } from '../../../src/core/proto.ts';
import { Bench, incremental, reported } from './cache-bench.ts';
import { History, type LangCommand, payload } from './history.ts';

const { EvictionReason } = proto.coresdk.workflow_activation.RemoveFromCache;
const { ABANDON, TRY_CANCEL, WAIT_CANCELLATION_COMPLETED } = proto.coresdk.workflow_commands.ActivityCancellationType;

const NOW = 5_000_000;
const started = (): History => History.started({ workflowTaskTimeout: toDuration(10_000) });
const complete: LangCommand = { completeWorkflowExecution: {} };
const cancel: LangCommand = { requestCancelLocalActivity: { seq: 1 } };
const done: LocalOutcome = { kind: 'completed', result: payload('r') };

function schedule(more: object = {}, seq = 1): LangCommand {
  const scheduleLocalActivity = {
    seq,
    activityId: String(seq),
    activityType: 'say',
    startToCloseTimeout: toDuration(1000),
  };
  return { scheduleLocalActivity: { ...scheduleLocalActivity, ...more } };
}

function ended(outcome: LocalOutcome, more: Partial<LocalResolution> = {}): LocalResolution {
  return { seq: 1, outcome, runtimeMs: 50, attempt: 1, ...more };
}

/** A marker as a core writes it. */
function marker(history: History, data: object, more: object = {}): History {
  const json = JSON.stringify({ seq: 1, attempt: 1, activity_id: '1', activity_type: 'say', ...data });
  const details = { data: { payloads: [payload(json)] }, result: { payloads: [payload('r')] } };
  return history.add('MARKER_RECORDED', { markerName: 'core_local_activity', details, ...more });
}

/** A host that writes down what it is asked for. */
class Host implements LocalActivityHost {
  readonly asked: string[] = [];
  resolution: LocalResolution | undefined;
  heartbeat: number | undefined;
  now(): number {
    return NOW;
  }
  start(_: unknown, { seq }: { seq: number }): LocalResolution | undefined {
    this.asked.push(`start ${seq}`);
    return this.resolution;
  }
  cancel(_: string, seq: number): LocalResolution | undefined {
    this.asked.push(`cancel ${seq}`);
    return this.resolution;
  }
  taskAnswered(): void {
    this.asked.push('answered');
  }
  forget(): void {
    this.asked.push('forget');
  }
  heartbeatAt(_: string, at: number): () => void {
    this.heartbeat = at;
    return () => void (this.heartbeat = undefined);
  }
}

describe('a run with local activities', () => {
  let host: Host;
  let bench: Bench;
  beforeEach(() => {
    host = new Host();
    bench = new Bench(2, false, host);
  });

  const begin = (command: LangCommand = schedule(), history: History = started()): History => {
    bench.cache.receive(bench.task('a', history));
    expect(bench.complete('a', [command])).toEqual({ kind: 'nothing' });
    bench.after('a', { kind: 'not-reported' });
    return history;
  };
  const lastJob = (): unknown => {
    const output = bench.outputs.at(-1)?.output;
    return output?.kind === 'activation' ? output.activation.jobs?.at(-1)?.resolveActivity : undefined;
  };

  it('keeps its task until the activity has ended', () => {
    begin(schedule({ includeArgumentsIntoMarker: true, arguments: [payload('in')] }));
    expect(host.asked).toEqual(['start 1']);
    expect(host.heartbeat).toBe(NOW + 8000);
    bench.cache.localActivityEnded('a', ended(done));
    expect(lastJob()).toMatchObject({ seq: 1, isLocal: true, result: { completed: { result: payload('r') } } });
    const outcome = bench.complete('a', [complete]);
    if (outcome?.kind !== 'complete-task') throw new Error('not complete');
    const details = outcome.commands[0]?.recordMarkerCommandAttributes?.details ?? {};
    expect(Object.keys(details)).toEqual(['data', 'result', 'input']);
    expect(outcome.commands).toHaveLength(2);
    expect(host.heartbeat).toBeUndefined();
  });

  it('answers its task in time, asks for another one, and goes on', () => {
    const history = begin();
    bench.cache.heartbeatDue('a');
    expect(bench.outputs.at(-1)?.output.kind).toBe('autocomplete');
    expect(bench.complete('a', [], true)).toMatchObject({ kind: 'complete-task', forceNewTask: true, commands: [] });
    history.completed().task();
    bench.after('a', reported, bench.task('a', history, { update: incremental(history, 3) }), true);
    expect(host.asked).toEqual(['start 1', 'answered']);
    expect(host.heartbeat).toBe(NOW + 8000);
    bench.cache.localActivityEnded('a', ended(done));
    expect(bench.complete('a', [complete])).toMatchObject({ kind: 'complete-task', forceNewTask: false });
  });

  it('answers its task after the activation that was out when the time was over', () => {
    bench.cache.receive(bench.task('a', started()));
    bench.complete('a', [schedule(), schedule({}, 2)]);
    bench.after('a', { kind: 'not-reported' });
    bench.cache.localActivityEnded('a', ended(done));
    bench.cache.heartbeatDue('a');
    expect(bench.complete('a')).toMatchObject({ kind: 'complete-task', forceNewTask: true });
  });

  it('answers queries without waiting, and asks for another task', () => {
    const history = begin();
    bench.cache.heartbeatDue('a');
    bench.complete('a', [], true);
    history.completed().task();
    const queries = [{ queryId: 'q', queryType: 't' }];
    bench.after('a', reported, bench.task('a', history, { update: incremental(history, 3), queries }), true);
    expect(bench.jobs).toEqual(['queryWorkflow']);
    const answer = { respondToQuery: { queryId: 'q', succeeded: { response: payload('x') } } };
    bench.cache.localActivityEnded('b', ended(done));
    expect(bench.complete('a', [answer])).toMatchObject({ forceNewTask: true, queryResults: [{ queryId: 'q' }] });
  });

  it('takes a new task in place of one that the server gave up', () => {
    const history = begin();
    history.timedOut().task();
    bench.cache.receive(bench.task('a', history, { update: incremental(history, 3), taskToken: payload('new').data }));
    expect(bench.released).toEqual(['a']);
    bench.cache.localActivityEnded('a', ended(done));
    expect(bench.complete('a', [complete])).toMatchObject({ kind: 'complete-task', taskToken: payload('new').data });
  });

  it('is replayed when the server has given up its task, and the new one brings more', () => {
    const history = begin();
    history.timedOut().add('WORKFLOW_EXECUTION_SIGNALED').task();
    const ids = { previousStartedId: 0, startedId: history.length };
    const { update } = HistoryUpdate.fromEvents(history.events.slice(3), ids, true);
    bench.cache.receive(bench.task('a', history, { update }));
    bench.evicted('a');
    const [task] = bench.toFetch;
    if (task) bench.cache.receiveExpected({ ...task, update: history.update() });
    expect(bench.jobs).toEqual(['initializeWorkflow', 'signalWorkflow']);
    expect(host.asked).toEqual(['start 1', 'forget']);
  });

  it('is replayed when what comes stands where a task was that never got into history', () => {
    const earlier = (): History => started().timedOut();
    begin(schedule(), earlier().task());
    const history = earlier().add('WORKFLOW_EXECUTION_CANCEL_REQUESTED').task();
    bench.cache.receive(bench.task('a', history));
    bench.evicted('a');
    expect(bench.jobs).toEqual(['initializeWorkflow', 'cancelWorkflow']);
    expect(host.asked).toEqual(['start 1', 'forget']);
  });

  it('does not make room for others meanwhile', () => {
    begin();
    bench.cache.receive(bench.task('b', started()));
    const out = bench.outputs.length;
    bench.cache.receive(bench.task('c', started()));
    expect(bench.outputs).toHaveLength(out);
  });

  it('stops them when it is evicted, and gives its slot back', () => {
    begin();
    bench.cache.evict('a', { message: 'm', reason: EvictionReason.FATAL });
    bench.evicted('a');
    expect(host.asked).toEqual(['start 1', 'forget']);
    expect(bench.released).toEqual(['a']);
    bench.cache.heartbeatDue('a');
    expect(bench.cache.taskOf('a')).toBeUndefined();
  });

  it('is replayed when another worker has gone on with it', () => {
    begin();
    const signalled = (history: History): History => history.completed().add('WORKFLOW_EXECUTION_SIGNALED').task();
    bench.cache.receive(bench.task('a', signalled(signalled(started()))));
    expect(bench.jobs).toEqual(['removeFromCache']);
  });

  it('stops them when it ends', () => {
    bench.cache.receive(bench.task('a', started()));
    expect(bench.complete('a', [schedule(), complete])).toMatchObject({ kind: 'complete-task' });
    expect(host.asked).toEqual(['forget']);
  });

  it('waits for a retry with a timer of its own', () => {
    begin();
    const failure = { message: 'f' };
    bench.cache.localActivityEnded('a', ended({ kind: 'failed', failure }, { backoffMs: 90_000 }));
    expect(lastJob()).toMatchObject({ result: { backoff: { attempt: 2, backoffDuration: toDuration(90_000) } } });
  });

  it('hears of failures and time-outs', () => {
    const timeoutFailureInfo = { timeoutType: 1 };
    begin();
    bench.cache.localActivityEnded('a', ended({ kind: 'failed', failure: { message: 'f' } }));
    expect(lastJob()).toMatchObject({ result: { failed: { failure: { message: 'f' } } } });
    bench.complete('a', [schedule({}, 2)]);
    bench.after('a', { kind: 'not-reported' });
    bench.cache.localActivityEnded('a', ended({ kind: 'timed-out', failure: { timeoutFailureInfo } }, { seq: 2 }));
    expect(lastJob()).toMatchObject({ result: { failed: { failure: { cause: { timeoutFailureInfo } } } } });
    bench.complete('a', [schedule({}, 3)]);
    bench.after('a', { kind: 'not-reported' });
    bench.cache.localActivityEnded('a', ended({ kind: 'cancelled', failure: { message: 'own' } }, { seq: 3 }));
    expect(lastJob()).toMatchObject({ result: { cancelled: { failure: { message: 'own' } } } });
  });

  it.each([
    ['TRY_CANCEL', TRY_CANCEL, ['start 1', 'start 2', 'cancel 1']],
    ['ABANDON', ABANDON, ['start 1', 'start 2']],
  ])('is told at once of a cancellation with %s', (_, cancellationType, asked) => {
    bench.cache.receive(bench.task('a', started()));
    bench.complete('a', [schedule({ cancellationType }), schedule({}, 2)]);
    bench.after('a', { kind: 'not-reported' });
    bench.cache.localActivityEnded('a', ended(done, { seq: 2 }));
    bench.complete('a', [cancel]);
    bench.after('a', { kind: 'not-reported' });
    expect(lastJob()).toMatchObject({ seq: 1, result: { cancelled: {} } });
    expect(host.asked).toEqual(asked);
    // What it reports later makes no difference, but the task is not answered before a cancelled one has stopped.
    const outcome = bench.complete('a');
    bench.after('a', { kind: 'not-reported' });
    expect(outcome?.kind).toBe(cancellationType === ABANDON ? 'complete-task' : 'nothing');
    if (cancellationType === ABANDON) return;
    bench.cache.localActivityEnded('a', ended(done));
    expect(bench.outputs.at(-1)?.output.kind).toBe('autocomplete');
    expect(bench.complete('a', [], true)).toMatchObject({ kind: 'complete-task', forceNewTask: false });
  });

  it('cancels what did not begin, and what waits for a retry', () => {
    const cancellationType = WAIT_CANCELLATION_COMPLETED;
    bench.cache.receive(bench.task('a', started()));
    bench.complete('a', [schedule({ cancellationType }), cancel]);
    bench.after('a', { kind: 'not-reported' });
    expect(lastJob()).toMatchObject({ result: { cancelled: {} } });
    bench.complete('a', [schedule({ cancellationType }, 2), schedule({}, 3)]);
    bench.after('a', { kind: 'not-reported' });
    bench.cache.localActivityEnded('a', ended(done, { seq: 3 }));
    host.resolution = ended({ kind: 'cancelled', failure: undefined }, { seq: 2 });
    bench.complete('a', [{ requestCancelLocalActivity: { seq: 2 } }]);
    bench.after('a', { kind: 'not-reported' });
    expect(lastJob()).toMatchObject({ seq: 2, result: { cancelled: {} } });
  });

  it('needs a timeout, and a worker that runs local activities', () => {
    bench.cache.receive(bench.task('a', started()));
    const outcome = bench.complete('a', [{ scheduleLocalActivity: { seq: 1 } }]);
    expect(JSON.stringify(outcome)).toContain('must be set for local activities');
  });

  it('hears at once of one that has no time left', () => {
    host.resolution = ended({ kind: 'timed-out', failure: { timeoutFailureInfo: {} } });
    bench.cache.receive(bench.task('a', started()));
    bench.complete('a', [schedule()]);
    bench.after('a', { kind: 'not-reported' });
    expect(lastJob()).toMatchObject({ result: { failed: {} } });
  });
});

describe('a replayed run', () => {
  let host: Host;
  let bench: Bench;
  beforeEach(() => {
    host = new Host();
    bench = new Bench(2, false, host);
  });
  const replayed = (history: History, ...commands: LangCommand[]): void => {
    bench.cache.receive(bench.task('a', history));
    bench.complete('a', commands);
    bench.after('a', { kind: 'not-reported' });
  };
  const text = (): string => JSON.stringify(bench.outputs.at(-1));

  it('takes results from markers, and time with them', () => {
    const history = marker(started().completed(), { complete_time: { seconds: 9999, nanos: 5 } });
    replayed(history.add('WORKFLOW_EXECUTION_SIGNALED').task(), schedule());
    const output = bench.outputs.at(-1)?.output;
    if (output?.kind !== 'activation') throw new Error('no activation');
    expect(output.activation.jobs?.[0]?.resolveActivity).toMatchObject({ seq: 1, isLocal: true });
    expect(toMillis(output.activation.timestamp)).toBeGreaterThan(9_999_000);
    bench.complete('a');
    bench.after('a', { kind: 'not-reported' });
    expect(bench.jobs).toEqual(['signalWorkflow']);
    expect(host.asked).toEqual([]);
  });

  it('recalls back-offs, failures and cancellations', () => {
    const history = started().completed();
    const common = { complete_time: { seconds: 9999 }, original_schedule_time: { seconds: 1, nanos: 1 } };
    marker(history, { ...common, backoff: { seconds: 90, nanos: 0 } }, { failure: { message: 'f' } });
    marker(history, { ...common, seq: 2, activity_id: '2' }, { failure: { canceledFailureInfo: {} } });
    history.add('WORKFLOW_EXECUTION_SIGNALED').task();
    replayed(history, schedule(), schedule({}, 2));
    expect(text()).toContain('backoff');
    expect(text()).toContain('cancelled');
  });

  it('hears of a time-out what it heard when it happened', () => {
    const failure = { message: 'Activity timed out', timeoutFailureInfo: { timeoutType: 1 } };
    const live = new Bench(2, false, host);
    live.cache.receive(live.task('a', started()));
    live.complete('a', [schedule()]);
    live.after('a', { kind: 'not-reported' });
    live.cache.localActivityEnded('a', ended({ kind: 'timed-out', failure }));
    const heard = JSON.stringify(live.outputs.at(-1));
    const history = marker(started().completed(), {}, { failure });
    replayed(history.add('WORKFLOW_EXECUTION_SIGNALED').task(), schedule());
    const told = /"resolveActivity":\{.*?\}\}\}\}/;
    expect(told.exec(text())?.[0]).toBe(told.exec(heard)?.[0]);
    expect(text()).toContain('Local Activity timed out');
  });

  it('cancels what its marker says was cancelled', () => {
    const history = started().completed().add('WORKFLOW_EXECUTION_SIGNALED').task().completed();
    marker(history, {}, { failure: { canceledFailureInfo: {} } })
      .add('WORKFLOW_EXECUTION_SIGNALED')
      .task();
    replayed(history, schedule());
    // The marker is met ahead of the task in which it was cancelled.
    expect(bench.jobs).toContain('resolveActivity');
  });

  it('runs what has no marker once replay is over', () => {
    const history = started().completed().add('WORKFLOW_EXECUTION_SIGNALED').task();
    replayed(history, schedule());
    expect(bench.jobs).toEqual(['signalWorkflow']);
    bench.complete('a');
    expect(host.asked).toEqual(['start 1']);
  });

  it.each([
    ['another id', { activity_id: '7' }, "Activity id of recorded marker '7'"],
    ['another type', { activity_type: 'shout' }, "Activity type of recorded marker 'shout'"],
    ['another activity', { seq: 5 }, 'Missing associated machine for LocalActivity(5)'],
  ])('finds %s in the marker', (_, data, message) => {
    const history = marker(started().completed(), data).add('WORKFLOW_EXECUTION_SIGNALED').task();
    bench.cache.receive(bench.task('a', history));
    const outcomes = [bench.complete('a', [schedule()])];
    bench.after('a', { kind: 'not-reported' });
    outcomes.push(bench.complete('a'));
    expect(JSON.stringify(outcomes)).toContain(message);
  });

  it.each([
    ['nothing', {}],
    ['no JSON', { details: { data: { payloads: [payload('{')] } } }],
    ['no object', { details: { data: { payloads: [payload('1')] } } }],
  ])('cannot read a marker with %s', (_, attributes) => {
    const history = started()
      .completed()
      .add('MARKER_RECORDED', { markerName: 'core_local_activity', ...attributes });
    bench.cache.receive(bench.task('a', history.add('WORKFLOW_EXECUTION_SIGNALED').task()));
    expect(text()).toContain('Local activity marker was unparsable');
  });
});
