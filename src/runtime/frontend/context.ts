import type { temporal } from '@temporalio/proto';
import type { Clock } from '../../core/clock.ts';
import { LONGEST_ID } from '../../core/limits.ts';
import { utf8Length } from '../../core/sizes.ts';
import type { Store } from '../../core/store.ts';
import { invalidArgument, namespaceNotFound } from '../errors.ts';
import type { Reader } from '../matching/readers.ts';
import type { QueuedTask, TaskQueues } from '../matching/task-queues.ts';
import type { MethodName, WorkflowServiceApi } from '../service.ts';
import type { Histories } from './histories.ts';
import type { Namespaces } from './namespaces.ts';
import type { Queries } from './queries.ts';
import type { Residency } from './residency.ts';
import type { Runs } from './runs.ts';
import type { Updates } from './updates.ts';
import type { Waits } from './waits.ts';

/** What the RPCs work on. */
export interface FrontendContext {
  readonly store: Store;
  readonly runs: Runs;
  readonly queues: TaskQueues;
  readonly histories: Histories;
  readonly queries: Queries;
  readonly updates: Updates;
  readonly clock: Clock;
  /** Long polls, bounded by real time, whatever the clock of the runs says. */
  readonly waits: Waits;
  /** Real time: failures of the store do not pass with virtual time. */
  readonly wallClock: Clock;
  /** Makes ids of runs and requests. */
  readonly newId: () => string;
  readonly namespaces: Namespaces;
  /** Where others share the store. */
  readonly residency: Residency | undefined;
  /** Offers a task whose queue is gone again. */
  readonly announceAgain: (task: QueuedTask) => Promise<void>;
}

/** Some of the RPCs. */
export type Handlers<Name extends MethodName> = Pick<WorkflowServiceApi, Name>;

/** How long a poll waits for something to happen before it is answered with nothing, in milliseconds. */
export const longPollMs = 20_000;
/** The same for workers, which ask again at once. */
export const taskPollMs = 60_000;

/** The namespace of a request. @throws ServiceError when it is missing or unknown. */
export function requireNamespace(context: FrontendContext, namespace: string | null | undefined): string {
  if (!namespace) throw invalidArgument('Namespace is empty.');
  if (!context.namespaces.has(namespace)) throw namespaceNotFound(namespace);
  return namespace;
}

/** An id of a request. @throws ServiceError when it is empty or too long. */
export function requireId(name: string, value: string | null | undefined): string {
  if (!value) throw invalidArgument(`${name} is not set on request.`);
  if (utf8Length(value) > LONGEST_ID) throw invalidArgument(`${name} length exceeds limit.`);
  return value;
}

/** The name of a task queue in a request. @throws ServiceError when it is empty or too long. */
export function requireTaskQueue(taskQueue: { readonly name?: string | null } | null | undefined): string {
  if (!taskQueue?.name) throw invalidArgument('missing task queue name');
  if (utf8Length(taskQueue.name) > LONGEST_ID) throw invalidArgument('taskQueue length exceeds limit');
  return taskQueue.name;
}

/** The build of the worker that polls; empty when it says none. */
export function buildIdOf(
  poll: Pick<
    temporal.api.workflowservice.v1.IPollWorkflowTaskQueueRequest,
    'workerVersionCapabilities' | 'deploymentOptions'
  >,
): string {
  return poll.workerVersionCapabilities?.buildId || poll.deploymentOptions?.buildId || '';
}

/** Which worker a request is of, as it says itself. */
export function instanceOf({
  identity,
  workerInstanceKey,
}: Pick<temporal.api.workflowservice.v1.IShutdownWorkerRequest, 'identity' | 'workerInstanceKey'>): Pick<
  Reader,
  'identity' | 'instance'
> {
  return { identity: identity ?? '', instance: workerInstanceKey || undefined };
}

/** Who polls, as it says itself. */
export function readerOf(
  poll: Pick<
    temporal.api.workflowservice.v1.IPollActivityTaskQueueRequest,
    'identity' | 'workerInstanceKey' | 'taskQueueMetadata' | 'workerVersionCapabilities' | 'deploymentOptions'
  >,
): Reader {
  const ratePerSecond = poll.taskQueueMetadata?.maxTasksPerSecond?.value ?? undefined;
  return { ...instanceOf(poll), buildId: buildIdOf(poll), ratePerSecond };
}
