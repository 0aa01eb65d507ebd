import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { expect } from 'vitest';
import { type HistoryEvent, toMillis, toNumber } from '../../../src/core/proto.ts';
import { validateHistory } from '../../../src/core/history/validate.ts';
import { collectHistories, type RunHistory } from '../../../testing/conformance/histories.ts';
import { type LedgerRow, readLedger } from '../fixtures/ledger.ts';
import { isLocalActivityMarker, localMarkerOf } from '../../../src/core/activations/local/marker.ts';
import type { mixed } from '../workflows/index.ts';
import type { Counts } from './report.ts';
import { told } from './drive-agent.ts';
import { type DrivenRun, expected } from './workload.ts';

/** What was looked at, as counted. */
export interface Audited extends Counts {
  readonly runs: number;
  readonly events: number;
  readonly steps: number;
  /** Notes and additions that were acknowledged, and steps, that are not in the results. */
  readonly lost: number;
  /** Effects beyond one for each step: of attempts whose outcome was not committed, or that failed. */
  readonly repeated: number;
  /** Effects of attempts that began after the step's outcome was committed. */
  readonly repeatedAfterCommit: number;
  /** Effects that came after those of a later attempt, of processes that had stood still. */
  readonly late: number;
  readonly timers: number;
  /** Milliseconds. */
  readonly latestTimer: number;
}

/** Steps of the agent: its definition, five answers of its model, its tools and whether one has to be approved. */
const AGENT_STEPS = 10;

/** Checks every run of a workload that is over, by its result, its history and the effects that it had outside. */
export async function audit(
  client: Client,
  driven: readonly DrivenRun[],
  { bundle, ledger }: { readonly bundle: string; readonly ledger: string },
): Promise<Audited> {
  const roots: { workflowId: string; runId: string }[] = [];
  let lost = 0;
  for (const { kind, workflowId, started } of driven) {
    const { firstExecutionRunId } = await started;
    const count = kind === 'mixed' ? countLost : countUntold;
    lost += await count(client, workflowId, firstExecutionRunId);
    roots.push({ workflowId, runId: firstExecutionRunId });
  }
  expect(lost).toBe(0);
  const runs = await collectHistories(client, roots);
  const agents = driven.filter(({ kind }) => kind === 'agent').length;
  const mixedRuns = driven.length - agents;
  // A first run, the one that follows on it, and a child of each.
  expect(runs.length).toBe(mixedRuns * 4 + agents);
  const rows = readLedger(ledger);
  for (const run of runs) expect(validateHistory(run.history.events ?? []), run.workflowId).toEqual([]);
  const checked = runs.map((run) => checkSteps(run, rows));
  const steps = sum(checked.map((run) => run.steps));

  expect(steps - mixedRuns * (expected.steps.length + expected.additions.length + 2)).toBe(agents * AGENT_STEPS);
  const lateness = runs.flatMap((run) => timerLateness(run));
  expect(Math.min(0, ...lateness)).toBe(0);
  expect(lateness.length).toBeGreaterThanOrEqual(mixedRuns * 4);
  await expectReplay(runs, bundle);
  return {
    runs: runs.length,
    events: sum(runs.map(({ history }) => history.events?.length ?? 0)),
    steps,
    lost,
    repeated: rows.length - steps,
    repeatedAfterCommit: sum(checked.map((run) => run.repeatedAfterCommit)),
    late: sum(checked.map((run) => run.late)),
    timers: lateness.length,
    latestTimer: Math.max(0, ...lateness),
  };
}

/** How much of what an agent was told, and answered, is not in its result. */
async function countUntold(client: Client, workflowId: string, runId: string): Promise<number> {
  const result: unknown = await client.workflow.getHandle(workflowId, runId).result();
  const text = JSON.stringify(result);
  return told.filter((part) => !text.includes(part)).length;
}

/** Compares the result of a run with all that it was told; the number of parts that are missing. What is there twice or out of order is a failure. */
async function countLost(client: Client, workflowId: string, runId: string): Promise<number> {
  const result = await client.workflow.getHandle<typeof mixed>(workflowId, runId).result();
  expect(result.generation).toBe(expected.generation);
  const has = (steps: readonly string[], step: string): boolean => steps.includes(step);
  let lost = expected.steps.filter((step) => !has(result.steps, step)).length;
  for (const sender of ['a', 'b']) {
    const notes = result.notes.filter((text) => text.startsWith(sender));
    lost += expected.notesOf(sender).filter((text) => !has(notes, text)).length;
    if (lost === 0) expect(notes).toEqual(expected.notesOf(sender));
  }
  if (result.sum < expected.sum) lost++;
  if (lost > 0) return lost;
  expect(result.steps.toSorted()).toEqual(expected.steps);
  expect(result.sum).toBe(expected.sum);
  return 0;
}

