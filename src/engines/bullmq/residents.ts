import type { Job } from 'bullmq';
import { DelayedError } from 'bullmq';
import { isUnfinished } from '../../core/listing.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { nextDeadline } from '../../core/run/due.ts';
import { runName } from '../../core/run-name.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import type { Holder, QueueState } from './claims.ts';
import { needsWorker } from './commit-arguments.ts';
import { ADOPT, PARK } from './lua-jobs.ts';
import { mayRefer } from './payload-references.ts';
import { Script } from './redis.ts';
import { decodeEvents } from './run-codec.ts';
import type { Shared } from './shared.ts';

const adoptScript = new Script(ADOPT);
const parkScript = new Script(PARK);

/** When a run is wanted again that waits for nothing but messages, in milliseconds from now: BullMQ's delays end somewhere. */
const FAR_MS = 315_360_000_000;
const RETRY_MS = 1000;
/** How long the first task of a run waits for an update that is on its way, in milliseconds. */
const FIRST_TASK_WAIT_MS = 1000;

/** A run that is resident in this process. */
interface Resident {
  readonly key: RunKey;
  readonly queue: string;
  readonly holder: Holder;
  readonly jobId: string;
  readonly token: string;
  readonly activation: string;
  readonly end: (outcome: Outcome) => void;
  /** Set while the run has nothing to do. */
  cancelPark: (() => void) | undefined;
  refreshing: 'no' | 'yes' | 'again';
}

/** How residence ended. `done`: the run needs nobody any more. `parked`: its job was put aside. `lost`: another process has the job. */
type Outcome = 'done' | 'parked' | 'lost';

/** What `ADOPT` gives. */
type AdoptAnswer = readonly [Buffer, Buffer | null, Buffer, Buffer | null, number, readonly Buffer[]];

/** A run as it was when this process took it over. */
interface Adopted {
  readonly revision: number;
  /** Id of the last event. */
  readonly last: number;
  /** The record as it stands in Redis. */
  readonly text: string;
  readonly lastEventTime: number;
  /** An update is on its way. */
  readonly isExpected: boolean;
  /** Events of the last commits. */
  readonly commits: readonly Buffer[];
}

/** How residents live. */
export interface ResidentsOptions extends Pick<
  Shared,
  'client' | 'keys' | 'process' | 'store' | 'frontend' | 'onError'
> {
  /** How long a run with nothing to do stays, in milliseconds. */
  readonly lingerMs: number;
  /** How many may be here of one queue; when it is full, those with nothing to do make room at once. */
  readonly capacity: number;
}

/** The runs whose jobs this process holds: only here their tasks are offered and their alarms ring. */
export class Residents {
  readonly #options: ResidentsOptions;
  readonly #residents = new Map<string, Resident>();
  readonly #byQueue = new Map<string, Set<Resident>>();
  readonly #arrivals = new Set<() => void>();
  readonly #paused = new Set<string>();
  readonly #bounded = new Set<string>();

  constructor(options: ResidentsOptions) {
    this.#options = options;
  }

  /** Whether the run is resident here. */
  has(run: RunKey): boolean {
    return this.#residents.has(runName(run));
  }

  /**
   * Has a run's job as long as the run is resident. Returns when the job is done.
   * @throws DelayedError when it is not, which tells BullMQ to leave the job as it is.
   */
  async hold(job: Job, token: string, holder: Holder): Promise<void> {
    const { store } = this.#options;
    const { queue } = holder;
    const key = job.data as RunKey;
    const jobId = job.id ?? key.runId;
    const activation = String(job.attemptsStarted);
    const adopted = await store.read(key, () => this.#adopt(key, queue, [jobId, token, activation]));
    if (adopted === undefined) return;
    if (!isUnfinished(adopted.record)) return;
    const { promise, resolve } = Promise.withResolvers<Outcome>();
    const resident: Resident = {
      key,
      queue,
      holder,
      jobId,
      token,
      activation,
      end: resolve,
      cancelPark: undefined,
      refreshing: 'no',
    };
    this.#add(resident);
    let outcome: Outcome;
    try {
      await this.#moveIn(resident, adopted);
      outcome = await promise;
    } finally {
      // Whatever went wrong: nobody is here any more whose job this process does not hold.
      this.#remove(resident);
    }
    if (outcome !== 'done') throw new DelayedError();
  }

  async #moveIn(resident: Resident, adopted: Adopted & { readonly record: RunRecord }): Promise<void> {
    const { store, frontend } = this.#options;
    const { key, holder } = resident;
    const { record, revision, last, text, lastEventTime, isExpected, commits } = adopted;
    const stored = { record, revision, lastEventTime };
    store.known.set(key, stored, last, commits.some(mayRefer) ? [] : commits.flatMap(decodeEvents));
    for (const arrived of this.#arrivals) arrived();
    // An update that is on its way comes with the first task.
    if (isExpected && record.updates.size === 0) await frontend().untilUpdate(key, FIRST_TASK_WAIT_MS);
    const latest = store.recall(key)?.record ?? record;
    frontend().changed(latest, 'adopted');
    // News that came while payloads were read found nobody here.
    if (mayRefer(text)) this.changed(key);
    if (holder.isLeaving) void this.#release(resident);
  }

  /** Takes over a run. @returns `undefined` when there is none. @throws DelayedError when its job is not held here any more. */
  async #adopt(key: RunKey, queue: string, held: readonly string[]): Promise<Adopted | undefined> {
    const { client, keys, process } = this.#options;
    const names = [keys.run(key), queue, keys.expected(key.namespace, key.workflowId), keys.history(key)];
    const answer = await adoptScript.run(client, names, [...held, process]);
    if (answer === null) return undefined;
    if (!Array.isArray(answer)) throw new DelayedError();
    const [revision, last, text, time, isExpected, commits] = answer as unknown as AdoptAnswer;
    return {
      revision: Number(revision),
      last: Number(last ?? 0),
      text: String(text),
      lastEventTime: Number(time ?? 0),
      isExpected: isExpected === 1,
      commits,
    };
  }

