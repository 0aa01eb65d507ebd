import { setTimeout as delay } from 'node:timers/promises';
import { nextDeadline } from '../../core/run/due.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import type { ReconcileOptions, ReconcileResult } from '../../engine/index.ts';
import type { Frontend } from '../../runtime/frontend/frontend.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { runJob } from './commit-arguments.ts';
import type { JobSettings } from './commit-arguments.ts';
import { keyOfMember, memberOf, runPart } from './keys.ts';
import type { Keys } from './keys.ts';
import { WAKE } from './lua-jobs.ts';
import { EXAMINE, RESCORE } from './lua-runs.ts';
import { orStoreError, Script } from './redis.ts';
import type { RedisClient } from './redis.ts';
import type { RedisStore } from './redis-store.ts';
import { Retention } from './retention.ts';
import type { RetentionLimits } from './options.ts';

const examineScript = new Script(EXAMINE);
const rescoreScript = new Script(RESCORE);
const wakeScript = new Script(WAKE);

/** How often is looked for what has fallen due, in milliseconds. */
const TICK_MS = 500;
/** How often all unfinished runs are looked at. */
const SWEEP_MS = 30_000;
/** How long after its start a process looks for the first time, in milliseconds. */
const FIRST_SWEEP_MS = 5_000;
/** How long the process that looks has the right to, in milliseconds; others take over when it says nothing. */
const LEASE_MS = 5_000;
/** By this much the process that has the run may be late, in milliseconds. */
const GRACE_MS = 250;
const BATCH = 200;
/** See `ReconcileOptions`. */
const DEFAULT_THRESHOLD_S = 5;

/** What is wrong with a run. `overdue`: nobody did what fell due. `owed`: what it has to do outside of itself is not done. The others: see `EXAMINE`. */
type Damage = 'asleep' | 'gone' | 'lost' | 'nowhere' | 'overdue' | 'owed';

/** An unfinished run as an index names it. */
interface Candidate {
  readonly key: RunKey;
  readonly member: string;
  /** Milliseconds since the epoch, or infinity. */
  readonly deadline: number;
}

/** What a keeper works on. */
export interface KeeperOptions {
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly namespace: string;
  readonly process: string;
  readonly store: RedisStore;
  readonly jobs: JobSettings;
  readonly retention: RetentionLimits;
  readonly frontend: () => Frontend;
  readonly onError: (error: unknown) => void;
}

/**
 * Does what nobody else does: what falls due in runs whose queue no worker reads, and what got lost. One process of those that share a namespace looks, by
 * a lease; that two do at times does no harm.
 */
