import { compareInList, decodeCursor, encodeCursor, matchesFilter } from '../../core/listing.ts';
import type { ListPosition } from '../../core/listing.ts';
import { decodeRecord } from '../../core/record-codec.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import type { ListFilter, ListPage, ListQuery } from '../../core/store.ts';
import { keyOfMember } from './keys.ts';
import type { Keys } from './keys.ts';
import { orStoreError } from './redis.ts';
import type { RedisClient } from './redis.ts';

/** Runs that are looked at in one go. */
const BATCH = 200;

/** Lists and counts runs: through the index that leaves the fewest, the other conditions while looking at the records. */
export class RedisLists {
  readonly #client: RedisClient;
  readonly #keys: Keys;

  constructor(client: RedisClient, keys: Keys) {
    this.#client = client;
    this.#keys = keys;
  }

  /** One page. @throws RangeError when the cursor is none. */
  async list(query: ListQuery): Promise<ListPage> {
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const records: RunRecord[] = [];
    for await (const record of this.#matching(query, after)) {
      if (records.length === query.limit) {
        const last = records.at(-1);
        return { records, next: last === undefined ? undefined : encodeCursor(last) };
      }
      records.push(record);
    }
    return { records, next: undefined };
  }

  /** Number of runs that match; what one index answers alone, costs no look at the runs. */
  async count(filter: ListFilter): Promise<number> {
    const { statuses, startTime } = filter;
    const isSimple =
      [filter.workflowId, filter.runId, filter.taskQueue, filter.closeTime].every((part) => part === undefined) &&
      (filter.workflowType === undefined || statuses === undefined);
    if (!isSimple) {
      let count = 0;
      for await (const _ of this.#matching(filter, undefined)) count++;
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

  async *#matching(filter: ListFilter, after: ListPosition | undefined): AsyncGenerator<RunRecord> {
    for await (const keys of this.#candidates(filter, after)) {
      const texts = await Promise.all(keys.map((key) => orStoreError(this.#client.hget(this.#keys.run(key), 'rec'))));
      for (const text of texts) {
        if (text === null) continue;
        const record = decodeRecord(text);
        if (after !== undefined && compareInList(record, after) <= 0) continue;
        if (matchesFilter(record, filter)) yield record;
      }
    }
  }

  /** Runs to look at, in the order of a list. */
  async *#candidates(filter: ListFilter, after: ListPosition | undefined): AsyncGenerator<RunKey[]> {
    if (filter.workflowId !== undefined) {
      yield await this.#ofWorkflow(filter.namespace, filter.workflowId);
      return;
    }
    const index = this.#index(filter);
    const from = -Math.min(after?.startTime ?? Infinity, filter.startTime?.to ?? Infinity);
    const to = -(filter.startTime?.from ?? -Infinity);
    // Positions move when runs come and go meanwhile, so each batch begins at the score where the one before ended.
    let start = from;
    const seen = new Set<string>();
    for (let skip = 0; ;) {
      const found = await orStoreError(
        this.#client.zrangebyscore(index, start, to, 'WITHSCORES', 'LIMIT', skip, BATCH),
      );
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
      if (found.length < BATCH * 2) return;
      skip = last === start ? skip + BATCH : 0;
      start = last;
    }
  }

  async #ofWorkflow(namespace: string, workflowId: string): Promise<RunKey[]> {
    const index = `${this.#keys.base(namespace)}by:id`;
    const members = await orStoreError(this.#client.zrangebylex(index, `[${workflowId}\0`, `(${workflowId}\u0001`));
    const keys = members.map((member) => ({ namespace, workflowId, runId: member.slice(workflowId.length + 1) }));
    const records = await Promise.all(
      keys.map(async (key) => {
        const text = await orStoreError(this.#client.hget(this.#keys.run(key), 'rec'));
        return text === null ? [] : [decodeRecord(text)];
      }),
    );
    return records.flat().toSorted(compareInList);
  }

  #index({ namespace, statuses, workflowType }: ListFilter): string {
    const status = statuses?.length === 1 ? statuses[0] : undefined;
    if (status !== undefined) return this.#keys.byStart(namespace, { status });
    return this.#keys.byStart(namespace, workflowType === undefined ? 'all' : { type: workflowType });
  }
}
