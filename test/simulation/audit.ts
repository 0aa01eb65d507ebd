import { eventTypeName } from '../../src/core/history/event-type.ts';
import { validateHistory } from '../../src/core/history/validate.ts';
import { durationMs, toMillis, toNumber, WorkflowExecutionStatus as Status } from '../../src/core/proto.ts';
import type { HistoryEvent } from '../../src/core/proto.ts';
import type { RunRecord } from '../../src/core/record.ts';
import type { Store } from '../../src/core/store.ts';
import { decode } from './flow.ts';
import type { Ledger } from './ledger.ts';
import { patience } from './program.ts';
import { examineExternals } from './audit-externals.ts';
import { examineLocals } from './audit-locals.ts';
import { examineResets } from './audit-resets.ts';
import { examineSchedule } from './audit-schedules.ts';
import { examineChain, examineSuccession } from './audit-succession.ts';
import type { ActivityPlan, Program } from './program.ts';
import type { Report, Whole } from './whole.ts';

/** All runs of a store. */
export async function allRuns(store: Store): Promise<Whole[]> {
  const { records } = await store.list({ namespace: 'default', limit: 100_000 });
  return Promise.all(records.map(async (record) => ({ record, events: await store.readHistory(record, 1) })));
}

/** All schedules of a store. */
export async function allSchedules(store: Store): Promise<readonly RunRecord[]> {
  return (await store.list({ namespace: 'default', limit: 100_000, schedules: true })).records;
}

/** Compares what is stored with what anybody was told, and with what may be. @returns what is wrong. */
export async function audit(store: Store, ledger: Ledger): Promise<string[]> {
  const runs = await allRuns(store);
  const problems: string[] = [...ledger.problems];
  const byId = new Map(runs.map((run) => [run.record.runId, run]));
  for (const run of runs) {
    const report: Report = (problem) => problems.push(`${run.record.workflowId} ${run.record.runId}: ${problem}`);
    for (const { eventId, problem } of validateHistory(run.events)) report(`event ${eventId}: ${problem}`);
    examineEnd(run, report);
    examineTimers(run, report);
    examineActivities(run, ledger, report);
    examineLocals(run, ledger, report);
    examineChain(run, byId, report);
    examineSuccession(run, byId, ledger, report);
    examineChildren(run, runs, report);
    examineExternals(run, runs, report);
  }
  examineResets(byId, ledger, (problem) => problems.push(problem));
  examineAnswers(runs, byId, ledger, (problem) => problems.push(problem));
  const schedules = await allSchedules(store);
  for (const model of ledger.schedules) {
    const record = schedules.find(({ schedule }) => schedule?.scheduleId === model.scheduleId);
    examineSchedule(model, record, runs, (problem) => problems.push(problem));
  }
  for (const { record } of runs) {
    const current = byId.get((await store.currentRunId('default', record.workflowId)) ?? '')?.record;
    if (current === undefined || current.startTime < record.startTime || current.nextRunId !== undefined)
      problems.push(`${record.workflowId}: not the last run is the current one`);
  }
  return problems;
}

/** I1, I9, I10: it has ended, as it may end, and nothing is left to do. */
function examineEnd({ record, events }: Whole, report: Report): void {
  if (record.closeTime === undefined) report(`is still open: ${summary(events)}`);
  if (record.buffered.length > 0) report('has events in its inbox');
  if (record.effects.length > 0) report(`has effects left: ${record.effects.map(({ kind }) => kind).join(', ')}`);
  if (record.nextEventId !== events.length + 1) report('counts other events than it has');
  const closing = events.filter((event) =>
    /^WorkflowExecution(Completed|Failed|Canceled|Terminated|TimedOut|ContinuedAsNew)$/.test(eventTypeName(event)),
  );
  if (closing.length !== 1) report(`has ${closing.length} ends`);
  if (record.status === Status.WORKFLOW_EXECUTION_STATUS_TIMED_OUT && patience(programOf(events)) === 0)
    report('has timed out');
}

