import { compareInList, decodeCursor, encodeCursor, endOfPrefix, matchesFilter } from '../../core/listing.ts';
import type { ListPosition } from '../../core/listing.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { scheduleType } from '../../core/schedule/state.ts';
import type { ListFilter, ListPage, ListQuery } from '../../core/store.ts';
import { keyOfIdMember, keyOfMember } from './keys.ts';
import type { Keys } from './keys.ts';
import { orStoreError } from './redis.ts';
import type { RedisClient } from './redis.ts';
import type { RunCodec } from './run-codec.ts';

/** Runs that are looked at in one go, at most. */
const BATCH = 200;
/** Runs that are looked at for one page, at most: what no index answers is found page by page. */
const LOOKS = 10_000;

/** Runs of a prefix that are read all at once, at most. */
const FEW = 1000;

/** Lists and counts runs: through the index that leaves the fewest, the other conditions while looking at the records. */
export class RedisLists {
  readonly #client: RedisClient;
  readonly #keys: Keys;
  readonly #codec: RunCodec;
  readonly #looks: number;

  /** @param looks how many runs are looked at for one page, at most. */
  constructor(client: RedisClient, keys: Keys, codec: RunCodec, looks: number = LOOKS) {
    this.#client = client;
    this.#keys = keys;
    this.#codec = codec;
    this.#looks = looks;
  }

  /** One page; it is short when a lot had to be looked at for it. @throws RangeError when the cursor is none. */
  async list(query: ListQuery): Promise<ListPage> {
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const records: RunRecord[] = [];
    let looked = 0;
    let last: RunRecord | undefined;
    for await (const record of this.#records(query, after, query.limit + 1)) {
      const isWanted = matchesFilter(record, query);
      if (last !== undefined && (looked >= this.#looks || (isWanted && records.length === query.limit))) {
        return { records, next: encodeCursor(last) };
      }
      if (isWanted) records.push(record);
      looked++;
      last = record;
    }
    return { records, next: undefined };
  }

  /** Number of runs that match; what one index answers alone, costs no look at the runs. */
  async count(filter: ListFilter): Promise<number> {
    const { statuses, startTime } = filter;
    const isSimple =
      // Schedules have an index of their own, and nothing but that.
      !filter.schedules &&
      filter.workflowType !== scheduleType &&
      [
        filter.workflowId,
        filter.workflowIdPrefix,
        filter.runId,
        filter.taskQueue,
        filter.closeTime,
        filter.attributes,
      ].every((part) => part === undefined) &&
      (filter.workflowType === undefined || statuses === undefined);
    if (!isSimple) {
      let count = 0;
      for await (const record of this.#records(filter, undefined, BATCH)) if (matchesFilter(record, filter)) count++;
      return count;
    }
    const indexes =
      statuses === undefined
        ? [this.#index(filter)]
        : [...new Set(statuses)].map((status) => this.#keys.byStart(filter.namespace, { status }));
    const counts = indexes.map((index) =>
      orStoreError(this.#client.zcount(index, -(startTime?.to ?? Infinity), -(startTime?.from ?? -Infinity))),
    );
    return (await Promise.all(counts)).reduce((sum, count) => sum + count, 0);
  }

  /** Those that may match, from a position on, in the order of a list. */
  async *#records(filter: ListFilter, after: ListPosition | undefined, wanted: number): AsyncGenerator<RunRecord> {
    for await (const keys of this.#candidates(filter, after, wanted)) {
      for (const record of await Promise.all(keys.map((key) => this.#read(key)))) {
        if (record === undefined) continue;
        if (after !== undefined && compareInList(record, after) <= 0) continue;
        yield record;
      }
    }
  }

  /** Runs to look at, in the order of a list: as many as are wanted at first, and more and more when those do not match. */
  async *#candidates(filter: ListFilter, after: ListPosition | undefined, wanted: number): AsyncGenerator<RunKey[]> {
    if (filter.workflowId !== undefined) {
      yield await this.#byId(filter.namespace, `[${filter.workflowId}\0`, `(${filter.workflowId}\u0001`);
      return;
    }
    if (filter.workflowIdPrefix) {
      const end = endOfPrefix(filter.workflowIdPrefix);
      const range = [`[${filter.workflowIdPrefix}`, end === undefined ? '+' : `(${end}`] as const;
      const count = await orStoreError(this.#client.zlexcount(this.#ids(filter.namespace), ...range));
      // Otherwise their index says nothing of when they began, and the newest are soon found by that.
      if (count <= FEW) {
        yield await this.#byId(filter.namespace, ...range);
        return;
      }
    }
    const index = this.#index(filter);
    const from = -Math.min(after?.startTime ?? Infinity, filter.startTime?.to ?? Infinity);
    const to = -(filter.startTime?.from ?? -Infinity);
    // Positions move when runs come and go meanwhile, so each batch begins at the score where the one before ended.
    let start = from;
    const seen = new Set<string>();
    let size = Math.min(wanted + 1, BATCH);
    for (let skip = 0; ;) {
      const found = await orStoreError(this.#client.zrangebyscore(index, start, to, 'WITHSCORES', 'LIMIT', skip, size));
      const fresh: RunKey[] = [];
      let last = start;
      for (let i = 0; i < found.length; i += 2) {
        const member = found[i] ?? '';
        last = Number(found[i + 1]);
        if (seen.has(member)) continue;
        seen.add(member);
        fresh.push(keyOfMember(filter.namespace, member));
      }
      yield fresh;
      if (found.length < size * 2) return;
      skip = last === start ? skip + size : 0;
      start = last;
      size = Math.min(size * 2, BATCH);
    }
  }

  #ids(namespace: string): string {
    return `${this.#keys.base(namespace)}by:id`;
  }

  /** Runs of a range of workflow ids, in the order of a list. */
  async #byId(namespace: string, from: string, to: string): Promise<RunKey[]> {
    const members = await orStoreError(this.#client.zrangebylex(this.#ids(namespace), from, to));
    const records = await Promise.all(members.map((member) => this.#read(keyOfIdMember(namespace, member))));
    return records.filter((record) => record !== undefined).toSorted(compareInList);
  }

  /** A record; `undefined` when there is none any more. */
  async #read(key: RunKey): Promise<RunRecord | undefined> {
    const found = await this.#codec.whole(key, async () => {
      const text = await orStoreError(this.#client.hget(this.#keys.run(key), 'rec'));
      return text === null ? undefined : { text };
    });
    return found?.record;
  }

  #index({ namespace, statuses, workflowType, schedules }: ListFilter): string {
    if (schedules) return this.#keys.byStart(namespace, { type: scheduleType });
    const status = statuses?.length === 1 ? statuses[0] : undefined;
    if (status !== undefined) return this.#keys.byStart(namespace, { status });
    return this.#keys.byStart(namespace, workflowType === undefined ? 'all' : { type: workflowType });
  }
}
