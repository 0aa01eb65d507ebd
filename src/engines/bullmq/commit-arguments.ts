import { randomUUID } from 'node:crypto';
import { continueHistory } from '../../core/history-ids.ts';
import { isUnfinished } from '../../core/listing.ts';
import { toMillis, toNumber } from '../../core/proto.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import type { PendingActivity, RunKey, RunRecord } from '../../core/record.ts';
import { nextDeadline } from '../../core/run/due.ts';
import { isPaused } from '../../core/run/paused.ts';
import { DEFAULT_PRIORITY } from '../../core/run/priority.ts';
import { turnOf } from '../../core/run/turn.ts';
import type { Commit, CurrentWrite } from '../../core/store.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { runPart } from './keys.ts';
import type { Keys } from './keys.ts';
import type { RunWrites } from '../local/late-writes.ts';
import type { JobKeeping } from './options.ts';
import { runProgress } from './progress.ts';
import type { RedisArgument } from './redis.ts';
import type { EncodedRun } from './run-codec.ts';

/** How runs become jobs. */
export interface JobSettings {
  /** The prefix of the queue of a run, with its colon. */
  readonly queuePrefix: (run: Pick<RunRecord, 'namespace' | 'taskQueue'>) => string;
  /** How the jobs of a task queue are kept; BullMQ reads those options that concern finished jobs. */
  readonly keeping: (taskQueue: string) => JobKeeping;
}

/** A run's job, as it is added. */
export interface RunJob {
  readonly name: string;
  /** JSON. */
  readonly data: string;
  /** JSON. */
  readonly options: string;
  readonly priority: number;
}

/** Keys and arguments of a script. */
export interface ScriptInput {
  readonly keys: readonly string[];
  readonly args: readonly RedisArgument[];
}

/** The job that stands for a run. */
export function runJob(record: RunRecord, settings: JobSettings): RunJob {
  const { namespace, workflowId, runId, workflowType, taskQueue } = record;
  const data: RunKey = { namespace, workflowId, runId };
  const { options } = settings.keeping(taskQueue);
  return { name: workflowType, data: JSON.stringify(data), options, priority: jobPriority(record) };
}

/** BullMQ's priority of a run's job, or of its activity's: 0 for the default. */
export function jobPriority(record: RunRecord, activity?: PendingActivity): number {
  const { priority } = turnOf(record, activity);
  return priority === DEFAULT_PRIORITY ? 0 : priority;
}

/** Whether a worker has something to do for the run now; otherwise its next deadline says when. */
export function needsWorker(record: RunRecord, now: number): boolean {
  if (record.closeTime !== undefined) return record.effects.length > 0;
  if (record.effects.length > 0 || record.workflowTask?.startedEventId === 0) return true;
  if (isPaused(record)) return false;
  for (const { state, attemptScheduledTime } of record.activities.values()) {
    if (state === 'scheduled' && attemptScheduledTime <= now) return true;
  }
  return false;
}

/** What the field `wants` of a run says. */
function wants(record: RunRecord, now: number): '0' | '1' | '2' {
  if (record.effects.length > 0) return '2';
  return needsWorker(record, now) ? '1' : '0';
}

/** A commit with what waited for it. */
export interface Writes {
  readonly runs: readonly RunWrites[];
  readonly current: Commit['current'];
}

/** What a commit is written with, beside the commit. */
export interface CommitContext {
  readonly keys: Keys;
  /** The process that commits. */
  readonly process: string;
  readonly jobs: JobSettings | undefined;
  /** The runs of the commit. */
  readonly encoded: readonly EncodedRun[];
  /** For each run the payloads that are sent along. */
  readonly payloads: readonly ReadonlyMap<string, Uint8Array>[];
}

/** A commit as the script `COMMIT` takes it. */
export function commitArguments({ runs, current }: Writes, context: CommitContext): ScriptInput {
  const now = systemClock.now();
  const { keys, process, jobs, encoded, payloads } = context;
  return {
    keys: [...runs.map(({ record }) => record), ...current].map(({ namespace }) => keys.base(namespace)),
    args: [
      randomUUID(),
      process,
      now,
      runs.length,
      ...runs.flatMap((run, index) => runArguments(run, encoded[index], now, jobs)),
      ...current.flatMap(pointerArguments),
      ...payloads.flatMap((sent, index) => [...sent].flatMap(([name, data]) => [index + 1, name, asBuffer(data)])),
    ],
  };
}

function runArguments(
  { record, events, expectedRevision, commits = 1 }: RunWrites,
  encoded: EncodedRun | undefined,
  now: number,
  jobs: JobSettings | undefined,
): RedisArgument[] {
  const before = events[0] === undefined ? 0 : toNumber(events[0].eventId) - 1;
  const last = continueHistory(record, before, events);
  const isOpen = isUnfinished(record);
  const job = jobs === undefined ? undefined : runJob(record, jobs);
  // In a namespace of its own, a parent's job cannot be reached by one script.
  const parent = record.parent?.namespace === record.namespace ? record.parent : undefined;
  const progress = jobs === undefined ? undefined : runProgress(record);
  return [
    record.runId,
    record.workflowId,
    runPart(record),
    expectedRevision,
    events.length === 0 ? '' : before,
    last,
    encoded?.record ?? '',
    encoded?.events ?? '',
    record.schedule === undefined ? record.status : `schedule:${record.status}`,
    record.workflowType,
    -record.startTime,
    isOpen ? '1' : '0',
    nextDeadline(record, now) ?? 'inf',
    jobs?.queuePrefix(record) ?? '',
    wants(record, now),
    job?.name ?? '',
    job?.data ?? '',
    job?.options ?? '',
    job?.priority ?? 0,
    lastEventTime(events) ?? '',
    asList(encoded?.recordRefers),
    asList(encoded?.eventsRefer),
    record.closeTime ?? '',
    parent === undefined ? '' : runPart(parent),
    parent?.runId ?? '',
    record.closeTime === undefined ? '' : jobs?.keeping(record.taskQueue).finishedGo ? 'gone' : 'kept',
    progress === undefined ? '' : JSON.stringify(progress),
    expectedRevision + commits,
  ];
}

/** When the last of some events happened, in milliseconds since the epoch. */
export function lastEventTime(events: readonly HistoryEvent[]): number | undefined {
  const time = toMillis(events.at(-1)?.eventTime);
  return time === undefined ? undefined : Math.ceil(time);
}

function pointerArguments({ workflowId, expectedRunId, runId }: CurrentWrite): RedisArgument[] {
  return [workflowId, expectedRunId ?? '', runId];
}

function asList(names: ReadonlySet<string> | undefined): string {
  return [...(names ?? [])].map((name) => `${name} `).join('');
}

function asBuffer(data: Uint8Array): Buffer {
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength);
}
