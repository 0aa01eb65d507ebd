import type { Clock } from '../../core/clock.ts';
import type { RunKey } from '../../core/record.ts';
import type { Turn } from '../../core/run/turn.ts';
import { systemClock } from '../system-clock.ts';
import { Backlog, type WaitingAt } from './backlog.ts';
import type { BacklogHold } from './backlog-hold.ts';
import { Pace } from './pace.ts';
import { queueKey, type QueueName } from './queue-name.ts';
import { Rate } from './rate.ts';
import { type Reader, Readers, type RecentReader } from './readers.ts';
import { localTurns, type ReserveTurn } from './turns.ts';

/** A task waiting for a worker. What it is about is looked up when a worker takes it, so that a stale one does no harm. */
export interface QueuedTask {
  readonly kind: 'workflow' | 'activity' | 'query';
  /** Names the task: a second offer of the same one is dropped while the first waits. */
  readonly id: string;
  readonly run: RunKey;
  readonly scheduledEventId: number;
  readonly attempt: number;
  /** When its turn comes among those that wait. Left out: that of tasks that ask for none. */
  readonly turn?: Turn | undefined;
  /** Called each time it leaves its queue, for whatever reason. */
  readonly onLeft?: () => void;
}

interface Poller {
  readonly take: (task: QueuedTask) => void;
  readonly end: () => void;
}

interface Queue {
  readonly tasks: Backlog<QueuedTask>;
  readonly pollers: Set<Poller>;
  /** When somebody polled here last, in milliseconds since the epoch of the wall clock. */
  lastPoll: number;
  readonly hold: BacklogHold | undefined;
  readonly readers: Readers;
  readonly added: Rate;
  readonly given: Rate;
  /** Where workers ask for one: how fast tasks are given out. */
  pace: Pace | undefined;
}

/** What is known of a queue. */
export interface QueueState {
  /** Who polled lately. */
  readonly readers: readonly RecentReader[];
  readonly waiting: readonly WaitingAt[];
  /** Tasks that came, in a second. */
  readonly addRate: number;
  /** Tasks that were given out, in a second. */
  readonly dispatchRate: number;
  /** How many tasks may be given out in a second; `undefined` when nobody says. */
  readonly perSecond: number | undefined;
}

/** What queues work with. */
export interface TaskQueuesOptions {
  /** Makes what is told about the backlog of each queue, where time is virtual. Default: nobody is told. */
  readonly createHold?: (() => BacklogHold) | undefined;
  /** By which workers are there or gone, and rates pass. Default: the system's. */
  readonly wallClock?: Clock;
  /** Told about each task that nobody took at once. */
  readonly onKept?: (name: QueueName, task: QueuedTask) => void;
  /** Told why tasks of a queue with a rate cannot be given out at the moment. Default: nobody is told. */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Where others give out tasks of the same queues: keeps to rates together with them. Default: those of this process. */
  readonly reserveTurn?: ReserveTurn | undefined;
}

/** A worker that did not poll for this long is taken to be gone, in milliseconds (as a Temporal server does for sticky queues). */
const attentionMs = 10_000;
/** Queues that nobody used for this long are forgotten, in milliseconds. */
const forgottenMs = 300_000;
/** New queues after which the forgotten ones are looked for. */
const sweepEvery = 100;

/** Brings tasks and polling workers together, by the turns of tasks. Holds nothing that could not be made again from the runs. */
export class TaskQueues {
  readonly #queues = new Map<string, Queue>();
  /** Tasks that wait, by the ids of their runs and their own. */
  readonly #waiting = new Map<string, Map<string, Queue>>();
  readonly #createHold: (() => BacklogHold) | undefined;
  readonly #wallClock: Clock;
  readonly #onKept: (name: QueueName, task: QueuedTask) => void;
  readonly #onError: (error: unknown) => void;
  readonly #reserveTurn: ReserveTurn;
  #created = 0;
  #isClosed = false;

  constructor(options: TaskQueuesOptions = {}) {
    this.#createHold = options.createHold;
    this.#wallClock = options.wallClock ?? systemClock;
    this.#onKept = options.onKept ?? (() => undefined);
    this.#onError = options.onError ?? (() => undefined);
    this.#reserveTurn = options.reserveTurn ?? localTurns(this.#wallClock);
  }

