import { isUnfinished } from '../../core/listing.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { isNeeded } from '../needed.ts';
import { keyOf } from './keys.ts';
import type { FrontendContext } from './context.ts';

/** Runs that are looked at in one go: others have their turn between two. */
const BATCH = 50;
/** How often runs that are too old are looked for, in milliseconds, at most and at least. */
const OFTEN_MS = 60_000;
const SELDOM_MS = 3_600_000;

/** Deletes closed runs, and schedules that are over, of namespaces that say how long those are kept, but none that an open parent, child or successor may need. */
export class Retention {
  readonly #context: FrontendContext;
  readonly #onError: (error: unknown) => void;
  #cancel: (() => void) | undefined;
  #isClosed = false;

  constructor(context: FrontendContext, onError: (error: unknown) => void) {
    this.#context = context;
    this.#onError = onError;
  }

  /** Looks from now on, when a namespace asks for it. To be called again when that has changed. */
  plan(): void {
    this.#cancel?.();
    this.#cancel = undefined;
    const { namespaces, clock } = this.#context;
    const shortest = Math.min(...namespaces.names.map((name) => namespaces.get(name).retention || Infinity));
    if (this.#isClosed || shortest === Infinity) return;
    const pause = Math.min(SELDOM_MS, Math.max(OFTEN_MS, shortest / 24));
    this.#cancel = clock.schedule(clock.now() + pause, () => {
      void this.run()
        .catch(this.#onError)
        .finally(() => this.plan());
    });
  }

  /** Looks once at all namespaces. */
  async run(): Promise<void> {
    const { namespaces, clock } = this.#context;
    for (const name of namespaces.names) {
      const { retention } = namespaces.get(name);
      if (retention <= 0) continue;
      for (const schedules of [false, true]) await this.#clean(name, schedules, clock.now() - retention);
    }
  }

  close(): void {
    this.#isClosed = true;
    this.#cancel?.();
  }

  async #clean(namespace: string, schedules: boolean, latest: number): Promise<void> {
    const { store } = this.#context;
    // Who closed before has begun before.
    const old = { namespace, schedules, startTime: { to: latest }, closeTime: { to: latest }, limit: BATCH };
    let cursor: string | undefined;
    do {
      const page = await store.list({ ...old, ...(cursor === undefined ? {} : { cursor }) });
      for (const record of page.records) {
        if (this.#isClosed) return;
        if (!(await this.#isNeeded(record))) await this.#delete(record);
      }
      cursor = page.next;
      await new Promise<void>((resolve) => setImmediate(resolve));
    } while (cursor !== undefined);
  }

  async #delete(record: RunRecord): Promise<void> {
    await this.#context.runs.transact([record], () => this.#context.store.delete(keyOf(record)));
  }

  async #isNeeded(record: RunRecord): Promise<boolean> {
    const load = async (run: RunKey): Promise<RunRecord | undefined> => (await this.#context.store.load(run))?.record;
    return (
      isUnfinished(record) ||
      (await isNeeded(record, {
        isOpen: async (run) => {
          const found = await load(run);
          return found !== undefined && found.closeTime === undefined;
        },
        resetRunIdOf: async (run) => (await load(run))?.resetRunId,
      }))
    );
  }
}