function programOf(events: readonly HistoryEvent[]): Program {
  return decode(events[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0]) as Program;
}

/** I6: no timer is early. */
function examineTimers({ events }: Whole, report: Report): void {
  for (const event of events) {
    const fired = event.timerFiredEventAttributes;
    if (!fired) continue;
    const started = events[toNumber(fired.startedEventId) - 1];
    const wanted = durationMs(started?.timerStartedEventAttributes?.startToFireTimeout);
    const waited = (toMillis(event.eventTime) ?? 0) - (toMillis(started?.eventTime) ?? 0);
    if (waited < wanted) report(`timer ${fired.timerId} fired ${wanted - waited} ms early`);
  }
}

/** I2, I3, I11: one result, of an attempt that somebody did; no attempt twice, and not more than allowed. */
function examineActivities({ record, events }: Whole, ledger: Ledger, report: Report): void {
  const results = new Map<number, HistoryEvent>();
  for (const event of events) {
    const completed = event.activityTaskCompletedEventAttributes;
    if (completed) results.set(toNumber(completed.scheduledEventId), event);
  }
  for (const event of events) {
    const scheduled = event.activityTaskScheduledEventAttributes;
    if (!scheduled) continue;
    const name = `${record.runId}/${scheduled.activityId}`;
    const plan = decode(scheduled.input?.payloads?.[0]) as ActivityPlan;
    const attempts = [...ledger.handed].filter(([key]) => key.startsWith(`${name}/`));
    for (const [key, times] of attempts) if (times > 1) report(`attempt ${key} was handed out ${times} times`);
    if (plan.maximumAttempts > 0 && attempts.length > plan.maximumAttempts)
      report(`${name} was tried ${attempts.length} times, not ${plan.maximumAttempts}`);
    const id = toNumber(event.eventId);
    const result = decode(results.get(id)?.activityTaskCompletedEventAttributes?.result?.payloads?.[0]) as
      | string
      | undefined;
    if (result !== undefined && !ledger.handed.has(result)) report(`${result} is the result of nobody`);
    const reported = [...ledger.reported].filter((key) => key.startsWith(`${name}/`));
    if (reported.length > 1) report(`several attempts succeeded: ${reported.join(', ')}`);
    if (reported[0] !== undefined && reported[0] !== result) report(`the result ${reported[0]} is lost`);
  }
}

/** Each child that was asked for was started once, or its parent was told why not; its end was told once. */
function examineChildren({ record, events }: Whole, runs: readonly Whole[], report: Report): void {
  // A run that was reset has the same children as the one before.
  const wasReset = record.resetFrom !== undefined || record.resetRunId !== undefined;
  for (const event of events) {
    if (!event.startChildWorkflowExecutionInitiatedEventAttributes) continue;
    const id = toNumber(event.eventId);
    const types = events.filter((each) => initiatedBy(each) === id).map((each) => eventTypeName(each));
    const children = runs.filter(
      ({ record: { parent } }) => parent?.runId === record.runId && parent.initiatedEventId === id,
    );
    // One that was reset is the same child.
    const first = children.filter(
      (child) => child.record.previousRunId === undefined && child.record.resetFrom === undefined,
    );
    const last = children.filter(
      (child) => child.record.nextRunId === undefined && child.record.resetRunId === undefined,
    );
    const started = types.includes('ChildWorkflowExecutionStarted');
    if (!wasReset && first.length !== (started ? 1 : 0))
      report(`child of event ${id} was started ${first.length} times`);
    const ends = types.filter(
      (type) => type !== 'ChildWorkflowExecutionStarted' && type !== 'StartChildWorkflowExecutionFailed',
    );
    if (ends.length > 1) report(`child of event ${id} ended ${ends.length} times`);
    const parentClosed = record.closeTime ?? Infinity;
    if (!wasReset && started && ends.length === 0 && (last[0]?.record.closeTime ?? Infinity) < parentClosed - 60_000)
      report(`the end of the child of event ${id} was never told`);
  }
}

