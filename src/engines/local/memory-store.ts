import { continueHistory } from '../../core/history-ids.ts';
import { compareInList, decodeCursor, encodeCursor, isUnfinished, matchesFilter } from '../../core/listing.ts';
import type { HistoryEvent } from '../../core/proto.ts';
import type { NamespaceRecord } from '../../core/namespace-record.ts';
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

/** All that is kept of one run. `stored` is replaced by every commit, never changed. */
interface Entry {
  stored: StoredRun;
  readonly events: HistoryEvent[];
  deleted: boolean;
}

interface Workflow {
  current: string | undefined;
  readonly runs: Map<string, Entry>;
}

interface Namespace {
  readonly workflows: Map<string, Workflow>;
  readonly index: StartIndex;
}

/**
 * Keeps everything in memory and nothing else: the state is gone with the process. Nothing is copied or encoded, a commit takes constant time.
 */
export class MemoryStore implements Store {
  readonly #namespaces = new Map<string, Namespace>();
  readonly #unfinished = new Set<Entry>();
  readonly #settings = new Map<string, StoredNamespace>();
  #closed = false;

  async load(key: RunKey): Promise<StoredRun | undefined> {
    this.#assertOpen();
    return this.#find(key)?.stored;
  }

  async currentRunId(namespace: string, workflowId: string): Promise<string | undefined> {
    this.#assertOpen();
    return this.#namespaces.get(namespace)?.workflows.get(workflowId)?.current;
  }

