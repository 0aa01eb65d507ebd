import { UnrecoverableError } from 'bullmq';
import type { RunKey } from '../../core/record.ts';
import type { CallJob } from './routes.ts';

/**
 * What a job of a task queue is about: a run, or a call about a closed one.
 * @throws UnrecoverableError when it is neither, as somebody else has put it there; the job fails.
 */
export function readRunJob(data: unknown, namespace: string): RunKey | CallJob {
  if (isCallJob(data) || (isRunKey(data) && data.namespace === namespace)) return data;
  throw new UnrecoverableError(
    `This job is about no run of the namespace ${namespace}. Queues of this prefix are for runs alone; give your own jobs another prefix.`,
  );
}

/** Whether a job brings a call. */
export function isCallJob(data: unknown): data is CallJob {
  return hasFields(data, {
    kind: 'string',
    id: 'string',
    from: 'string',
    method: 'string',
    request: 'string',
    until: 'number',
  });
}

function isRunKey(data: unknown): data is RunKey {
  return hasFields(data, { namespace: 'string', workflowId: 'string', runId: 'string' });
}

function hasFields(data: unknown, types: Readonly<Record<string, string>>): boolean {
  if (typeof data !== 'object' || data === null) return false;
  return Object.entries(types).every(([name, type]) => typeof (data as Record<string, unknown>)[name] === type);
}
