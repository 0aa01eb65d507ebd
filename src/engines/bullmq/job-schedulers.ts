import { Client } from '@temporalio/client';
import type { ClientOptions, Workflow, WorkflowOptions } from '@temporalio/client';
import proto from '@temporalio/proto';
import type { JobSchedulerJson, Queue } from 'bullmq';
import { ConfigurationError } from '../../engine/index.ts';
import { createConnection } from '../../runtime/connection.ts';
import type { WorkflowServiceApi } from '../../runtime/service.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import type { Keys } from './keys.ts';
import { defined } from './options.ts';
import { orStoreError } from './redis.ts';
import type { RedisClient } from './redis.ts';
import { checkedRepeat } from './repeat.ts';
import type { RepeatOptions } from './repeat.ts';
import { isTickAhead } from './triggers.ts';
import type { Overlap, TriggerData } from './triggers.ts';

const { StartWorkflowExecutionRequest } = proto.temporal.api.workflowservice.v1;

/** Longest id of a scheduler. */
const LONGEST_ID = 900;
/** Failed jobs of schedulers that are kept, for people to look at. */
const FAILED_KEPT = 100;

/** What a job scheduler starts: options of the official client, but for those that the scheduler decides. */
export type ScheduledStart = Omit<
  WorkflowOptions,
  | 'workflowId'
  | 'workflowIdReusePolicy'
  | 'workflowIdConflictPolicy'
  | 'cronSchedule'
  | 'startDelay'
  | 'followRuns'
  | 'requestId'
> & {
  /** Type of the workflow. */
  readonly workflowType: string | Workflow;
  /** Its arguments; encoded once, by the client's data converter. Default: none. */
  readonly args?: readonly unknown[];
  /**
   * `skip` starts nothing while the run that was started before is open. Default: `allow`, as BullMQ does.
   */
  readonly overlap?: Overlap;
};

/** A job scheduler as it is stored. */
export interface JobSchedulerInfo {
  /** What it is called. */
  readonly id: string;
  /** As BullMQ keeps it: times are milliseconds since the epoch. */
  readonly repeat: RepeatOptions;
  /** When it starts a run next; `undefined` when it has come to its end. */
  readonly next: Date | undefined;
  /** How many jobs it has had made, the next one included. */
  readonly iterations: number;
  /** Type of the workflow that it starts. */
  readonly workflowType: string;
  /** Where. */
  readonly taskQueue: string;
}

/** What job schedulers need. */
export interface JobSchedulersOptions {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly namespace: string;
  readonly queue: () => Promise<Queue>;
  /** Further options of the official client. */
  readonly clientOptions: Omit<ClientOptions, 'connection' | 'namespace'> | undefined;
}

/**
 * Recurring starts of runs, by BullMQ's job schedulers. Each time, a small job starts a run whose workflow id is `<id>/<time>`, the time as in
 * `2026-11-26T17:00:00.000Z`. Any process with a worker does these jobs; times that pass while there is none are made up for by one start.
 */
export class JobSchedulers {
  readonly #options: JobSchedulersOptions;

  constructor(options: JobSchedulersOptions) {
    this.#options = options;
  }

