import type { RunKey } from '../../core/record.ts';
import type { BacklogHold } from './backlog-hold.ts';

/** Which queue a task waits in: queues of workflow tasks and of activity tasks with the same name are different ones. */
export interface QueueName {
  readonly namespace: string;
  readonly name: string;
  readonly type: 'workflow' | 'activity';
}

/** A task waiting for a worker. What it is about is looked up when a worker takes it, so that a stale one does no harm. */
export interface QueuedTask {
  readonly kind: 'workflow' | 'activity' | 'query';
  /** Names the task: a second offer of the same one is dropped while the first waits. */
  readonly id: string;
  readonly run: RunKey;
  readonly scheduledEventId: number;
  readonly attempt: number;
}

interface Poller {
  readonly take: (task: QueuedTask) => void;
}

interface Queue {
  readonly tasks: Map<string, QueuedTask>;
  readonly pollers: Set<Poller>;
  /** Somebody polled, and has not said goodbye. */
  attended: boolean;
  readonly hold: BacklogHold | undefined;
}

/** Brings tasks and polling workers together, in the order of their coming. Holds nothing that could not be made again from the runs. */
export class TaskQueues {
  readonly #queues = new Map<string, Queue>();
  readonly #createHold: (() => BacklogHold) | undefined;

  /** @param createHold makes what is told about the backlog of each queue, where time is virtual. */
  constructor(createHold?: () => BacklogHold) {
    this.#createHold = createHold;
  }

  /** Hands the task to a waiting poller, or keeps it until one comes. */
  offer(name: QueueName, task: QueuedTask): void {
    const queue = this.#queue(name);
    if (queue.tasks.has(task.id)) return;
    const [poller] = queue.pollers;
    if (poller === undefined) {
      queue.tasks.set(task.id, task);
      queue.hold?.waits();
      return;
    }
    queue.pollers.delete(poller);
    poller.take(task);
  }

  /**
   * What `take` makes of the next task; of stale ones it makes nothing, and the one after is taken. `undefined` when the signal ends the wait first. A task that
   * could not be taken, because that failed or nobody waits for it any more, is there for the next poller.
   */
  async take<Taken>(
    name: QueueName,
    signal: AbortSignal,
    take: (task: QueuedTask) => Promise<Taken | undefined>,
  ): Promise<Taken | undefined> {
    for (;;) {
      const task = await this.poll(name, signal);
      if (task === undefined) return undefined;
      if (signal.aborted) {
        this.offer(name, task);
        return undefined;
      }
      try {
        const taken = await take(task);
        if (taken !== undefined) return taken;
      } catch (error) {
        this.offer(name, task);
        throw error;
      }
    }
  }

  /** The next task; `undefined` when the signal ends the wait first. */
  poll(name: QueueName, signal: AbortSignal): Promise<QueuedTask | undefined> {
    const queue = this.#queue(name);
    queue.attended = true;
    queue.hold?.polled();
    const [next] = queue.tasks.values();
    if (next !== undefined) {
      queue.tasks.delete(next.id);
      if (queue.tasks.size === 0) queue.hold?.empty();
      return Promise.resolve(next);
    }
    if (signal.aborted) return Promise.resolve(undefined);
    return new Promise((resolve) => {
      const end = (): void => {
        queue.pollers.delete(poller);
        resolve(undefined);
      };
      const poller: Poller = {
        take: (task) => {
          signal.removeEventListener('abort', end);
          resolve(task);
        },
      };
      queue.pollers.add(poller);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  /** Whether a worker reads this queue, as far as is known. */
  isAttended(name: QueueName): boolean {
    return this.#queues.get(queueKey(name))?.attended ?? false;
  }

  /** Number of pollers waiting right now. */
  pollerCount(name: QueueName): number {
    return this.#queues.get(queueKey(name))?.pollers.size ?? 0;
  }

  /** Number of tasks that wait for a worker. */
  backlog(name: QueueName): number {
    return this.#queues.get(queueKey(name))?.tasks.size ?? 0;
  }

  /** The worker that read this queue is gone. @returns the tasks that it did not take. */
  abandon(name: QueueName): QueuedTask[] {
    const key = queueKey(name);
    const queue = this.#queues.get(key);
    if (queue === undefined) return [];
    this.#queues.delete(key);
    queue.hold?.empty();
    return [...queue.tasks.values()];
  }

  #queue(name: QueueName): Queue {
    const key = queueKey(name);
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      queue = { tasks: new Map(), pollers: new Set(), attended: false, hold: this.#createHold?.() };
      this.#queues.set(key, queue);
    }
    return queue;
  }
}

function queueKey({ namespace, name, type }: QueueName): string {
  return `${type}\0${namespace}\0${name}`;
}
