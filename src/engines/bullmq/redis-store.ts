import { randomUUID } from 'node:crypto';
import { continueHistory } from '../../core/history-ids.ts';
import { isUnfinished } from '../../core/listing.ts';
import type { NamespaceRecord } from '../../core/namespace-record.ts';
import { toNumber } from '../../core/proto.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { StoreError } from '../../core/store.ts';
import type {
  Commit,
  ListFilter,
  ListPage,
  ListQuery,
  RunWrite,
  Store,
  StoredNamespace,
  StoredRun,
} from '../../core/store.ts';
import { commitArguments } from './commit-arguments.ts';
import type { JobSettings, Writes } from './commit-arguments.ts';
import { keyOfMember, runPart } from './keys.ts';
import type { Keys } from './keys.ts';
import { KnownRuns } from './known-runs.ts';
import { joined, LateWrites } from '../local/late-writes.ts';
import type { Late, RunWrites, Written } from '../local/late-writes.ts';
import { COMMIT, DELETE_RUNS, READ_HISTORY } from './lua-runs.ts';
import { PAYLOAD_THRESHOLD } from './options.ts';
import { orStoreError, Script } from './redis.ts';
import type { RedisClient } from './redis.ts';
import { RedisLists } from './redis-lists.ts';
import { RedisNamespaces } from './redis-namespaces.ts';
import { RunCodec } from './run-codec.ts';
import type { EncodedRun } from './run-codec.ts';

const commitScript = new Script(COMMIT);
const readHistoryScript = new Script(READ_HISTORY);
const deleteScript = new Script(DELETE_RUNS);

/** Runs that are loaded in one go. */
const BATCH = 100;
/** What `COMMIT` answers when a payload is not there that was not sent along. */
const LACKS_PAYLOADS = 2;

/** How a store on Redis is made. */
export interface RedisStoreOptions {
  /** Belongs to whoever made it. */
  readonly client: RedisClient;
  readonly keys: Keys;
  /** Names this process among those that share the store. Default: a random one. */
  readonly process?: string;
  /** Makes each unfinished run a job. Default: none does. */
  readonly jobs?: JobSettings;
  /** Payloads with more bytes are kept once for a run, and not written again with its record. Default: 32 KiB. */
  readonly payloadThreshold?: number;
  /** Told when changes that waited could not be written: the run is not as this process took it to be. */
  readonly onRefused?: (run: RunKey) => void;
}

/**
 * Keeps everything in Redis, for many processes at once. A commit is one script, so it happens whole or not at all; whoever computed it from what is no
 * longer true gets a conflict.
 */
export class RedisStore implements Store {
  readonly #client: RedisClient;
  readonly #keys: Keys;
  readonly #process: string;
  readonly #jobs: JobSettings | undefined;
  readonly #codec: RunCodec;
  readonly #lists: RedisLists;
  readonly #settings: RedisNamespaces;
  readonly #namespaces = new Set<string>();
  /** Runs that are resident in this process. */
  readonly known: KnownRuns = new KnownRuns();
  readonly #late: LateWrites = new LateWrites((run) => this.settle(run).catch(() => undefined));
  /** The latest writes of changes that waited, by run, as long as they are on their way. */
  readonly #writing = new Map<string, Promise<Written>>();
  readonly #onRefused: (run: RunKey) => void;
  #closed = false;

  constructor(options: RedisStoreOptions) {
    const {
      client,
      keys,
      process = randomUUID(),
      jobs,
      payloadThreshold: threshold = PAYLOAD_THRESHOLD,
      onRefused,
    } = options;
    this.#client = client;
    this.#keys = keys;
    this.#process = process;
    this.#jobs = jobs;
    this.#onRefused = onRefused ?? (() => undefined);
    this.#codec = new RunCodec({ client, keys, threshold });
    this.#lists = new RedisLists(client, keys, this.#codec);
    this.#settings = new RedisNamespaces(client, keys);
  }

