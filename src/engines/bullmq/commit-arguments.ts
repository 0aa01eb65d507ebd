import { randomUUID } from 'node:crypto';
import proto from '@temporalio/proto';
import { continueHistory } from '../../core/history-ids.ts';
import { isUnfinished } from '../../core/listing.ts';
import { toMillis, toNumber } from '../../core/proto.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import { encodeRecord } from '../../core/record-codec.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { nextDeadline } from '../../core/run/due.ts';
import type { Commit, CurrentWrite } from '../../core/store.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { runPart } from './keys.ts';
import type { Keys } from './keys.ts';
import type { RunWrites } from './late-writes.ts';
import type { RedisArgument } from './redis.ts';

const { History } = proto.temporal.api.history.v1;

/** How runs become jobs. */
export interface JobSettings {
  /** The prefix of the queue of a run, with its colon. */
  readonly queuePrefix: (run: Pick<RunRecord, 'namespace' | 'taskQueue'>) => string;
  /** Options of the job, as JSON; BullMQ reads those that concern finished jobs. */
  readonly options: string;
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
  const { namespace, workflowId, runId, workflowType } = record;
  const data: RunKey = { namespace, workflowId, runId };
  return { name: workflowType, data: JSON.stringify(data), options: settings.options, priority: 0 };
}

/** Whether a worker has something to do for the run now; otherwise its next deadline says when. */
export function needsWorker(record: RunRecord, now: number): boolean {
  if (record.closeTime !== undefined) return record.effects.length > 0;
  if (record.effects.length > 0 || record.workflowTask?.startedEventId === 0) return true;
  for (const { state, attemptScheduledTime } of record.activities.values()) {
    if (state === 'scheduled' && attemptScheduledTime <= now) return true;
  }
  return false;
}

/** A commit as the script `COMMIT` takes it. */
export function commitArguments(
  { runs, current }: { readonly runs: readonly RunWrites[]; readonly current: Commit['current'] },
  keys: Keys,
  process: string,
  jobs: JobSettings | undefined,
): ScriptInput {
  const now = systemClock.now();
  return {
    keys: [...runs.map(({ record }) => record), ...current].map(({ namespace }) => keys.base(namespace)),
    args: [
      randomUUID(),
      process,
      now,
      runs.length,
      ...runs.flatMap((run) => runArguments(run, now, jobs)),
      ...current.flatMap(pointerArguments),
    ],
  };
}

function runArguments(
  { record, events, expectedRevision, commits = 1 }: RunWrites,
  now: number,
  jobs: JobSettings | undefined,
): RedisArgument[] {
  const before = events[0] === undefined ? 0 : toNumber(events[0].eventId) - 1;
  const last = continueHistory(record, before, events);
  const isOpen = isUnfinished(record);
  const job = jobs === undefined ? undefined : runJob(record, jobs);
  return [
    record.runId,
    record.workflowId,
    runPart(record),
    expectedRevision,
    events.length === 0 ? '' : before,
    last,
    encodeRecord(record),
    events.length === 0 ? '' : encodeEvents(before + 1, events),
    record.status,
    record.workflowType,
    -record.startTime,
    isOpen ? '1' : '0',
    nextDeadline(record, now) ?? 'inf',
    jobs?.queuePrefix(record) ?? '',
    needsWorker(record, now) ? '1' : '0',
    job?.name ?? '',
    job?.data ?? '',
    job?.options ?? '',
    job?.priority ?? 0,
    lastEventTime(events) ?? '',
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

function encodeEvents(firstId: number, events: readonly HistoryEvent[]): Buffer {
  return Buffer.concat([Buffer.from(`${firstId}:`), History.encode({ events: [...events] }).finish()]);
}
