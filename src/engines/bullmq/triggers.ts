import proto from '@temporalio/proto';
import type { Job, Queue } from 'bullmq';
import { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } from '../../core/proto.ts';
import { grpcStatus, hasCode } from '../../runtime/errors.ts';
import type { WorkflowServiceApi } from '../../runtime/service.ts';
import { orStoreError, Script } from './redis.ts';
import type { Shared } from './shared.ts';

const { StartWorkflowExecutionRequest } = proto.temporal.api.workflowservice.v1;

/** Whether a run is started while the one before is still open. */
export type Overlap = 'allow' | 'skip';

/** What a job scheduler's jobs say. */
export interface TriggerData {
  /** The start without its workflow id: the encoded request, as base64. */
  readonly request: string;
  readonly overlap: Overlap;
}

/** KEYS: hash. ARGV: field, value that it must have (empty: none), new value. @returns 1 when it has it now. */
const SWAP = new Script(`
if (redis.call('HGET', KEYS[1], ARGV[1]) or '') ~= ARGV[2] then return 0 end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[3])
return 1`);

/** What triggers work on. */
export interface TriggersOptions extends Pick<Shared, 'client' | 'keys' | 'namespace' | 'store'> {
  readonly service: () => WorkflowServiceApi;
  /** The queue of the jobs. */
  readonly queue: () => Promise<Queue>;
}

/**
 * Starts the runs that jobs of job schedulers ask for. A job may be done twice, when its process dies: the run's workflow id is made of the scheduler and
 * the time, so that a second start of it is none.
 */
export class Triggers {
  readonly #options: TriggersOptions;

  constructor(options: TriggersOptions) {
    this.#options = options;
  }

  /** Does a job. @throws ServiceError when the run cannot be started; with `UNAVAILABLE` it may be later. */
  async hold(job: Job): Promise<void> {
    const { request, overlap } = job.data as TriggerData;
    const { scheduler, workflowId } = tickOf(job.id ?? '');
    if (overlap === 'skip' && !(await this.#isNext(scheduler, workflowId))) return;
    const start = StartWorkflowExecutionRequest.decode(Buffer.from(request, 'base64'));
    Object.assign(start, {
      workflowId,
      requestId: workflowId,
      workflowIdReusePolicy: WorkflowIdReusePolicy.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE,
      workflowIdConflictPolicy: WorkflowIdConflictPolicy.WORKFLOW_ID_CONFLICT_POLICY_FAIL,
    });
    try {
      await this.#options.service().startWorkflowExecution(start);
    } catch (error) {
      if (!hasCode(error, grpcStatus.ALREADY_EXISTS)) throw error;
    }
  }

  /** Makes this the latest start of its scheduler, unless the one before is still under way. */
  async #isNext(scheduler: string, workflowId: string): Promise<boolean> {
    const { client, keys, namespace } = this.#options;
    const key = keys.latestStarts(namespace);
    for (;;) {
      const latest = await orStoreError(client.hget(key, scheduler));
      if (latest === workflowId) return true;
      if (latest !== null && (await this.#isUnderWay(scheduler, latest))) return false;
      if ((await SWAP.run(client, [key], [scheduler, latest ?? '', workflowId])) === 1) return true;
    }
  }

  async #isUnderWay(scheduler: string, workflowId: string): Promise<boolean> {
    const { store, namespace, queue } = this.#options;
    const runId = await store.currentRunId(namespace, workflowId);
    if (runId !== undefined) {
      const record = (await store.load({ namespace, workflowId, runId }))?.record;
      return record !== undefined && record.closeTime === undefined;
    }
    // It has not been started yet, or was deleted long ago.
    const at = Date.parse(workflowId.slice(scheduler.length + 1));
    return await orStoreError(isTickAhead(await queue(), scheduler, at));
  }
}

/** Whether a job of a scheduler is still to be done, or is being done. @param at its time, in milliseconds since the epoch. */
export async function isTickAhead(queue: Queue, scheduler: string, at: number): Promise<boolean> {
  const state = await queue.getJobState(`repeat:${scheduler}:${at}`);
  return state === 'active' || state === 'waiting' || state === 'delayed';
}

/** The scheduler of a job, as BullMQ names its jobs, and the id of the workflow that it starts. */
function tickOf(jobId: string): { readonly scheduler: string; readonly workflowId: string } {
  const [, scheduler = '', at = ''] = /^repeat:(.*):(\d+)$/s.exec(jobId) ?? [];
  return { scheduler, workflowId: `${scheduler}/${new Date(Number(at)).toISOString()}` };
}