  async load(key: RunKey): Promise<StoredRun | undefined> {
    this.#assertOpen();
    await this.settle(key);
    const found = await this.read(key, async () => {
      const fields = await orStoreError(this.#client.hmget(this.#keys.run(key), 'rev', 'last', 'rec', 'time'));
      const [revision, last, text, time] = fields;
      return revision && text ? { revision: Number(revision), last: Number(last ?? 0), text, time } : undefined;
    });
    if (found === undefined) {
      this.known.read(key, undefined, 0);
      return undefined;
    }
    const { record, revision, last, time } = found;
    const stored = { record, revision, ...(time ? { lastEventTime: Number(time) } : {}) };
    this.known.read(key, stored, last);
    return stored;
  }

  /** See `RunCodec.whole`. */
  async read<Found extends { readonly text: string }>(
    key: RunKey,
    look: () => Promise<Found | undefined>,
  ): Promise<(Found & { readonly record: RunRecord }) | undefined> {
    return this.#codec.whole(key, look);
  }

  recall(key: RunKey): StoredRun | undefined {
    this.#assertOpen();
    return this.known.get(key);
  }

  async currentRunId(namespace: string, workflowId: string): Promise<string | undefined> {
    this.#assertOpen();
    return (await orStoreError(this.#client.hget(`${this.#keys.base(namespace)}current`, workflowId))) ?? undefined;
  }

  async commit(commit: Commit): Promise<'committed' | 'conflict'> {
    this.#assertOpen();
    for (const { record } of commit.runs) await this.#know(record.namespace);
    for (const run of commit.runs) if (!this.#late.isContinuedBy(run)) await this.settle(run.record);
    const late = commit.runs.map(({ record }) => this.#late.take(record));
    const runs = commit.runs.map((run, index) => withEarlier(late[index], run));
    const written = await this.#write({ ...commit, runs }, late);
    if (written === 'committed') for (const run of commit.runs) this.known.wrote(run);
    return written;
  }

  commitLater({ runs: [write], current }: Commit): Promise<Written> | undefined {
    this.#assertOpen();
    if (write === undefined || current.length > 0) return undefined;
    if (!this.known.mayWait(write) || !this.#late.isContinuedBy(write)) return undefined;
    const written = this.#late.add(write);
    this.known.wrote(write);
    return written;
  }

  /** Writes what waits of a run, and waits for what is on its way. @throws StoreError when the storage fails. */
  async settle(run: RunKey): Promise<void> {
    const late = this.#late.take(run);
    if (late !== undefined) await this.#write({ runs: [late.writes], current: [] }, [late]);
    // Whoever has begun to write it hears of failures.
    else await this.#writing.get(this.#keys.run(run))?.catch(() => undefined);
  }

  async readHistory(key: RunKey, from: number, to?: number): Promise<readonly HistoryEvent[]> {
    this.#assertOpen();
    if (to !== undefined && to <= from) return [];
    const first = Math.max(from, 1);
    const known = to === undefined ? undefined : this.known.events(key, first, to);
    if (to === undefined || known === undefined) return await this.#readHistory(key, first, to);
    if (known.length === to - first) return known;
    return [...(await this.#readHistory(key, first, to - known.length)), ...known];
  }

  async #readHistory(key: RunKey, from: number, to?: number): Promise<readonly HistoryEvent[]> {
    if (!this.#isWritten(key, to)) await this.settle(key);
    const args = [from, to ?? ''];
    const commits = (await readHistoryScript.run(this.#client, [this.#keys.history(key)], args)) as readonly Buffer[];
    const events = await this.#codec.events(key, commits);
    return events.filter(({ eventId }) => toNumber(eventId) >= from && (to === undefined || toNumber(eventId) < to));
  }

  async *unfinished(): AsyncIterable<StoredRun> {
    this.#assertOpen();
    for (const namespace of await orStoreError(this.#client.smembers(this.#keys.namespaces))) {
      const members = await orStoreError(this.#client.zrange(`${this.#keys.base(namespace)}unfinished`, '0', '-1'));
      for (let start = 0; start < members.length; start += BATCH) {
        const keys = members.slice(start, start + BATCH).map((member) => keyOfMember(namespace, member));
        for (const stored of await Promise.all(keys.map((key) => this.load(key)))) {
          if (stored !== undefined && isUnfinished(stored.record)) yield stored;
        }
      }
    }
  }

  async list(query: ListQuery): Promise<ListPage> {
    this.#assertOpen();
    return this.#lists.list(query);
  }

  async count(filter: ListFilter): Promise<number> {
    this.#assertOpen();
    return this.#lists.count(filter);
  }

  async delete(key: RunKey): Promise<void> {
    await this.deleteAll(key.namespace, [key]);
  }

  /** Removes some closed runs of a namespace in one go, which nothing else comes between: only a few at a time. */
  async deleteAll(namespace: string, runs: readonly RunKey[]): Promise<void> {
    this.#assertOpen();
    const args = runs.flatMap((key) => [key.runId, key.workflowId, runPart(key)]);
    await deleteScript.run(this.#client, [this.#keys.base(namespace)], args);
  }

  async readNamespaces(): Promise<readonly StoredNamespace[]> {
    this.#assertOpen();
    return this.#settings.read();
  }

  async writeNamespace(
    name: string,
    record: NamespaceRecord | undefined,
    expectedRevision: number,
  ): Promise<'committed' | 'conflict'> {
    this.#assertOpen();
    return this.#settings.write(name, record, expectedRevision);
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.allSettled([...this.#late.runs().map((run) => this.settle(run)), ...this.#writing.values()]);
  }

  /** Writes a commit with the changes that waited for it, after those that are on their way. */
  async #write(commit: Writes, late: readonly (Late | undefined)[]): Promise<Written> {
    const waited = late.filter((each) => each !== undefined);
    const names = commit.runs.map(({ record }) => this.#keys.run(record));
    const written = this.#writeAfter(
      names.flatMap((name) => this.#writing.get(name) ?? []),
      commit,
      waited,
    );
    if (waited.length > 0) for (const name of names) this.#writing.set(name, written);
    try {
      return await written;
    } finally {
      for (const name of names) if (this.#writing.get(name) === written) this.#writing.delete(name);
    }
  }

  /**
   * Writes once those before have come true, on which this builds: they may be refused, and whoever was faster may have made as many commits, so that the
   * revision alone does not tell.
   */
  async #writeAfter(before: readonly Promise<Written>[], commit: Writes, waited: readonly Late[]): Promise<Written> {
    try {
      const outcomes = await Promise.all(before.map((write) => write.catch(() => 'conflict' as const)));
      const written = outcomes.includes('conflict') ? 'conflict' : await this.#send(commit);
      for (const { writes, done } of waited) {
        if (written === 'conflict') this.#refused(writes);
        done.resolve(written);
      }
      return written;
    } catch (error) {
      for (const { writes, done } of waited) {
        this.#refused(writes);
        done.reject(error);
      }
      throw error;
    }
  }

  async #send(commit: Writes): Promise<Written> {
    const encoded = commit.runs.map((run) => this.#codec.encode(run));
    const parts = commit.runs.map(({ record }, index) => ({ record, part: encoded[index] as EncodedRun }));
    const context = { keys: this.#keys, process: this.#process, jobs: this.#jobs, encoded };
    const write = async (payloads: readonly ReadonlyMap<string, Uint8Array>[]): Promise<unknown> => {
      const { keys, args } = commitArguments(commit, { ...context, payloads });
      return commitScript.run(this.#client, keys, args);
    };
    let answer = await write(parts.map(({ record, part }) => this.#codec.unsent(record, part)));
    if (answer === LACKS_PAYLOADS) answer = await write(encoded.map(({ data }) => data));
    if (Array.isArray(answer)) this.#refuseGap(commit, Number(answer[0]), Number(answer[1]));
    if (answer !== 1) return 'conflict';
    for (const { record, part } of parts) this.#codec.sent(record, part);
    return 'committed';
  }

  /** Changes that waited are not written, and what came after them cannot be either. */
  #refused({ record }: RunWrite): void {
    this.known.invalidate(record);
    this.#late.take(record)?.done.resolve('conflict');
    this.#onRefused(record);
  }

  /** Whether all events before `to` are in Redis. */
  #isWritten(key: RunKey, to: number | undefined): boolean {
    if (this.#writing.has(this.#keys.run(key))) return false;
    const [first] = this.#late.get(key)?.events ?? [];
    return first === undefined || (to !== undefined && to <= toNumber(first.eventId));
  }

  /** Who looks for unfinished runs must know the namespaces; a namespace is made known before it has its first run. */
  async #know(namespace: string): Promise<void> {
    if (this.#namespaces.has(namespace)) return;
    await orStoreError(this.#client.sadd(this.#keys.namespaces, namespace));
    this.#namespaces.add(namespace);
  }

  #refuseGap(commit: Writes, index: number, last: number): never {
    const write = commit.runs[index];
    if (write !== undefined) continueHistory(write.record, last, write.events);
    throw new RangeError(
      `The events of run ${index} of a commit do not continue its history, which ends with ${last}.`,
    );
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('closed', 'The store is closed.');
  }
}

function withEarlier(late: Late | undefined, write: RunWrite): RunWrites {
  return late === undefined ? write : joined(late.writes, write);
}
