import type { RunKey, RunRecord } from '../../core/record.ts';
import type { ReconcileResult } from '../../engine/index.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import type { Backoff } from './backoff.ts';
import { needsWorker, runJob } from './commit-arguments.ts';
import { activityJobId, keyOfMember, memberOf, queueName, runPart } from './keys.ts';
import { REVIVE, WAKE } from './lua-jobs.ts';
import { EXAMINE } from './lua-runs.ts';
import { orStoreError, Script } from './redis.ts';
import type { Shared } from './shared.ts';

const examineScript = new Script(EXAMINE);
const wakeScript = new Script(WAKE);
const reviveScript = new Script(REVIVE);

/** Runs that are looked at in one go. */
const BATCH = 100;
/** Entries of BullMQ's lists that are read in one go. */
const PAGE = 1000;
/** Runs that are kept in mind until they are looked for in those lists, which are read once for all of them. */
const UNSEEN = 50_000;

/**
 * What is wrong with a run. `asleep`: its job is put aside, though there is work. `gone`: there is no such run. `lost`: it has no job. `nowhere`: its job is in
 * no list that a worker reads. `overdue`: nobody did what fell due. `owed`: what it has to do outside of itself is not done.
 */
type Damage = 'asleep' | 'gone' | 'lost' | 'nowhere' | 'overdue' | 'owed';

/** An unfinished run as an index names it. */
interface Candidate {
  readonly key: RunKey;
  readonly member: string;
  /** Milliseconds since the epoch, or infinity. */
  readonly deadline: number;
}

/** What a look at a run has shown; see `EXAMINE`. */
interface Look {
  readonly run: Candidate;
  readonly state: 'ok' | 'gone' | 'lost' | 'aside' | 'unseen';
  readonly queue: string;
  /** `0`: nothing is to be done for it now. `1`: something is. `2`: and some of it outside of the run. */
  readonly wants: string;
  /** Since its last event. */
  readonly isQuiet: boolean;
  readonly isOverdue: boolean;
}

/** What sweeps work on. */
export type SweepOptions = Pick<Shared, 'client' | 'keys' | 'namespace' | 'store' | 'jobs' | 'frontend' | 'onError'>;

/** How one sweep goes. */
export interface SweepPlan {
  /** What happened later than this, in milliseconds since the epoch, may still be on its way. */
  readonly latest: number;
  /** Called often; `false` ends the sweep. */
  readonly goesOn: () => Promise<boolean>;
  /** Runs that are left alone after they could not be helped. Default: none is. */
  readonly failures?: Backoff;
  /** Does what is due in a run. */
  readonly ring: (key: RunKey) => Promise<void>;
}

/** One look at all unfinished runs of a namespace, in pieces that hold up nobody. */
export class Sweep {
  readonly #options: SweepOptions;
  readonly #plan: SweepPlan;
  readonly #sum = { scannedKeys: 0, stalledRuns: 0, reconciledRuns: 0, failedRuns: 0 };
  /** Runs whose job has still to be looked for in BullMQ's lists, by their queue and their job. */
  readonly #unseen = new Map<string, Map<string, Look>>();

  constructor(options: SweepOptions, plan: SweepPlan) {
    this.#options = options;
    this.#plan = plan;
  }

  /** Looks, and repairs what it finds. @throws StoreError when the runs cannot be looked at. */
  async run(): Promise<ReconcileResult> {
    let unseen = 0;
    for await (const batch of this.#unfinished()) {
      this.#sum.scannedKeys += batch.length;
      const looks = await this.#withoutSent(await this.#examine(batch));
      for (const look of looks) {
        if (look.state !== 'unseen' || !look.isQuiet) await this.#mend(look);
        else {
          this.#remember(look);
          unseen++;
        }
      }
      if (unseen >= UNSEEN) {
        await this.#lookForUnseen();
        unseen = 0;
      }
      if (!(await this.#plan.goesOn())) return this.#sum;
    }
    await this.#lookForUnseen();
    return this.#sum;
  }

  /** Each of those that are unfinished all the time comes at least once. */
  async *#unfinished(): AsyncGenerator<Candidate[]> {
    const { client, keys, namespace } = this.#options;
    const index = `${keys.base(namespace)}unfinished`;
    for (let cursor = '0'; ;) {
      const [next, found] = await orStoreError(client.zscan(index, cursor, 'COUNT', BATCH));
      const candidates = candidatesOf(namespace, found);
      for (let start = 0; start < candidates.length; start += BATCH) yield candidates.slice(start, start + BATCH);
      if (next === '0') return;
      cursor = next;
    }
  }

  async #examine(runs: readonly Candidate[]): Promise<Look[]> {
    const { client, keys, namespace } = this.#options;
    const { latest } = this.#plan;
    const args = runs.flatMap(({ member, key }) => [member, runPart(key)]);
    const found = (await examineScript.run(client, [keys.base(namespace)], args)) as readonly (readonly Buffer[])[];
    return runs.map((run, index) => {
      const [state = 'ok', time, queue = '', wants = '0'] = (found[index] ?? []).map(String);
      const isQuiet = Number(time) <= latest;
      return { run, state: state as Look['state'], queue, wants, isQuiet, isOverdue: run.deadline <= latest };
    });
  }

