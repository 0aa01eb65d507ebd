import type { Client } from '@temporalio/client';
import { Worker } from '@temporalio/worker';
import { expect } from 'vitest';
import { toMillis, toNumber } from '../../../src/core/proto.ts';
import { validateHistory } from '../../../src/core/history/validate.ts';
import { collectHistories, type RunHistory } from '../../../testing/conformance/histories.ts';
import { type LedgerRow, readLedger } from '../fixtures/ledger.ts';
import type { mixed } from '../workflows/index.ts';
import { type DrivenRun, expected } from './workload.ts';

/** What was looked at. */
export interface Audited {
  readonly runs: number;
  readonly events: number;
  readonly steps: number;
  /** Effects beyond one for each step: of attempts whose outcome was not committed, or that failed. */
  readonly repeated: number;
  readonly timers: number;
  /** Milliseconds. */
  readonly latestTimer: number;
}

/** Checks every run of a workload that is over, by its result, its history and the effects that it had outside. */
export async function audit(
  client: Client,
  driven: readonly DrivenRun[],
  { bundle, ledger }: { readonly bundle: string; readonly ledger: string },
): Promise<Audited> {
  const roots: { workflowId: string; runId: string }[] = [];
  for (const { workflowId, started } of driven) {
    const { firstExecutionRunId } = await started;
    await expectResult(client, workflowId, firstExecutionRunId);
    roots.push({ workflowId, runId: firstExecutionRunId });
  }
  const runs = await collectHistories(client, roots);
  // A first run, the one that follows on it, and a child of each.
  expect(runs.length).toBe(driven.length * 4);
  const rows = readLedger(ledger);
  for (const run of runs) expect(validateHistory(run.history.events ?? []), run.workflowId).toEqual([]);
  const steps = runs.map((run) => checkSteps(run, rows));
  expect(sum(steps)).toBe(driven.length * (expected.steps.length + expected.additions.length + 2));
  const lateness = runs.flatMap((run) => timerLateness(run));
  expect(Math.min(...lateness)).toBeGreaterThanOrEqual(0);
  expect(lateness.length).toBeGreaterThanOrEqual(driven.length * 4);
  await expectReplay(runs, bundle);
  return {
    runs: runs.length,
    events: sum(runs.map(({ history }) => history.events?.length ?? 0)),
    steps: sum(steps),
    repeated: rows.length - sum(steps),
    timers: lateness.length,
    latestTimer: Math.max(...lateness),
  };
}

async function expectResult(client: Client, workflowId: string, runId: string): Promise<void> {
  const result = await client.workflow.getHandle<typeof mixed>(workflowId, runId).result();
  expect(result.generation).toBe(expected.generation);
  expect(result.steps.toSorted()).toEqual(expected.steps);
  expect(result.sum).toBe(expected.sum);
  for (const sender of ['a', 'b'])
    expect(result.notes.filter((text) => text.startsWith(sender))).toEqual(expected.notesOf(sender));
}

/** Every step has completed once, by an attempt that had its effect; nothing was run after it. Answers the number of steps. */
function checkSteps({ workflowId, runId, history }: RunHistory, rows: readonly LedgerRow[]): number {
  const events = history.events ?? [];
  const own = rows.filter((row) => row.runId === runId);
  const completed = events.flatMap((event) => event.activityTaskCompletedEventAttributes ?? []);
  const scheduled = events.filter((event) => event.activityTaskScheduledEventAttributes);
  expect(completed.length, `${workflowId}: all steps have completed`).toBe(scheduled.length);
  for (const { scheduledEventId, startedEventId } of completed) {
    const { activityId } = events[toNumber(scheduledEventId) - 1]?.activityTaskScheduledEventAttributes ?? {};
    const attempt = events[toNumber(startedEventId) - 1]?.activityTaskStartedEventAttributes?.attempt ?? 0;
    const attempts = own.filter((row) => row.activityId === activityId).map((row) => row.attempt);
    const what = `${workflowId} ${runId}: attempts of step ${activityId}`;
    // In order and each at most once; the one that counts is there, and is the last.
    expect(attempts, what).toEqual([...new Set(attempts)].toSorted((a, b) => a - b));
    expect(attempts.at(-1), what).toBe(attempt);
  }
  expect(new Set(own.map(({ activityId }) => activityId)).size, workflowId).toBe(completed.length);
  return completed.length;
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

async function expectReplay(runs: readonly RunHistory[], bundle: string): Promise<void> {
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
