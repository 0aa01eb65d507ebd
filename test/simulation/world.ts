import type { Clock } from '../../src/core/clock.ts';
import { TimerQueue } from '../../src/runtime/timer-queue.ts';
import type { Random } from './random.ts';

/** Somebody who may die: from then on nothing that it was about to do happens. */
export class Owner {
  readonly name: string;
  readonly clock: Clock;
  /** Resolves when it dies. */
  readonly died: Promise<void>;
  #alive = true;
  #pendingTimers = 0;
  #die: () => void = () => undefined;

  constructor(world: World, name: string) {
    this.name = name;
    this.died = new Promise((resolve) => (this.#die = resolve));
    this.clock = {
      now: () => world.now,
      hold: () => () => undefined,
      schedule: (at, task) => {
        this.#pendingTimers++;
        let open = true;
        const end = (): boolean => {
          const was = open;
          if (open) this.#pendingTimers--;
          open = false;
          return was;
        };
        const cancel = world.timers.add({ at, task: () => void (end() && this.#alive && task()) });
        return () => void (end() && cancel());
      },
    };
  }

  get alive(): boolean {
    return this.#alive;
  }

  /** Number of timers that it still waits for. */
  get pendingTimers(): number {
    return this.#pendingTimers;
  }

  /** Resolves once so much time has passed. */
  sleep(milliseconds: number): Promise<void> {
    return new Promise((resolve) => void this.clock.schedule(this.clock.now() + milliseconds, resolve));
  }

  die(): void {
    this.#alive = false;
    this.#die();
  }
}

interface Gate {
  readonly owner: Owner;
  readonly what: string;
  readonly open: () => void;
}

/** Time, chance, and the order in which things happen: one at a time, each as far as it comes without waiting. */
export class World {
  readonly random: Random;
  readonly timers = new TimerQueue();
  /** Called at a step now and then, while there is trouble: something goes wrong. */
  readonly faults: (() => void)[] = [];
  /** What happened, one line each; kept when asked for. */
  readonly trace: string[] | undefined;
  now = Date.UTC(2030, 0, 1);
  steps = 0;
  /** How likely a step is one at which something goes wrong. */
  trouble = 0;
  #gates: Gate[] = [];

  constructor(random: Random, traced = false) {
    this.random = random;
    this.trace = traced ? [] : undefined;
  }

  note(text: string): void {
    this.trace?.push(`${String(this.steps).padStart(5)} ${this.now - Date.UTC(2030, 0, 1)} ${text}`);
  }

  /** Lets everybody else go first, as often as chance has it. Never resolves when the owner dies before its turn. */
  gate(owner: Owner, what: string, probability = 1): Promise<void> {
    if (!owner.alive) return new Promise(() => undefined);
    if (probability < 1 && !this.random.chance(probability)) return Promise.resolve();
    return new Promise((open) => void this.#gates.push({ owner, what, open }));
  }

  /** Does one thing. @returns false when nothing is left to do. */
  async step(): Promise<boolean> {
    this.steps++;
    await new Promise<void>((resolve) => process.nextTick(resolve));
    const { random } = this;
    if (this.trouble > 0 && random.chance(this.trouble)) {
      random.pick(this.faults)();
      return true;
    }
    this.#gates = this.#gates.filter(({ owner }) => owner.alive);
    const isDue = (this.timers.peek()?.at ?? Infinity) <= this.now;
    const waiting = this.#gates.length;
    // Time passes by itself when nothing else happens, and sometimes while work lies about.
    if (isDue ? random.chance(1 / (waiting + 1)) : waiting === 0 || random.chance(0.01)) return this.#passTime();
    const [gate] = this.#gates.splice(random.int(waiting), 1);
    if (gate === undefined) return this.#passTime();
    this.note(`${gate.owner.name}: ${gate.what}`);
    gate.open();
    return true;
  }

  #passTime(): boolean {
    const timer = this.timers.take();
    if (timer === undefined) return false;
    this.now = Math.max(this.now, timer.at);
    timer.task();
    return true;
  }
}