  /**
   * Makes a scheduler, or changes the one of this id. What it has started goes on.
   * @param id without colons.
   * @returns when it starts a run next.
   * @throws ConfigurationError when something cannot be; nothing is stored then. StoreError when Redis is away for some seconds.
   * @example
   * await engine.jobSchedulers.upsert('nightly', { pattern: '0 2 * * *', tz: 'Europe/Berlin' }, { workflowType: 'report', taskQueue: 'reports' });
   */
  async upsert(id: string, repeat: RepeatOptions, start: ScheduledStart): Promise<Date> {
    checkId(id);
    const { overlap = 'allow' } = start;
    if (overlap !== 'allow' && overlap !== 'skip') {
      throw new ConfigurationError('start.overlap', `is ${String(overlap)}.`, { fix: "Give 'allow' or 'skip'." });
    }
    const checked = checkedRepeat(repeat);
    const data: TriggerData = { request: await this.#encode(id, start), overlap };
    const name = typeof start.workflowType === 'string' ? start.workflowType : start.workflowType.name;
    const opts = { removeOnComplete: true, removeOnFail: { count: FAILED_KEPT } };
    const queue = await this.#options.queue();
    await orStoreError(queue.upsertJobScheduler(id, checked, { name, data, opts }));
    const { next } = (await orStoreError(queue.getJobScheduler(id))) ?? {};
    return new Date(next ?? Number.NaN);
  }

  /** All schedulers, those first that start something next. @throws StoreError when Redis is away for some seconds. */
  async list(): Promise<readonly JobSchedulerInfo[]> {
    const queue = await this.#options.queue();
    const schedulers = await orStoreError(queue.getJobSchedulers(0, -1, true));
    return await Promise.all(
      schedulers.map(async (scheduler) => infoOf(scheduler, await orStoreError(isOver(queue, scheduler)))),
    );
  }

  /**
   * Ends a scheduler; what it has started goes on.
   * @returns false when there is none of this id.
   * @throws StoreError when Redis is away for some seconds.
   */
  async remove(id: string): Promise<boolean> {
    const { client, keys, namespace, queue } = this.#options;
    const removed = await orStoreError((await queue()).removeJobScheduler(id));
    await orStoreError(client.hdel(keys.latestStarts(namespace), id));
    return removed;
  }

  /** The start as the official client sends it, with its interceptors and its data converter. */
  async #encode(id: string, start: ScheduledStart): Promise<string> {
    const { clientOptions, namespace } = this.#options;
    const { workflowType, args = [] } = start;
    let request: Uint8Array | undefined;
    const notes: Pick<WorkflowServiceApi, 'startWorkflowExecution'> = {
      startWorkflowExecution: async (asked) => {
        request = StartWorkflowExecutionRequest.encode({ ...asked, workflowId: '', requestId: '' }).finish();
        return { runId: id };
      },
    };
    const connection = createConnection(notes as WorkflowServiceApi);
    try {
      const client = new Client({ ...clientOptions, connection, namespace });
      await client.workflow.start(workflowType, { ...start, workflowId: id, args: [...args] });
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new ConfigurationError('start', `cannot be: ${reason}.`, {
        fix: 'Give what the client starts a workflow with.',
        cause,
      });
    } finally {
      await connection.close();
    }
    return Buffer.from(request ?? []).toString('base64');
  }
}

/** BullMQ leaves the time of the last start where that of the next one was. */
async function isOver(
  queue: Queue,
  { key, next, limit, endDate, iterationCount = 0 }: JobSchedulerJson,
): Promise<boolean> {
  const now = systemClock.now();
  if (next === undefined || next > now) return false;
  const mayBe = (limit !== undefined && iterationCount >= limit) || (endDate !== undefined && endDate < now);
  // It waits for a process that does it, however late.
  return mayBe && !(await isTickAhead(queue, key, next));
}

function infoOf(scheduler: JobSchedulerJson, hasEnded: boolean): JobSchedulerInfo {
  const { key: id, next, iterationCount = 0, template } = scheduler;
  const { pattern, every, tz, startDate, endDate, limit } = scheduler;
  const request = (template?.data as TriggerData | undefined)?.request ?? '';
  const { workflowType, taskQueue } = StartWorkflowExecutionRequest.decode(Buffer.from(request, 'base64'));
  const repeat: RepeatOptions = defined({ pattern, every, tz, startDate, endDate, limit });
  return {
    id,
    repeat,
    next: next === undefined || hasEnded ? undefined : new Date(next),
    iterations: iterationCount,
    workflowType: workflowType?.name ?? '',
    taskQueue: taskQueue?.name ?? '',
  };
}

function checkId(id: string): void {
  if (id !== '' && id.length <= LONGEST_ID && !id.includes(':')) return;
  throw new ConfigurationError('id', `'${id.slice(0, LONGEST_ID)}' cannot name a job scheduler.`, {
    fix: `Give 1 to ${LONGEST_ID} characters, none of them a colon.`,
  });
}