function initiatedBy(event: HistoryEvent): number {
  const [, attributes] = Object.entries(event).find(([key, value]) => key.endsWith('EventAttributes') && value) ?? [];
  return toNumber((attributes as { initiatedEventId?: number } | undefined)?.initiatedEventId);
}

/** I1, I5: what was acknowledged is there, once, in the order of its sender. */
function examineAnswers(
  runs: readonly Whole[],
  byId: ReadonlyMap<string, Whole>,
  ledger: Ledger,
  report: Report,
): void {
  for (const runId of ledger.started) if (!byId.has(runId)) report(`the started run ${runId} is lost`);
  for (const runId of ledger.terminated) {
    if (byId.get(runId)?.record.closeTime === undefined) report(`the terminated run ${runId} is open`);
  }
  for (const [runId, at] of ledger.cancelled) {
    const run = byId.get(runId);
    const asked = run?.events.some((event) => event.workflowExecutionCancelRequestedEventAttributes);
    if (run === undefined || (!asked && (run.record.closeTime ?? Infinity) > at))
      report(`the cancellation of ${runId} is lost`);
  }
  for (const { record, events } of runs) {
    const names = events.flatMap((event) => event.workflowExecutionSignaledEventAttributes?.signalName ?? []);
    const own = names.filter((name) => !name.startsWith('from '));
    // A run that was reset gets what came to all runs of before.
    const wasReset = record.resetFrom !== undefined;
    if (!wasReset && new Set(own).size !== own.length) report(`${record.runId} got a signal twice: ${own.join(', ')}`);
    // What a workflow sends has the number of its step; the same workflow id may send it in several runs.
    const senders = events.flatMap((event) => {
      const signal = event.workflowExecutionSignaledEventAttributes;
      return signal?.externalWorkflowExecution
        ? [`${signal.externalWorkflowExecution.runId} ${signal.signalName}`]
        : [];
    });
    if (!wasReset && new Set(senders).size !== senders.length) report(`${record.runId} got a workflow's signal twice`);
    for (const [index, name] of (wasReset ? [] : own).entries()) {
      const [sender, count] = split(name);
      // A repeat that reaches the next run of its workflow id is new there.
      const isRepeat = (other: string): boolean =>
        runs.some(
          (run) =>
            run.record.runId !== record.runId && run.record.workflowId === record.workflowId && hasSignal(run, other),
        );
      const later = own
        .slice(index + 1)
        .find((other) => split(other)[0] === sender && split(other)[1] < count && !isRepeat(other));
      if (later !== undefined) report(`${record.runId} got ${name} before ${later}`);
    }
  }
  for (const { name, workflowId, runId } of ledger.signals) {
    const found = runs.filter(({ record, events }) => {
      if (runId ? record.runId !== runId : record.workflowId !== workflowId) return false;
      return hasSignal({ record, events }, name);
    });
    if (found.length === 0) report(`the signal ${name} to ${workflowId} ${runId} is lost`);
  }
  for (const [updateId, { runId, rejected }] of ledger.updates) {
    const events = byId.get(runId)?.events ?? [];
    const accepted = events.filter(
      (event) => event.workflowExecutionUpdateAcceptedEventAttributes?.protocolInstanceId === updateId,
    );
    const completed = events.filter(
      (event) => event.workflowExecutionUpdateCompletedEventAttributes?.meta?.updateId === updateId,
    );
    const wanted = rejected ? 0 : 1;
    if (accepted.length !== wanted || completed.length !== wanted)
      report(
        `the update ${updateId} was accepted ${accepted.length} times, completed ${completed.length} times, not ${wanted}`,
      );
  }
}

function hasSignal({ events }: Whole, name: string): boolean {
  return events.some((event) => event.workflowExecutionSignaledEventAttributes?.signalName === name);
}

function split(name: string): [string, number] {
  const at = name.lastIndexOf('-');
  return [name.slice(0, at), Number(name.slice(at + 1))];
}

function summary(events: readonly HistoryEvent[]): string {
  return events
    .slice(-6)
    .map((event) => eventTypeName(event))
    .join(', ');
}
