import { EventType, WorkflowExecutionStatus, toLong } from '../../../src/core/proto.ts';
import type { HistoryEvent } from '../../../src/core/proto.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import { startSchedule } from '../../../src/core/run/schedule.ts';
import { completeSchedule } from '../../../src/core/schedule/complete.ts';
import { scheduleIdPrefix } from '../../../src/core/schedule/state.ts';
import type { Commit, RunWrite, Store, StoredRun } from '../../../src/core/store.ts';

/** One promise of the `Store` contract. `run` gets a new, empty store and throws when the promise is broken. */
export interface StoreScenario {
  /** What is promised. */
  readonly name: string;
  /** Tries it. */
  readonly run: (store: Store) => Promise<void>;
}

/** A record of an open schedule that does nothing. */
export function exampleSchedule(id: string): RunRecord {
  const key = { namespace: 'default', workflowId: `${scheduleIdPrefix}${id}`, runId: id };
  const schedule = completeSchedule({});
  const start = { ...key, scheduleId: id, requestId: id, schedule, memo: undefined, searchAttributes: undefined };
  return startSchedule(start, 1000, () => undefined).toWrite().record;
}

/** A record of an open run with nothing pending, for tests of stores. The run id and workflow id are `id` unless given. */
export function exampleRecord(id: string, overrides: Partial<RunRecord> = {}): RunRecord {
  return {
    namespace: 'default',
    workflowId: id,
    runId: id,
    firstRunId: id,
    previousRunId: undefined,
    nextRunId: undefined,
    parent: undefined,
    root: { workflowId: id, runId: id },
    workflowType: 'example',
    taskQueue: 'queue',
    status: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING,
    startTime: 1000,
    executionTime: 1000,
    closeTime: undefined,
    pause: undefined,
    executionDeadline: 0,
    runDeadline: 0,
    executionTimeout: 0,
    runTimeout: 0,
    taskTimeout: 10_000,
    retryPolicy: undefined,
    attempt: 1,
    userMetadata: undefined,
    resetPoints: [],
    startRequestId: `start ${id}`,
    requestIds: new Set(),
    nextEventId: 1,
    stateTransitionCount: 0,
    historySizeBytes: 0,
    memo: undefined,
    searchAttributes: undefined,
    cancelRequested: false,
    signalCount: 0,
    workflowTask: undefined,
    workflowTaskAttempt: 0,
    previousStartedEventId: 0,
    sticky: undefined,
    activities: new Map(),
    timers: new Map(),
    children: new Map(),
    externals: new Map(),
    updates: new Map(),
    buffered: [],
    effects: [],
    ...overrides,
  };
}

/** What changes in a record when its run completes. */
export function closedAt(closeTime: number): Pick<RunRecord, 'status' | 'closeTime'> {
  return { status: WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_COMPLETED, closeTime };
}

/** Signal events with the ids `from` to `to`, both inclusive; `text` is the signal's name. */
export function exampleEvents(from: number, to: number, text = 'signal'): HistoryEvent[] {
  return Array.from({ length: to - from + 1 }, (_, index) => ({
    eventId: toLong(from + index),
    eventTime: { seconds: toLong(1), nanos: 500 },
    eventType: EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
    workflowExecutionSignaledEventAttributes: { signalName: text, identity: 'test' },
  }));
}

/** A commit that writes runs and moves no pointer. */
export function commitOf(...runs: readonly RunWrite[]): Commit {
  return { runs, current: [] };
}

/** A commit that creates a run as the current one of its workflow id. */
export function creationOf(record: RunRecord, events: readonly HistoryEvent[] = [], expectedRunId?: string): Commit {
  const { namespace, workflowId, runId } = record;
  return {
    runs: [{ expectedRevision: 0, record, events }],
    current: [{ namespace, workflowId, expectedRunId, runId }],
  };
}

/** All that an iterable has to give. */
export async function collect(runs: AsyncIterable<StoredRun>): Promise<StoredRun[]> {
  const all: StoredRun[] = [];
  for await (const run of runs) all.push(run);
  return all;
}