  async commit(commit: Commit): Promise<'committed' | 'conflict'> {
    this.#assertOpen();
    if (!this.#isAsExpected(commit)) return 'conflict';
    // Nothing is written before all of it was checked.
    for (const { record, events } of commit.runs)
      continueHistory(record, this.#find(record)?.events.length ?? 0, events);
    for (const write of commit.runs) this.#write(write);
    for (const { namespace, workflowId, runId } of commit.current)
      this.#workflow(namespace, workflowId).current = runId;
    return 'committed';
  }

  async readHistory(key: RunKey, from: number, to?: number): Promise<readonly HistoryEvent[]> {
    this.#assertOpen();
    return (
      this.#find(key)?.events.slice(Math.max(from, 1) - 1, to === undefined ? undefined : Math.max(to, 1) - 1) ?? []
    );
  }

  async *unfinished(): AsyncIterable<StoredRun> {
    this.#assertOpen();
    for (const entry of Array.from(this.#unfinished)) {
      if (this.#unfinished.has(entry)) yield entry.stored;
    }
  }

  async list(query: ListQuery): Promise<ListPage> {
    this.#assertOpen();
    const after = query.cursor === undefined ? undefined : decodeCursor(query.cursor);
    const records: RunRecord[] = [];
    for (const record of this.#candidates(query, after?.startTime)) {
      if ((after !== undefined && compareInList(record, after) <= 0) || !matchesFilter(record, query)) continue;
      if (records.length === query.limit) {
        const last = records.at(-1);
        return { records, next: last === undefined ? undefined : encodeCursor(last) };
      }
      records.push(record);
    }
    return { records, next: undefined };
  }

  async count(filter: ListFilter): Promise<number> {
    this.#assertOpen();
    let count = 0;
    for (const record of this.#candidates(filter)) if (matchesFilter(record, filter)) count++;
    return count;
  }

  async delete(key: RunKey): Promise<void> {
    this.#assertOpen();
    const namespace = this.#namespaces.get(key.namespace);
    const workflow = namespace?.workflows.get(key.workflowId);
    const entry = workflow?.runs.get(key.runId);
    if (namespace === undefined || workflow === undefined || entry === undefined) return;
    workflow.runs.delete(key.runId);
    if (workflow.current === key.runId) workflow.current = undefined;
    if (workflow.runs.size === 0) namespace.workflows.delete(key.workflowId);
    namespace.index.remove(entry);
    this.#unfinished.delete(entry);
  }

  async readNamespaces(): Promise<readonly StoredNamespace[]> {
    this.#assertOpen();
    return [...this.#settings.values()];
  }

  async writeNamespace(
    name: string,
    record: NamespaceRecord | undefined,
    expectedRevision: number,
  ): Promise<'committed' | 'conflict'> {
    this.#assertOpen();
    if ((this.#settings.get(name)?.revision ?? 0) !== expectedRevision) return 'conflict';
    if (record === undefined) this.#settings.delete(name);
    else this.#settings.set(name, { record, revision: expectedRevision + 1 });
    return 'committed';
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#namespaces.clear();
    this.#settings.clear();
    this.#unfinished.clear();
  }

  #isAsExpected(commit: Commit): boolean {
    return (
      commit.runs.every(
        ({ record, expectedRevision }) => (this.#find(record)?.stored.revision ?? 0) === expectedRevision,
      ) &&
      commit.current.every(
        ({ namespace, workflowId, expectedRunId }) =>
          this.#namespaces.get(namespace)?.workflows.get(workflowId)?.current === expectedRunId,
      )
    );
  }

  #write({ record, events }: RunWrite): void {
    let entry = this.#find(record);
    if (entry === undefined) {
      entry = { stored: { record, revision: 1 }, events: [], deleted: false };
      this.#workflow(record.namespace, record.workflowId).runs.set(record.runId, entry);
      this.#namespace(record.namespace).index.add(entry);
    } else {
      entry.stored = { record, revision: entry.stored.revision + 1 };
    }
    for (const event of events) entry.events.push(event);
    if (isUnfinished(record)) this.#unfinished.add(entry);
    else this.#unfinished.delete(entry);
  }

  /** Runs to filter, in the order of a list. */
  #candidates(filter: ListFilter, startedUpTo = Infinity): Iterable<RunRecord> {
    const namespace = this.#namespaces.get(filter.namespace);
    if (namespace === undefined) return [];
    if (filter.workflowId === undefined) {
      return namespace.index.records(Math.min(startedUpTo, filter.startTime?.to ?? Infinity));
    }
    const runs = namespace.workflows.get(filter.workflowId)?.runs.values() ?? [];
    return Array.from(runs, ({ stored }) => stored.record).toSorted(compareInList);
  }

  #find(key: RunKey): Entry | undefined {
    return this.#namespaces.get(key.namespace)?.workflows.get(key.workflowId)?.runs.get(key.runId);
  }

  #namespace(name: string): Namespace {
    let namespace = this.#namespaces.get(name);
    if (namespace === undefined) {
      namespace = { workflows: new Map(), index: new StartIndex() };
      this.#namespaces.set(name, namespace);
    }
    return namespace;
  }

  #workflow(namespaceName: string, workflowId: string): Workflow {
    const { workflows } = this.#namespace(namespaceName);
    let workflow = workflows.get(workflowId);
    if (workflow === undefined) {
      workflow = { current: undefined, runs: new Map() };
      workflows.set(workflowId, workflow);
    }
    return workflow;
  }

  #assertOpen(): void {
    if (this.#closed) throw new StoreError('closed', 'The store is closed.');
  }
}

/** Runs by start time. Writes only append; who reads pays for order, which is cheap as runs come nearly in the order of their start. */
class StartIndex {
  /** In list order reversed, oldest first, up to `#sorted`. */
  #entries: Entry[] = [];
  #sorted = 0;
  #removed = 0;

  add(entry: Entry): void {
    this.#entries.push(entry);
  }

  remove(entry: Entry): void {
    entry.deleted = true;
    this.#removed++;
    if (this.#removed > 32 && this.#removed * 2 > this.#entries.length) this.#compact();
  }

  /** Live runs in list order, only those that started up to a time. What is added while this is read may be missing. */
  *records(startedUpTo = Infinity): Generator<RunRecord> {
    this.#sort();
    const entries = this.#entries;
    for (let i = this.#upperBound(startedUpTo) - 1; i >= 0; i--) {
      const entry = entries[i];
      if (entry !== undefined && !entry.deleted) yield entry.stored.record;
    }
  }

  #sort(): void {
    if (this.#sorted === this.#entries.length) return;
    this.#entries.sort((a, b) => compareInList(b.stored.record, a.stored.record));
    this.#sorted = this.#entries.length;
  }

  #compact(): void {
    this.#entries = this.#entries.filter(({ deleted }) => !deleted);
    this.#sorted = 0;
    this.#removed = 0;
  }

  /** Number of runs that started up to a time. */
  #upperBound(time: number): number {
    let low = 0;
    let high = this.#entries.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#entries[middle]?.stored.record.startTime ?? Infinity) <= time) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
