import type { Clock } from '../../core/clock.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { terminateRun } from '../../core/run/close.ts';
import { RunDraft } from '../../core/run/draft.ts';
import { HistoryLimitExceeded } from '../../core/run/exceeded.ts';
import type { LimitExceeded } from '../../core/run/exceeded.ts';
import { exceededBy, limitInbox } from '../../core/run/limits.ts';
import { mayStartAgain } from '../../core/run/next-run.ts';
import type { CurrentWrite, Store, StoredRun } from '../../core/store.ts';
import { runName } from '../../core/run-name.ts';
import { invalidArgument, unavailable, workflowNotFound } from '../errors.ts';
import { Locks } from './locks.ts';

/** Told about every committed change of a run, right after its commit: how the run is now, and the events that were added, with their size in bytes. */
export type RunListener = (record: RunRecord, events: readonly HistoryEvent[], addedBytes: number) => void;

/** Names the workflow id that a change concerns, its runs included. */
export type WorkflowKey = Pick<RunKey, 'namespace' | 'workflowId'>;

const uuidShape = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/**
 * When a change has to be stored. `now`: before anybody goes on. Otherwise a store may write it together with the run's next change, and this process goes on
 * as if it were there: `answered`: but whoever asked for it waits; `lost`: nobody waits, as nothing is missing when it gets lost.
 */
export type Storing = 'now' | 'answered' | 'lost';

/** What came of a change, and (when it is not stored yet) of storing it. */
interface Changed<T> {
  readonly result: T;
  readonly written: Promise<'committed' | 'conflict'> | undefined;
}

/** How often a change is tried when another owner of the store keeps changing the same run. */
const maximumTries = 20;
/** The first tries follow on each other at once; then there is a pause, which doubles up to the longest, in milliseconds. */
const tries = { atOnce: 3, firstPauseMs: 1, longestPauseMs: 64 };

/** Changes to one or more runs that are committed together. */
export class Transaction {
  readonly #store: Store;
  readonly #now: number;
  readonly #drafts = new Map<string, RunDraft>();
  readonly #current: CurrentWrite[] = [];
  readonly #afterCommit: (() => void)[] = [];
  readonly #mayRecall: boolean;
  #recalled = false;

  constructor(store: Store, now: number, mayRecall: boolean) {
    this.#store = store;
    this.#now = now;
    this.#mayRecall = mayRecall;
  }

  /** Whether it was computed from what may be old, with nothing to commit that would tell. */
  get isUnproven(): boolean {
    return this.#recalled && this.#drafts.size === 0;
  }

  /** Whether it was computed from what may be old. */
  get isRecalled(): boolean {
    return this.#recalled;
  }