  /** Resolves when the next run arrives, or the signal aborts, or the time is over. */
  arrival(milliseconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        this.#arrivals.delete(end);
        cancel();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const cancel = systemClock.schedule(systemClock.now() + milliseconds, end);
      this.#arrivals.add(end);
      signal.addEventListener('abort', end, { once: true });
    });
  }

  /** A run has changed, by this process or another, and the frontend knows. */
  looked(record: RunRecord): void {
    const resident = this.#residents.get(runName(record));
    if (resident === undefined) return;
    resident.cancelPark?.();
    resident.cancelPark = undefined;
    if (!isUnfinished(record)) resident.end('done');
    else if (!isBusy(record)) this.#parkIn(resident, this.#isFull(resident) ? 0 : this.#options.lingerMs);
  }

  /**
   * How a queue is. Of one that is paused nothing stays longer than to its next stop; where others wait for their turn, nothing stays that has nothing to do.
   */
  queueIs({ queue, isPaused, isBounded }: Pick<QueueState, 'queue' | 'isPaused' | 'isBounded'>): void {
    setTo(this.#bounded, queue, isBounded);
    setTo(this.#paused, queue, isPaused);
    if (!isPaused) return;
    for (const resident of this.#byQueue.get(queue) ?? []) {
      if (resident.cancelPark !== undefined) this.#parkIn(resident, 0);
    }
  }

  /** Another process has changed the run. */
  changed(run: RunKey): void {
    const resident = this.#residents.get(runName(run));
    if (resident !== undefined) void this.#refresh(resident);
  }

  /** Messages may have been lost. */
  refreshAll(): void {
    for (const resident of this.#residents.values()) void this.#refresh(resident);
  }

  /** BullMQ could not prolong its hold of these jobs: other processes may have them. */
  lost(jobIds: readonly string[], holder: Holder): void {
    const ids = new Set(jobIds);
    for (const resident of this.#of(holder)) if (ids.has(resident.jobId)) resident.end('lost');
  }

  /** Leaves all runs of a holder to others. */
  async release(holder: Holder): Promise<void> {
    await Promise.all(this.#of(holder).map((resident) => this.#release(resident)));
  }

  /** Those of one holder: of the same queue there may be another one that has begun since. */
  #of(holder: Holder): Resident[] {
    return [...(this.#byQueue.get(holder.queue) ?? [])].filter((resident) => resident.holder === holder);
  }

  #parkIn(resident: Resident, milliseconds: number): void {
    resident.cancelPark?.();
    resident.cancelPark = systemClock.schedule(systemClock.now() + milliseconds, () => {
      resident.cancelPark = undefined;
      void this.#park(resident);
    });
  }

  /** Puts the run's job aside until its next deadline, unless there is something to do. */
  async #park(resident: Resident): Promise<void> {
    const { store, frontend, onError } = this.#options;
    try {
      const stored = store.recall(resident.key) ?? (await store.load(resident.key));
      if (!this.#isHere(resident)) return;
      if (stored === undefined) return resident.end('done');
      const { record, revision } = stored;
      if (isBusy(record) || !isUnfinished(record)) return;
      const now = systemClock.now();
      let wakeAt = nextDeadline(record, now) ?? Infinity;
      if (this.#paused.has(resident.queue)) {
        // What nobody here begins any more is begun when the queue goes on.
        if (needsWorker(record, now)) wakeAt = now;
      } else if (wakeAt <= now + 10 || frontend().isAsked(resident.key)) {
        // An alarm is about to ring here, or somebody waits for an answer.
        return this.#parkIn(resident, this.#options.lingerMs);
      }
      const answer = await this.#putAside(resident, String(revision), now, wakeAt);
      if (answer === 0) await this.#refresh(resident);
      else resident.end(answer === 1 ? 'parked' : 'lost');
    } catch (error) {
      onError(error);
      if (this.#isHere(resident)) this.#parkIn(resident, RETRY_MS);
    }
  }

  /** Gives the run back, whatever it is doing: what is under way here is answered as if it were another process's. */
  async #release(resident: Resident): Promise<void> {
    const { store, onError } = this.#options;
    try {
      await store.settle(resident.key);
      const stored = store.recall(resident.key) ?? (await store.load(resident.key));
      const now = systemClock.now();
      const wakeAt =
        stored === undefined || needsWorker(stored.record, now) ? now : (nextDeadline(stored.record, now) ?? Infinity);
      // With the revision: what has changed meanwhile may have given it work. Then whoever takes it next looks.
      const answer = await this.#putAside(resident, stored === undefined ? '' : String(stored.revision), now, wakeAt);
      if (answer === 0) await this.#putAside(resident, '', now, now);
    } catch (error) {
      // BullMQ gives it to others when it is not prolonged any more.
      onError(error);
    }
    resident.end('parked');
  }

  async #putAside(resident: Resident, revision: string, now: number, wakeAt: number): Promise<number> {
    const { client, keys, process } = this.#options;
    const { key, queue, jobId, token, activation } = resident;
    const at = Math.min(Math.ceil(wakeAt), now + FAR_MS);
    const input = [jobId, token, activation, process, revision, now, at];
    return Number(await parkScript.run(client, [keys.run(key), queue], input));
  }

  async #refresh(resident: Resident): Promise<void> {
    if (resident.refreshing !== 'no') {
      resident.refreshing = 'again';
      return;
    }
    const { store, frontend, onError } = this.#options;
    do {
      resident.refreshing = 'yes';
      try {
        const stored = await store.load(resident.key);
        if (!this.#isHere(resident)) return;
        if (stored === undefined) resident.end('done');
        else frontend().changed((store.recall(resident.key) ?? stored).record);
      } catch (error) {
        onError(error);
        systemClock.schedule(systemClock.now() + RETRY_MS, () => {
          if (this.#isHere(resident)) void this.#refresh(resident);
        });
      }
    } while (this.#wantsMore(resident));
    resident.refreshing = 'no';
  }

  #wantsMore({ refreshing }: Resident): boolean {
    return refreshing === 'again';
  }

  #isHere(resident: Resident): boolean {
    return this.#residents.get(runName(resident.key)) === resident;
  }

  #isFull({ queue }: Resident): boolean {
    if (this.#paused.has(queue) || this.#bounded.has(queue)) return true;
    return (this.#byQueue.get(queue)?.size ?? 0) >= this.#options.capacity;
  }

  #add(resident: Resident): void {
    const name = runName(resident.key);
    // BullMQ gave the job up and gave it to this process again.
    this.#residents.get(name)?.end('lost');
    this.#residents.set(name, resident);
    const ofQueue = this.#byQueue.get(resident.queue) ?? new Set();
    this.#byQueue.set(resident.queue, ofQueue.add(resident));
    if (this.#isFull(resident)) this.#makeRoom(ofQueue);
  }

  /** The queue's slots are used up: whoever waits there needs them more than a run that has nothing to do. */
  #makeRoom(residents: Iterable<Resident>): void {
    for (const resident of residents) {
      if (resident.cancelPark === undefined) continue;
      this.#parkIn(resident, 0);
      return;
    }
  }

  #remove(resident: Resident): void {
    resident.cancelPark?.();
    this.#byQueue.get(resident.queue)?.delete(resident);
    if (!this.#isHere(resident)) return;
    this.#residents.delete(runName(resident.key));
    this.#options.store.known.delete(resident.key);
    this.#options.store.settle(resident.key).catch(this.#options.onError);
    this.#options.frontend().forget(resident.key);
  }
}

function setTo(set: Set<string>, item: string, isIn: boolean): void {
  if (isIn) set.add(item);
  else set.delete(item);
}

/** Whether something goes on that the run should stay for. */
function isBusy(record: RunRecord): boolean {
  return record.workflowTask !== undefined || record.effects.length > 0;
}