  /** Hands the task to a waiting poller, or keeps it until one comes. */
  offer(name: QueueName, task: QueuedTask): void {
    const queue = this.#queue(name);
    if (queue.tasks.get(task.id) !== undefined) return;
    this.#withdrawReplaced(task);
    const now = this.#wallClock.now();
    queue.added.count(now);
    const [poller] = queue.pollers;
    if (poller === undefined || queue.pace !== undefined) {
      this.#keep(queue, task);
      this.#serve(queue);
      if (queue.tasks.get(task.id) !== undefined) this.#onKept(name, task);
      return;
    }
    queue.given.count(now);
    queue.pollers.delete(poller);
    poller.take(task);
    task.onLeft?.();
  }

  /**
   * What `take` makes of the next task; of stale ones it makes nothing, and the one after is taken. `undefined` when the signal ends the wait first. A task that
   * could not be taken, because that failed or nobody waits for it any more, is there for the next poller.
   */
  async take<Taken>(
    name: QueueName,
    signal: AbortSignal,
    take: (task: QueuedTask) => Promise<Taken | undefined>,
    reader?: Reader,
  ): Promise<Taken | undefined> {
    for (;;) {
      const task = await this.poll(name, signal, reader);
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
  poll(name: QueueName, signal: AbortSignal, reader?: Reader): Promise<QueuedTask | undefined> {
    if (signal.aborted || this.#isClosed) return Promise.resolve(undefined);
    const queue = this.#queue(name);
    queue.lastPoll = this.#wallClock.now();
    queue.hold?.polled();
    if (reader !== undefined) this.#reads(name, queue, reader);
    const next = queue.pace === undefined ? this.#next(queue) : undefined;
    if (next !== undefined) return Promise.resolve(next);
    return new Promise((resolve) => {
      const end = (): void => {
        queue.pollers.delete(poller);
        queue.lastPoll = this.#wallClock.now();
        signal.removeEventListener('abort', end);
        resolve(undefined);
      };
      const poller: Poller = {
        take: (task) => {
          queue.lastPoll = this.#wallClock.now();
          signal.removeEventListener('abort', end);
          resolve(task);
        },
        end,
      };
      queue.pollers.add(poller);
      signal.addEventListener('abort', end, { once: true });
      this.#serve(queue);
    });
  }

  /** Whether a worker reads this queue, as far as is known. */
  isAttended(name: QueueName): boolean {
    const queue = this.#queues.get(queueKey(name));
    return queue !== undefined && (queue.pollers.size > 0 || this.#wallClock.now() - queue.lastPoll < attentionMs);
  }

  /** Who reads a queue, and what waits there. */
  state(name: QueueName): QueueState {
    const queue = this.#queues.get(queueKey(name));
    const now = this.#wallClock.now();
    return {
      readers: queue?.readers.recent(now) ?? [],
      waiting: queue?.tasks.waiting() ?? [],
      addRate: queue?.added.perSecond(now) ?? 0,
      dispatchRate: queue?.given.perSecond(now) ?? 0,
      perSecond: queue?.pace?.perSecond,
    };
  }

  /** A worker does not read the queue any more. */
  left(name: QueueName, reader: Pick<Reader, 'identity' | 'instance'>): void {
    this.#queues.get(queueKey(name))?.readers.left(reader);
  }

  /** Whether the task waits for a worker. */
  isWaiting({ run, id }: Pick<QueuedTask, 'run' | 'id'>): boolean {
    return this.#waiting.get(run.runId)?.has(id) ?? false;
  }

  /** Number of tasks that wait for a worker. */
  backlog(name: QueueName): number {
    return this.#queues.get(queueKey(name))?.tasks.size ?? 0;
  }

  /** Takes a task back. @returns whether it was still waiting. */
  withdraw({ run, id }: Pick<QueuedTask, 'run' | 'id'>): boolean {
    const queue = this.#waiting.get(run.runId)?.get(id);
    const task = queue?.tasks.get(id);
    if (queue === undefined || task === undefined) return false;
    this.#remove(queue, task);
    return true;
  }

  /** Takes back all that waits for a worker to get on with this run; queries stay. */
  withdrawRun({ runId }: RunKey): void {
    this.#withdrawWhere(runId, ({ kind }) => kind !== 'query');
  }

  /** The worker that read this queue is gone: its polls end. @returns the tasks that it did not take. */
  abandon(name: QueueName): QueuedTask[] {
    const key = queueKey(name);
    const queue = this.#queues.get(key);
    if (queue === undefined) return [];
    const tasks = queue.tasks.values();
    for (const task of tasks) this.#remove(queue, task);
    this.#queues.delete(key);
    endAll(queue);
    return tasks;
  }

  /** Gives out no more: polls end, and nothing is left that would ring later. */
  close(): void {
    this.#isClosed = true;
    for (const queue of this.#queues.values()) endAll(queue);
  }

  #reads(name: QueueName, queue: Queue, reader: Reader): void {
    queue.readers.saw(reader, queue.lastPoll);
    const { ratePerSecond } = reader;
    if (ratePerSecond === undefined) return;
    // Of workers that ask for different rates, the one that asked last is followed, as on a Temporal server.
    if (queue.pace !== undefined) queue.pace.change(ratePerSecond);
    else {
      queue.pace = new Pace(ratePerSecond, {
        reserve: (perSecond) => this.#reserveTurn(name, perSecond),
        clock: this.#wallClock,
        onTurn: () => this.#serve(queue),
        onError: this.#onError,
      });
    }
  }

  /** Gives waiting pollers what waits, as far as the queue's pace lets it. */
  #serve(queue: Queue): void {
    for (const poller of queue.pollers) {
      if (queue.tasks.size === 0 || queue.pace?.take() === false) return;
      const task = this.#next(queue);
      if (task === undefined) return;
      queue.pollers.delete(poller);
      poller.take(task);
    }
  }

  #next(queue: Queue): QueuedTask | undefined {
    const next = queue.tasks.shift();
    if (next === undefined) return undefined;
    queue.given.count(this.#wallClock.now());
    this.#left(queue, next);
    return next;
  }

  #keep(queue: Queue, task: QueuedTask): void {
    queue.tasks.add(task, this.#wallClock.now());
    const { runId } = task.run;
    const ofRun = this.#waiting.get(runId) ?? new Map<string, Queue>();
    this.#waiting.set(runId, ofRun.set(task.id, queue));
    queue.hold?.waits();
  }

  #remove(queue: Queue, task: QueuedTask): void {
    queue.tasks.delete(task.id);
    this.#left(queue, task);
  }

  #left(queue: Queue, { id, run, onLeft }: QueuedTask): void {
    const ofRun = this.#waiting.get(run.runId);
    if (ofRun?.delete(id) && ofRun.size === 0) this.#waiting.delete(run.runId);
    if (queue.tasks.size === 0) queue.hold?.empty();
    onLeft?.();
  }

  /** A run has one workflow task at a time: an older one is stale, in a queue that nobody may ever read again. The same task may wait elsewhere, too. */
  #withdrawReplaced(task: QueuedTask): void {
    this.#withdrawWhere(
      task.run.runId,
      ({ id, kind }) => id === task.id || (kind === 'workflow' && task.kind === kind),
    );
  }

  #withdrawWhere(runId: string, matches: (task: QueuedTask) => boolean): void {
    const ofRun = this.#waiting.get(runId);
    if (ofRun === undefined) return;
    for (const [id, queue] of ofRun) {
      const task = queue.tasks.get(id);
      if (task !== undefined && matches(task)) this.#remove(queue, task);
    }
  }

  /** Sticky queues have new names with each worker. */
  #sweep(): void {
    const before = this.#wallClock.now() - forgottenMs;
    for (const [key, queue] of this.#queues) {
      if (queue.tasks.size > 0 || queue.pollers.size > 0 || queue.lastPoll >= before) continue;
      this.#queues.delete(key);
      endAll(queue);
    }
  }

  #queue(name: QueueName): Queue {
    const key = queueKey(name);
    let queue = this.#queues.get(key);
    if (queue === undefined) {
      if (++this.#created % sweepEvery === 0) this.#sweep();
      queue = {
        tasks: new Backlog(),
        pollers: new Set(),
        lastPoll: -Infinity,
        hold: this.#createHold?.(),
        readers: new Readers(),
        added: new Rate(),
        given: new Rate(),
        pace: undefined,
      };
      this.#queues.set(key, queue);
    }
    return queue;
  }
}

function endAll(queue: Queue): void {
  queue.pace?.close();
  queue.hold?.empty();
  for (const poller of queue.pollers) poller.end();
}