export class Keeper {
  readonly #options: KeeperOptions;
  readonly #retention: Retention;
  readonly #stop = new AbortController();
  #loop: Promise<void> | undefined;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#retention = new Retention(options);
  }

  /** Begins to look. */
  start(): void {
    this.#loop ??= this.#run();
  }

  /** Ends; another process takes over at once. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
  }

  /** Looks at all unfinished runs and repairs what it finds. @throws StoreError when they cannot be looked at. */
  async sweep({ stalledThresholdSeconds = DEFAULT_THRESHOLD_S }: ReconcileOptions = {}): Promise<ReconcileResult> {
    const { client, keys, namespace } = this.#options;
    const sum = { scannedKeys: 0, stalledRuns: 0, reconciledRuns: 0, failedRuns: 0 };
    const latest = systemClock.now() - stalledThresholdSeconds * 1000;
    const index = `${keys.base(namespace)}unfinished`;
    const found = await orStoreError(client.zrange(index, '0', '-1', 'WITHSCORES'));
    const candidates = candidatesOf(namespace, found);
    for (let start = 0; start < candidates.length && !this.#stop.signal.aborted; start += BATCH) {
      const batch = candidates.slice(start, start + BATCH);
      sum.scannedKeys += batch.length;
      for (const [run, damage] of await this.#examine(batch, latest)) {
        const isHelped = await this.#repair(run, damage);
        if (isHelped === 'not needed') continue;
        sum.stalledRuns++;
        if (isHelped) sum.reconciledRuns++;
        else sum.failedRuns++;
      }
    }
    return sum;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    let nextSweep = systemClock.now() + FIRST_SWEEP_MS;
    let hasMoreToDelete = false;
    for (;;) {
      // Not in step with other processes. And not at once: a process that was started to look on demand has to find something.
      await delay(TICK_MS * (0.75 + Math.random() / 2), undefined, { signal }).catch(() => undefined);
      if (signal.aborted) break;
      try {
        if (await this.#holdsLease()) {
          await this.#ringDue();
          if (systemClock.now() >= nextSweep) {
            nextSweep = systemClock.now() + SWEEP_MS;
            await this.sweep();
            hasMoreToDelete = true;
          }
          if (hasMoreToDelete) hasMoreToDelete = (await this.#retention.step()).more;
        }
      } catch (error) {
        this.#options.onError(error);
      }
    }
    await this.#leave().catch(this.#options.onError);
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
    const due = systemClock.now() - GRACE_MS;
    const members = await orStoreError(client.zrangebyscore(index, '-inf', due, 'LIMIT', 0, BATCH));
    for (const member of members) await this.#ring(keyOfMember(namespace, member));
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

  /** Those runs of which something may be wrong, since `latest` at least. */
  async #examine(runs: readonly Candidate[], latest: number): Promise<(readonly [Candidate, Damage])[]> {
    const { client, keys, namespace } = this.#options;
    const args = runs.flatMap(({ key, member }) => [member, runPart(key)]);
    const found = (await examineScript.run(client, [keys.base(namespace)], args)) as readonly (readonly Buffer[])[];
    return runs.flatMap((run, index) => {
      const [state = '', time] = (found[index] ?? []).map(String);
      if (run.deadline <= latest && (state === 'ok' || state === 'wanted')) return [[run, 'overdue'] as const];
      if (state === 'ok' || Number(time) > latest) return [];
      return [[run, state === 'wanted' ? 'owed' : (state as Damage)] as const];
    });
  }

  async #repair({ key, deadline }: Candidate, damage: Damage): Promise<boolean | 'not needed'> {
    const { client, keys, store, frontend, onError } = this.#options;
    try {
      const stored = await store.load(key);
      if (stored === undefined) {
        await orStoreError(client.zrem(`${keys.base(key.namespace)}unfinished`, memberOf(key)));
        return true;
      }
      const { record } = stored;
      // It has its job, and waits for a worker only.
      if (damage === 'owed' && record.effects.length === 0) return 'not needed';
      if (damage !== 'owed' && damage !== 'overdue') await this.#bringBack(record, damage);
      // Both need no worker, and there may be none.
      await frontend().settle(record);
      if (deadline <= systemClock.now()) await this.#ring(key);
      return true;
    } catch (error) {
      onError(error);
      return false;
    }
  }

  /** Has the run's job where workers look. */
  async #bringBack(record: RunRecord, damage: Damage): Promise<void> {
    const { client, keys, jobs } = this.#options;
    const { name, data, options, priority } = runJob(record, jobs);
    const queue = jobs.queuePrefix(record);
    if (damage === 'nowhere') await orStoreError(client.del(`${queue}${record.runId}`));
    const args = [record.runId, name, data, options, priority, systemClock.now()];
    await wakeScript.run(client, [keys.run(record), queue], args);
  }
}

/** @param found names in an index, each with its score. */
function candidatesOf(namespace: string, found: readonly string[]): Candidate[] {
  const candidates: Candidate[] = [];
  for (let i = 0; i < found.length; i += 2) {
    const member = found[i] ?? '';
    const score = found[i + 1] ?? 'inf';
    candidates.push({
      key: keyOfMember(namespace, member),
      member,
      deadline: score === 'inf' ? Infinity : Number(score),
    });
  }
  return candidates;
}
