import type { RunKey, RunRecord } from '../../core/record.ts';
import type { WaitingAt } from '../matching/backlog.ts';
import type { QueueName } from '../matching/queue-name.ts';
import type { QueuedTask } from '../matching/task-queues.ts';
import type { MethodName, RequestOf, ResponseOf } from '../service.ts';

/**
 * Who takes care of a run where several processes share a store: each open run is resident in one of them at most, which offers its tasks to workers and
 * rings its alarms. Every process may change every run; nothing that is stored depends on who is resident. Without it, this process takes care of
 * all.
 */
export interface Residency {
  /** Whether this process takes care of the run. */
  has(run: RunKey): boolean;

  /** Whether workers of this process can answer a query of the run: it is resident, or closed and its task queue is read here. */
  canQuery(record: RunRecord): boolean;

  /**
   * Has the process answer that the run is resident in; one that can is found, when there is none. Waits for it until the signal aborts.
   * @throws ServiceError what that process answered; `DEADLINE_EXCEEDED` when nobody did.
   */
  forward<Name extends MethodName>(
    name: Name,
    request: RequestOf<Name>,
    record: RunRecord,
    signal: AbortSignal,
  ): Promise<ResponseOf<Name>>;

  /**
   * Somebody waits for the run to change. What others change is told to the frontend (`Frontend.changed`), from how the run is when that begins.
   * @returns a function that ends it.
   */
  watch(run: RunKey): () => void;

  /** A run that is resident here has changed, and its tasks and alarms are on their way. */
  looked(record: RunRecord): void;

  /** The workflow tasks of a task queue that wait for a process to take care of their runs. */
  waiting(queue: QueueName): Promise<readonly WaitingAt[]>;

  /** No worker of this process took the task at once; it stays offered here. */
  kept(queue: QueueName, task: QueuedTask): void;
}