  /** A draft of the run; `undefined` when there is none. Asking twice gives the same draft. */
  async draft(key: RunKey): Promise<RunDraft | undefined> {
    const name = runName(key);
    const known = this.#drafts.get(name);
    if (known !== undefined) return known;
    const stored = this.#recall(key) ?? (await this.#store.load(key));
    if (stored === undefined) return undefined;
    const draft = new RunDraft(stored.record, stored.revision, Math.max(this.#now, stored.lastEventTime ?? 0));
    if (mayStartAgain(stored.record)) [draft.startedEvent] = await this.#store.readHistory(key, 1, 2);
    this.#drafts.set(name, draft);
    return draft;
  }

  /**
   * A draft of the current run of a workflow id, open or closed; `undefined` when there is none. Where several processes share a store, it may go on as a new
   * run between the looks at the id and at the run: that one is meant then.
   */
  async currentDraft({ namespace, workflowId }: WorkflowKey): Promise<RunDraft | undefined> {
    for (let before: string | undefined; ;) {
      const runId = await this.#store.currentRunId(namespace, workflowId);
      if (runId === undefined) return undefined;
      const key = { namespace, workflowId, runId };
      const isSure = runId === before || this.#drafts.has(runName(key));
      const draft = await this.draft(key);
      if (draft === undefined || draft.isOpen || isSure) return draft;
      this.discard(key);
      before = runId;
    }
  }

  /** Adds a run that does not exist yet, and makes it the current one of its workflow id. */
  create(draft: RunDraft, expectedRunId: string | undefined): void {
    this.#drafts.set(runName(draft.key), draft);
    const { namespace, workflowId, runId } = draft.key;
    this.#current.push({ namespace, workflowId, expectedRunId, runId });
  }

  /** Does something once the changes are true, before anybody else hears of them. */
  afterCommit(action: () => void): void {
    this.#afterCommit.push(action);
  }

  /** Leaves a run as it is stored, whatever was drafted. */
  discard(key: RunKey): void {
    this.#drafts.delete(runName(key));
  }

  /** @returns what was committed, or `undefined` on a conflict. */
  async commit(): Promise<readonly RunDraft[] | undefined> {
    for (const draft of this.#drafts.values()) {
      for (const successor of draft.successors) this.create(successor, draft.key.runId);
    }
    const drafts = [...this.#drafts.values()];
    if (drafts.length === 0) return drafts;
    const commit = { runs: drafts.map((draft) => draft.toWrite()), current: this.#current };
    return (await this.#store.commit(commit)) === 'committed' ? drafts : undefined;
  }

  /** Leaves it to the store when to write the change. @returns what comes of that; `undefined` when it has to be committed at once. */
  commitLater(): Promise<'committed' | 'conflict'> | undefined {
    const [draft] = this.#drafts.values();
    const isAlone = this.#drafts.size === 1 && this.#current.length === 0 && draft?.successors.length === 0;
    return isAlone ? this.#store.commitLater?.({ runs: [draft.toWrite()], current: [] }) : undefined;
  }

  /** What this would commit. */
  get drafts(): readonly RunDraft[] {
    return [...this.#drafts.values()];
  }

  #recall(key: RunKey): StoredRun | undefined {
    const known = this.#mayRecall ? this.#store.recall?.(key) : undefined;
    this.#recalled ||= known !== undefined;
    return known;
  }

  /** What is to be done after the commit. */
  get afterwards(): readonly (() => void)[] {
    return this.#afterCommit;
  }
}

/** Where time and chance of `Runs` come from. */
interface RunsSeams {
  readonly clock: Clock;
  readonly wallClock: Clock;
  readonly random: () => number;
}

/** All runs of a store: how they are found, read and changed. */
export class Runs {
  readonly #store: Store;
  readonly #clock: Clock;
  readonly #wallClock: Clock;
  readonly #random: () => number;
  readonly #locks = new Locks();
  readonly #listeners: RunListener[] = [];
  readonly #report: (error: unknown) => void;

  /**
   * @param seams the time of the runs, that of the pauses between tries, and what makes these differ.
   * @param report told of listeners that throw: what they were told of is true all the same.
   */
  constructor(store: Store, seams: RunsSeams, report: (error: unknown) => void) {
    this.#store = store;
    this.#clock = seams.clock;
    this.#wallClock = seams.wallClock;
    this.#random = seams.random;
    this.#report = report;
  }

  /** Calls the listener after every commit, in the order of registration. */
  onCommit(listener: RunListener): void {
    this.#listeners.push(listener);
  }

  /** The run's record as committed. */
  async load(key: RunKey): Promise<RunRecord | undefined> {
    return (await this.#store.load(key))?.record;
  }

  /**
   * The run that a caller means: the given one, or else the current one.
   * @throws ServiceError NOT_FOUND when there is none.
   */
  async resolve({ namespace, workflowId }: WorkflowKey, runId: string | null | undefined): Promise<RunRecord> {
    if (runId && !uuidShape.test(runId)) throw invalidArgument('Invalid RunId.');
    const wanted = runId || (await this.#store.currentRunId(namespace, workflowId));
    const record = wanted === undefined ? undefined : await this.load({ namespace, workflowId, runId: wanted });
    if (record === undefined || record.schedule !== undefined) throw workflowNotFound(workflowId, runId ?? undefined);
    return record;
  }

  /** The current run of a workflow id, open or closed. */
  async current({ namespace, workflowId }: WorkflowKey): Promise<StoredRun | undefined> {
    const runId = await this.#store.currentRunId(namespace, workflowId);
    return runId === undefined ? undefined : this.#store.load({ namespace, workflowId, runId });
  }

  /** Changes one run. @throws ServiceError NOT_FOUND when there is no such run. */
  change<T>(key: RunKey, rule: (draft: RunDraft) => T, storing: Storing = 'now'): Promise<T> {
    const body = async (transaction: Transaction): Promise<T> => {
      const draft = await transaction.draft(key);
      if (draft === undefined) throw workflowNotFound(key.workflowId, key.runId);
      return rule(draft);
    };
    return this.transact([key], body, storing);
  }

  /**
   * Changes runs together. `body` may run again when somebody else was faster, so it must have no effect but on its transaction; when it throws,
   * nothing is committed.
   */
  async transact<T>(
    workflows: readonly WorkflowKey[],
    body: (transaction: Transaction) => Promise<T>,
    storing: Storing = 'now',
  ): Promise<T> {
    const names = workflows.map(({ namespace, workflowId }) => `${namespace}\0${workflowId}`);
    const release = this.#clock.hold('workflowTask');
    try {
      const { result, written } = await this.#locks.run(names, () => this.#attempt(body, storing !== 'now'));
      if (written === undefined) return result;
      if (storing === 'lost') {
        written.catch(this.#report);
        return result;
      }
      if ((await written) === 'committed') return result;
      // Others have changed the run before this was stored.
      return (await this.#locks.run(names, () => this.#attempt(body, false))).result;
    } finally {
      release();
    }
  }

  async #attempt<T>(body: (transaction: Transaction) => Promise<T>, mayWait: boolean): Promise<Changed<T>> {
    for (let conflicts = 0; conflicts < maximumTries; conflicts++) {
      if (conflicts >= tries.atOnce) await this.#pause(longestPauseAfter(conflicts));
      // What this process knows of a run is tried once; from then on, what is stored.
      const transaction = new Transaction(this.#store, this.#clock.now(), conflicts === 0);
      let result: T;
      try {
        result = await body(transaction);
      } catch (error) {
        if (transaction.isRecalled) continue;
        throw error;
      }
      if (transaction.isUnproven) continue;
      const refused = await this.#refuse(transaction);
      if (refused === 'conflict') continue;
      if (refused !== undefined) throw refused;
      const written = mayWait && conflicts === 0 ? this.#commitLater(transaction) : undefined;
      const committed = written === undefined ? await transaction.commit() : transaction.drafts;
      if (committed === undefined) continue;
      for (const action of transaction.afterwards) this.#guarded(action);
      for (const draft of committed) this.#publish(draft);
      return { result, written };
    }
    throw unavailable('Too many others change this workflow at the same time. Try again.');
  }

  /** What is beyond a limit is not committed; a run whose history is, is terminated instead. */
  async #refuse(transaction: Transaction): Promise<LimitExceeded | 'conflict' | undefined> {
    for (const draft of transaction.drafts) {
      limitInbox(draft);
      const refused = exceededBy(draft);
      if (refused === undefined) continue;
      // What is stored may say otherwise.
      if (transaction.isRecalled) return 'conflict';
      const isDone = !(refused instanceof HistoryLimitExceeded) || (await this.#terminate(draft.key, refused.message));
      return isDone ? refused : 'conflict';
    }
    return undefined;
  }

  async #terminate(key: RunKey, reason: string): Promise<boolean> {
    const transaction = new Transaction(this.#store, this.#clock.now(), false);
    const draft = await transaction.draft(key);
    if (draft?.isOpen) terminateRun(draft, reason, undefined, 'history-service');
    const committed = await transaction.commit();
    for (const each of committed ?? []) this.#publish(each);
    return committed !== undefined;
  }

  /** When it cannot be stored after all, the run is as before, and whatever it waits for has to be told once more. */
  #commitLater(transaction: Transaction): Promise<'committed' | 'conflict'> | undefined {
    const [draft] = transaction.drafts;
    const written = transaction.commitLater();
    written
      ?.catch(async () => {
        const stored = draft && (await this.#store.load(draft.key));
        if (stored !== undefined) this.#publish({ record: stored.record, events: [], addedBytes: 0 });
      })
      .catch(this.#report);
    return written;
  }

  /** Others wait, too: a bit of chance keeps them from waking up together. */
  #pause(longestMs: number): Promise<void> {
    const milliseconds = longestMs * (0.5 + this.#random() / 2);
    return new Promise((resolve) => {
      this.#wallClock.schedule(this.#wallClock.now() + milliseconds, resolve);
    });
  }

  #publish({ record, events, addedBytes }: Pick<RunDraft, 'events' | 'addedBytes'> & { record: RunRecord }): void {
    for (const listener of this.#listeners) this.#guarded(() => listener(record, events, addedBytes));
  }

  /** Whoever hears of a commit can neither undo it nor keep others from hearing of it. */
  #guarded(action: () => void): void {
    try {
      action();
    } catch (error) {
      this.#report(error);
    }
  }
}

function longestPauseAfter(conflicts: number): number {
  return Math.min(tries.firstPauseMs * 2 ** (conflicts - tries.atOnce), tries.longestPauseMs);
}
