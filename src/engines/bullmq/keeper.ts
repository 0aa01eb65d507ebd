import { setTimeout as delay } from 'node:timers/promises';
import { nextDeadline } from '../../core/run/due.ts';
import type { RunKey } from '../../core/record.ts';
import type { ReconcileOptions, ReconcileResult } from '../../engine/index.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { Backoff, concernsAll } from './backoff.ts';
import { keyOfMember, memberOf, runPart } from './keys.ts';
import { RESCORE } from './lua-runs.ts';
import { orStoreError, Script } from './redis.ts';
import { Retention } from './retention.ts';
import type { RetentionLimits } from './options.ts';
import { Sweep } from './sweep.ts';
import type { SweepPlan } from './sweep.ts';
import type { Shared } from './shared.ts';

const rescoreScript = new Script(RESCORE);

/** How often is looked for what has fallen due, in milliseconds. */
const TICK_MS = 500;
/** Between two looks at all unfinished runs, in milliseconds. */
const SWEEP_MS = 30_000;
/** How long after its start a process looks for the first time, in milliseconds. */
const FIRST_SWEEP_MS = 5_000;
/** How long the process that looks has the right to, in milliseconds; others take over when it says nothing. */
const LEASE_MS = 5_000;
/** By this much the process that has the run may be late, in milliseconds. */
const GRACE_MS = 250;
/** How long closed runs are deleted before it is looked again for what is due, in milliseconds. */
const DELETE_MS = 400;
/** Runs that are rung in one go. */
const BATCH = 200;
/** See `ReconcileOptions`. */
const DEFAULT_THRESHOLD_S = 5;

/** What a keeper works on. */
export interface KeeperOptions extends Shared {
  readonly retention: RetentionLimits;
}

/**
 * Does what nobody else does: what falls due in runs whose queue no worker reads, and what got lost. One process of those that share a namespace looks, by
 * a lease; that two do at times does no harm.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #retention: Retention;
  /** Runs that could not be helped. */
  readonly #failures = new Backoff();
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;
  #nextSweep = Infinity;
  /** When it was looked for what is due, the last time. */
  #rung = 0;
  #hasMoreToDelete = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#retention = new Retention(options);
  }

  /** Begins to look. */
  start(): void {
    if (this.#loop === undefined) this.#nextSweep = systemClock.now() + FIRST_SWEEP_MS;
    this.#loop ??= this.#run();
  }

  /** Ends; another process takes over at once. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  /** Looks at all unfinished runs and repairs what it finds. @throws StoreError when they cannot be looked at. */
  async sweep(options: ReconcileOptions = {}): Promise<ReconcileResult> {
    return this.#sweep(options, { goesOn: async () => !this.#stop.signal.aborted });
  }

  async #sweep(
    { stalledThresholdSeconds = DEFAULT_THRESHOLD_S }: ReconcileOptions,
    plan: Pick<SweepPlan, 'goesOn' | 'failures'>,
  ): Promise<ReconcileResult> {
    const latest = systemClock.now() - stalledThresholdSeconds * 1000;
    return new Sweep(this.#options, { ...plan, latest, ring: (key) => this.#ring(key) }).run();
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (;;) {
      // Not in step with other processes. And not at once: a process that was started to look on demand has to find something.
      await delay(TICK_MS * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      await this.#try(() => this.#look());
    }
    await this.#try(() => this.#leave());
  }

  /** What fails holds up nothing else. */
  async #try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.#options.onError(error);
    }
  }

  async #look(): Promise<void> {
    if (!(await this.#holdsLease())) return;
    await this.#try(() => this.#ringDue());
    if (systemClock.now() >= this.#nextSweep) {
      await this.#try(async () => {
        await this.#sweep({}, { goesOn: () => this.#goesOn(), failures: this.#failures });
      });
      this.#failures.prune();
      this.#nextSweep = systemClock.now() + SWEEP_MS;
      this.#hasMoreToDelete = true;
    }
    if (!this.#hasMoreToDelete) return;
    this.#hasMoreToDelete = false;
    await this.#try(async () => {
      this.#hasMoreToDelete = await this.#retention.run(DELETE_MS);
    });
  }

  /** Whether a long sweep is still this process's. In the meantime as well nothing that falls due has to wait. */
  async #goesOn(): Promise<boolean> {
    if (this.#stop.signal.aborted) return false;
    if (systemClock.now() < this.#rung + TICK_MS) return true;
    if (!(await this.#holdsLease())) return false;
    await this.#try(() => this.#ringDue());
    return true;
  }

  async #holdsLease(): Promise<boolean> {
    const { client, process } = this.#options;
    const lease = this.#lease;
    if ((await orStoreError(client.set(lease, process, 'PX', LEASE_MS, 'NX'))) === 'OK') return true;
    if ((await orStoreError(client.get(lease))) !== process) return false;
    await orStoreError(client.pexpire(lease, LEASE_MS));
    return true;
  }

  async #leave(): Promise<void> {
    const { client, process } = this.#options;
    if ((await orStoreError(client.get(this.#lease))) === process) await orStoreError(client.del(this.#lease));
  }

  get #lease(): string {
    return `${this.#options.keys.base(this.#options.namespace)}keeper`;
  }

  /** Runs whose deadline has passed: whoever has them is late, or nobody has them. */
  async #ringDue(): Promise<void> {
    const { client, keys, namespace } = this.#options;
    const index = `${keys.base(namespace)}unfinished`;
    this.#rung = systemClock.now();
    const due = this.#rung - GRACE_MS;
    // Those that could not be helped stay where they are, before the others.
    for (let skip = 0, tried = 0; tried < BATCH && !this.#stop.signal.aborted;) {
      const members = await orStoreError(client.zrangebyscore(index, '-inf', due, 'LIMIT', skip, BATCH));
      for (const member of members) {
        if (this.#stop.signal.aborted) return;
        if (this.#failures.isResting(member)) skip++;
        else {
          tried++;
          if (!(await this.#ringAlone(member))) skip++;
        }
      }
      if (members.length < BATCH) return;
    }
  }

  /** One run that cannot be helped holds up no other. @returns whether it was helped. @throws StoreError when none can be. */
  async #ringAlone(member: string): Promise<boolean> {
    try {
      await this.#ring(keyOfMember(this.#options.namespace, member));
      this.#failures.succeeded(member);
      return true;
    } catch (error) {
      this.#failures.failed(member);
      if (concernsAll(error)) throw error;
      this.#options.onError(error);
      return false;
    }
  }

  async #ring(key: RunKey): Promise<void> {
    const record = await this.#options.frontend().ring(key);
    if (record !== undefined) await this.#rescore(key);
  }

  /** Nothing was due: a deadline was moved, or an activity may be tried again, which the run's job is woken for. */
  async #rescore(key: RunKey): Promise<void> {
    const { client, keys, store } = this.#options;
    const stored = await store.load(key);
    if (stored === undefined) return;
    const deadline = nextDeadline(stored.record, systemClock.now()) ?? 'inf';
    const args = [runPart(key), memberOf(key), stored.revision, deadline];
    await rescoreScript.run(client, [keys.base(key.namespace)], args);
  }
}
