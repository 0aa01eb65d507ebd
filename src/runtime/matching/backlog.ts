import { DEFAULT_TURN, type Turn } from '../../core/run/turn.ts';
import { FairPasses } from './fair-passes.ts';
import { Heap } from './heap.ts';

/** What waits: named, and perhaps with a turn. */
export interface Waiting {
  readonly id: string;
  /** When its turn comes. Left out: the default's. */
  readonly turn?: Turn | undefined;
}

interface Entry<Task> {
  readonly task: Task;
  readonly priority: number;
  readonly pass: number;
  readonly count: number;
  readonly since: number;
  /** It was taken back. */
  isGone: boolean;
}

/** What waits with one priority. */
export interface WaitingAt {
  readonly priority: number;
  readonly count: number;
  /** When the one that waits longest has come. */
  readonly oldest: number;
}

/** All that waits in several places, by priority. */
export function waitingTogether(all: readonly WaitingAt[]): WaitingAt[] {
  const byPriority = new Map<number, WaitingAt>();
  for (const { priority, count, oldest } of all) {
    const known = byPriority.get(priority) ?? { count: 0, oldest };
    byPriority.set(priority, { priority, count: known.count + count, oldest: Math.min(known.oldest, oldest) });
  }
  return [...byPriority.values()];
}

/** Tasks that wait for workers: by priority, then fairly by their keys, then in the order of their coming. */
export class Backlog<Task extends Waiting> {
  readonly #entries = new Map<string, Entry<Task>>();
  readonly #order = new Heap<Entry<Task>>(isBefore);
  readonly #passes = new Map<number, FairPasses>();
  #count = 0;

  /** Number of tasks. */
  get size(): number {
    return this.#entries.size;
  }

  /** The task with this id. */
  get(id: string): Task | undefined {
    return this.#entries.get(id)?.task;
  }

  /** Adds a task whose id is not here. @param now when that is, for `waiting`. */
  add(task: Task, now = 0): void {
    const { priority, fairnessKey, fairnessWeight, goesAhead } = task.turn ?? DEFAULT_TURN;
    const pass = goesAhead ? 0 : this.#passesOf(priority).place(fairnessKey, fairnessWeight);
    const entry = { task, priority, pass, count: ++this.#count, since: now, isGone: false };
    this.#entries.set(task.id, entry);
    this.#order.push(entry);
  }

  /** Takes out the task whose turn it is. */
  shift(): Task | undefined {
    for (let entry = this.#order.pop(); entry !== undefined; entry = this.#order.pop()) {
      if (entry.isGone) continue;
      this.#entries.delete(entry.task.id);
      this.#passesOf(entry.priority).gaveOut(entry.pass);
      return entry.task;
    }
    return undefined;
  }

  /** Takes a task back. */
  delete(id: string): void {
    const entry = this.#entries.get(id);
    if (entry === undefined) return;
    entry.isGone = true;
    this.#entries.delete(id);
    // What is gone stays in the order until its turn, unless that is most of it.
    if (this.#order.size > 2 * this.#entries.size + 16) this.#order.retain(({ isGone }) => !isGone);
  }

  /** All tasks, in the order of their coming. */
  values(): Task[] {
    return Array.from(this.#entries.values(), ({ task }) => task);
  }

  /** How much waits, by priority. */
  waiting(): WaitingAt[] {
    return waitingTogether(
      Array.from(this.#entries.values(), ({ priority, since }) => ({ priority, count: 1, oldest: since })),
    );
  }

  #passesOf(priority: number): FairPasses {
    let passes = this.#passes.get(priority);
    if (passes === undefined) this.#passes.set(priority, (passes = new FairPasses()));
    return passes;
  }
}

function isBefore(a: Entry<unknown>, b: Entry<unknown>): boolean {
  if (a.priority !== b.priority) return a.priority < b.priority;
  return a.pass === b.pass ? a.count < b.count : a.pass < b.pass;
}