  /** Runs that are put aside while workers of activities have all that they want are well. */
  async #withoutSent(looks: readonly Look[]): Promise<Look[]> {
    return Promise.all(
      looks.map(async (look) => {
        const mayBeSent = look.state === 'aside' && look.wants === '1' && look.isQuiet;
        return mayBeSent && (await this.#hasSentAll(look.run.key)) ? { ...look, wants: '0' } : look;
      }),
    );
  }

  async #hasSentAll(key: RunKey): Promise<boolean> {
    const { client, keys, store } = this.#options;
    // What cannot be read is told of where it is repaired.
    const record = (await store.load(key).catch(() => undefined))?.record;
    const now = systemClock.now();
    if (record === undefined || needsWorker({ ...record, activities: new Map() }, now)) return false;
    const waiting = [...record.activities.values()].filter(
      ({ state, attemptScheduledTime }) => state === 'scheduled' && attemptScheduledTime <= now,
    );
    const tag = keys.tag(key.namespace);
    const found = await Promise.all(
      waiting.map((activity) => {
        const queue = `${tag}:${queueName(activity.taskQueue, 'activities')}:`;
        return orStoreError(client.exists(`${queue}${activityJobId(key, activity)}`));
      }),
    );
    return found.every((count) => count === 1);
  }

  #remember(look: Look): void {
    const ofQueue = this.#unseen.get(look.queue) ?? new Map<string, Look>();
    this.#unseen.set(look.queue, ofQueue.set(look.run.key.runId, look));
  }

  /** Those that are in a list after all are well. */
  async #lookForUnseen(): Promise<void> {
    for (const [queue, looks] of this.#unseen) {
      this.#unseen.delete(queue);
      const seen: Look[] = [];
      // In the order in which jobs are taken. What moves the other way meanwhile, is found out when it is repaired.
      for (const list of ['wait', 'active']) await this.#readList(`${queue}${list}`, looks, seen);
      for (const look of seen) await this.#mend({ ...look, state: 'ok' });
      for (const look of looks.values()) await this.#mend(look);
    }
  }

  async #readList(list: string, looks: Map<string, Look>, seen: Look[]): Promise<void> {
    // Jobs come in at the beginning: what moves while the list is read, is read twice.
    for (let start = 0; looks.size > 0 && (await this.#plan.goesOn()); start += PAGE) {
      const ids = await orStoreError(this.#options.client.lrange(list, start, start + PAGE - 1));
      for (const id of ids) {
        const look = looks.get(id);
        if (look === undefined) continue;
        looks.delete(id);
        seen.push(look);
      }
      if (ids.length < PAGE) return;
    }
  }

  async #mend(look: Look): Promise<void> {
    const damage = damageOf(look);
    const { failures, goesOn } = this.#plan;
    const { member } = look.run;
    if (damage === undefined || failures?.isResting(member) || !(await goesOn())) return;
    const isHelped = await this.#repair(look, damage);
    if (isHelped === 'not needed') return;
    this.#sum.stalledRuns++;
    if (isHelped) {
      this.#sum.reconciledRuns++;
      failures?.succeeded(member);
    } else {
      this.#sum.failedRuns++;
      failures?.failed(member);
    }
  }

  async #repair({ run: { key, deadline }, isOverdue }: Look, damage: Damage): Promise<boolean | 'not needed'> {
    const { client, keys, store, frontend, onError } = this.#options;
    try {
      const stored = await store.load(key);
      if (stored === undefined) {
        await orStoreError(client.zrem(`${keys.base(key.namespace)}unfinished`, memberOf(key)));
        return true;
      }
      const { record } = stored;
      // It was done meanwhile.
      if (damage === 'owed' && record.effects.length === 0) return 'not needed';
      if (damage !== 'owed' && damage !== 'overdue') {
        const isRight = await this.#bringBack(record, damage);
        if (!isRight && !isOverdue) return 'not needed';
      }
      // Both need no worker, and there may be none.
      await frontend().settle(record);
      if (deadline <= systemClock.now()) await this.#plan.ring(key);
      return true;
    } catch (error) {
      onError(error);
      return false;
    }
  }

  /** Has the run's job where workers look. @returns `false` when it is there already. */
  async #bringBack(record: RunRecord, damage: Damage): Promise<boolean> {
    const { client, keys, jobs } = this.#options;
    const { name, data, options, priority } = runJob(record, jobs);
    const queue = jobs.queuePrefix(record);
    const args = [record.runId, name, data, options, priority, systemClock.now()];
    if (damage === 'nowhere') return (await reviveScript.run(client, [queue], args)) === 1;
    await wakeScript.run(client, [keys.run(record), queue], args);
    return true;
  }
}

function damageOf({ state, wants, isQuiet, isOverdue }: Look): Damage | undefined {
  if (isQuiet) {
    if (state === 'gone' || state === 'lost') return state;
    if (state === 'unseen') return 'nowhere';
    if (state === 'aside' && wants !== '0') return 'asleep';
  }
  if (isOverdue) return 'overdue';
  return isQuiet && wants === '2' ? 'owed' : undefined;
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