/** Every step has completed once, by an attempt that had its effect; none was begun after it. */
function checkSteps(
  { workflowId, runId, history }: RunHistory,
  rows: readonly LedgerRow[],
): Pick<Audited, 'steps' | 'repeatedAfterCommit' | 'late'> {
  const events = history.events ?? [];
  const ofRun = rows.filter((row) => row.runId === runId);
  const own = ofRun.filter((row) => !row.isLocal);
  const completed = events.flatMap((event) => event.activityTaskCompletedEventAttributes ?? []);
  const scheduled = events.filter((event) => event.activityTaskScheduledEventAttributes);
  expect(completed.length, `${workflowId}: all steps have completed`).toBe(scheduled.length);
  let [repeatedAfterCommit, late] = [0, 0];
  for (const { scheduledEventId, startedEventId } of completed) {
    const { activityId } = events[toNumber(scheduledEventId) - 1]?.activityTaskScheduledEventAttributes ?? {};
    const attempt = events[toNumber(startedEventId) - 1]?.activityTaskStartedEventAttributes?.attempt ?? 0;
    const attempts = own.filter((row) => row.activityId === activityId).map((row) => row.attempt);
    const what = `${workflowId} ${runId}: attempts of step ${activityId}`;
    // Each at most once, and the one that counts is there.
    expect(new Set(attempts).size, what).toBe(attempts.length);
    expect(attempts, what).toContain(attempt);
    repeatedAfterCommit += attempts.filter((other) => other > attempt).length;
    late += attempts.filter((other, i) => attempts.slice(0, i).some((before) => before > other)).length;
  }
  expect(repeatedAfterCommit, workflowId).toBe(0);
  expect(new Set(own.map(({ activityId }) => activityId)).size, workflowId).toBe(completed.length);
  const local = checkLocalSteps(
    events,
    ofRun.filter((row) => row.isLocal),
    workflowId,
  );
  return { steps: completed.length + local.steps, repeatedAfterCommit, late: late + local.late };
}

/** Every local step has one marker, and had its effect before; what came after it was a process that had stood still. */
function checkLocalSteps(
  events: readonly HistoryEvent[],
  rows: readonly LedgerRow[],
  workflowId: string,
): Pick<Audited, 'steps' | 'late'> {
  const markers = events.filter((event) => isLocalActivityMarker(event));
  const ids = markers.map((event) => localMarkerOf(event).activityId);
  expect(new Set(ids).size, workflowId).toBe(ids.length);
  // Where a task was lost that ran it, and something else came first in the next one, the step has another id there.
  expect(new Set(rows.map(({ step }) => step)).size, workflowId).toBe(ids.length);
  expect(
    rows.map(({ activityId }) => activityId),
    workflowId,
  ).toEqual(expect.arrayContaining(ids));
  const late = markers.map((event, i) => {
    const committed = toMillis(event.eventTime) ?? Number.NaN;
    const step = rows.find(({ activityId }) => activityId === ids[i])?.step;
    return rows.filter((row) => row.step === step && row.time > committed).length;
  });
  return { steps: markers.length, late: sum(late) };
}

function timerLateness({ history }: RunHistory): number[] {
  const events = history.events ?? [];
  return events.flatMap((event) => {
    const { startedEventId } = event.timerFiredEventAttributes ?? {};
    if (startedEventId === undefined) return [];
    const started = events[toNumber(startedEventId) - 1];
    const after = toMillis(started?.timerStartedEventAttributes?.startToFireTimeout) ?? Number.NaN;
    return (toMillis(event.eventTime) ?? Number.NaN) - (toMillis(started?.eventTime) ?? Number.NaN) - after;
  });
}

/** One at a time: the official runtime goes with the last replayer, though the next one has it already. */
let replays = Promise.resolve();

/** The official replayer finds nothing wrong with the histories. */
export async function expectReplay(runs: readonly RunHistory[], bundle: string): Promise<void> {
  const replay = replays.then(() => expectReplayOf(runs, bundle));
  replays = replay.catch(() => undefined);
  await replay;
}

async function expectReplayOf(runs: readonly RunHistory[], bundle: string): Promise<void> {
  const histories = runs.map(({ workflowId, history }) => ({ workflowId, history }));
  const options = { workflowBundle: { codePath: bundle } };
  let replayed = 0;
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    expect(error, workflowId).toBeUndefined();
    replayed++;
  }
  expect(replayed).toBe(runs.length);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
