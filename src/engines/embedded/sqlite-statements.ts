import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import proto from '@temporalio/proto';
import type { HistoryEvent } from '../../core/proto.ts';
import { decodeRecord } from '../../core/record-codec.ts';
import type { NamespaceRecord } from '../../core/namespace-record.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { indexedValues } from '../../core/search-attributes/value.ts';
import type { AttributeFilter, ListFilter, ListQuery, StoredNamespace } from '../../core/store.ts';
import { isUnfinished } from '../../core/listing.ts';
import type { CachedRun } from './run-cache.ts';
import { attributeWhere, LIST_ORDER, whereOf } from './sqlite-list.ts';

const { History } = proto.temporal.api.history.v1;

const RUN_COLUMNS = 'id, revision, last_event_id, record';
/** Statements of lists are kept by their text, of which there are few; against surprises no more than this many. */
const MAX_LIST_STATEMENTS = 100;

/** Runs that are put in order for a list without reading them in that order. */
const FEW = 1000;

type Row = Record<string, SQLOutputValue>;

/** A record and events as they are written. */
export interface EncodedRun {
  readonly record: RunRecord;
  readonly text: string;
  /** `undefined` when there are no events. */
  readonly events: Uint8Array | undefined;
}

/** Events as they are stored in one row. */
export function encodeEvents(events: readonly HistoryEvent[]): Uint8Array {
  return History.encode({ events: [...events] }).finish();
}

/** @throws SyntaxError when these are none. */
function decodeEvents(bytes: Uint8Array): readonly HistoryEvent[] {
  try {
    return History.decode(bytes).events;
  } catch (error) {
    throw new SyntaxError('events cannot be read', { cause: error });
  }
}

/** All SQL that reads and writes rows. Knows nothing of transactions, conflicts and caches. */
export class Statements {
  readonly #database: DatabaseSync;
  readonly #prepared = new Map<string, StatementSync>();
  readonly #lists = new Map<string, StatementSync>();

  constructor(database: DatabaseSync) {
    this.#database = database;
  }

  findRun({ namespace, workflowId, runId }: RunKey): CachedRun | undefined {
    const sql = `SELECT ${RUN_COLUMNS} FROM runs WHERE namespace = ? AND workflow_id = ? AND run_id = ?`;
    const row = this.#statement(sql).get(namespace, workflowId, runId);
    return row === undefined ? undefined : toCachedRun(row);
  }

  /** @returns the row of the new run. */
  insertRun({ record, text }: EncodedRun, lastEventId: number): number {
    const sql = `INSERT INTO runs (namespace, workflow_id, run_id, revision, last_event_id, workflow_type, task_queue, status,
      start_time, close_time, unfinished, record) VALUES (?, ?, ?, 1, ?, ?, ?, ?, ?, ?, ?, ?)`;
    const { lastInsertRowid } = this.#statement(sql).run(
      record.namespace,
      record.workflowId,
      record.runId,
      lastEventId,
      record.workflowType,
      record.taskQueue,
      record.status,
      record.startTime,
      record.closeTime ?? null,
      Number(isUnfinished(record)),
      text,
    );
    const row = Number(lastInsertRowid);
    this.#insertAttributes(row, record);
    return row;
  }

  updateRun(row: number, before: RunRecord, { record, text }: EncodedRun, revision: number, lastEventId: number): void {
    if (before.searchAttributes !== record.searchAttributes) {
      this.#deleteAttributes(row, before);
      this.#insertAttributes(row, record);
    }
    const isIndexed = before.status !== record.status || before.closeTime !== record.closeTime;
    if (!isIndexed && isUnfinished(before) === isUnfinished(record)) {
      // Naming an indexed column costs a write to the index, even when the value stays.
      const sql = 'UPDATE runs SET revision = ?, last_event_id = ?, record = ? WHERE id = ?';
      this.#statement(sql).run(revision, lastEventId, text, row);
      return;
    }
    const sql = `UPDATE runs SET revision = ?, last_event_id = ?, record = ?, status = ?, close_time = ?, unfinished = ? WHERE id = ?`;
    const { status, closeTime } = record;
    this.#statement(sql).run(revision, lastEventId, text, status, closeTime ?? null, Number(isUnfinished(record)), row);
  }

  deleteRun(row: number, record: RunRecord): void {
    const { namespace, workflowId, runId } = record;
    this.#statement('DELETE FROM history WHERE run = ?').run(row);
    this.#deleteAttributes(row, record);
    this.#statement('DELETE FROM runs WHERE id = ?').run(row);
    const sql = 'DELETE FROM current_runs WHERE namespace = ? AND workflow_id = ? AND run_id = ?';
    this.#statement(sql).run(namespace, workflowId, runId);
  }

  insertEvents(row: number, firstId: number, lastId: number, events: Uint8Array): void {
    const sql = 'INSERT INTO history (run, first_id, last_id, events) VALUES (?, ?, ?, ?)';
    this.#statement(sql).run(row, firstId, lastId, events);
  }

  /**
   * Events with `from <= id < to`, all of which have been written.
   * @throws SyntaxError when they are not there, or cannot be read.
   */
  findEvents(row: number, from: number, to: number): HistoryEvent[] {
    const sql = `SELECT first_id, last_id, events FROM history WHERE run = ? AND first_id < ? AND first_id >=
      coalesce((SELECT max(first_id) FROM history WHERE run = ? AND first_id <= ?), 0) ORDER BY first_id`;
    const found: HistoryEvent[] = [];
    let next = Math.max(from, 1);
    for (const { first_id: first, last_id: last, events } of this.#statement(sql).all(row, to, row, from)) {
      const [firstId, lastId] = [Number(first), Number(last)];
      const batch = decodeEvents(events as Uint8Array);
      if (firstId > next || batch.length !== lastId - firstId + 1) break;
      for (const event of batch.slice(Math.max(0, from - firstId), to - firstId)) found.push(event);
      next = lastId + 1;
    }
    if (next < to) throw new SyntaxError(`events from ${next} on are not what was written`);
    return found;
  }

  findCurrent(namespace: string, workflowId: string): string | undefined {
    const sql = 'SELECT run_id FROM current_runs WHERE namespace = ? AND workflow_id = ?';
    return this.#statement(sql).get(namespace, workflowId)?.['run_id'] as string | undefined;
  }

  setCurrent(namespace: string, workflowId: string, runId: string): void {
    const sql = `INSERT INTO current_runs (namespace, workflow_id, run_id) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET run_id = excluded.run_id`;
    this.#statement(sql).run(namespace, workflowId, runId);
  }

  /** Unfinished runs with a row above `after`, by row. */
  findUnfinished(after: number, limit: number): CachedRun[] {
    const sql = `SELECT ${RUN_COLUMNS} FROM runs WHERE unfinished = 1 AND id > ? ORDER BY id LIMIT ?`;
    return this.#statement(sql).all(after, limit).map(toCachedRun);
  }

  findNamespaces(): StoredNamespace[] {
    const rows = this.#statement('SELECT revision, record FROM namespaces ORDER BY name').all();
    return rows.map(({ revision, record }) => ({
      record: JSON.parse(record as string) as NamespaceRecord,
      revision: Number(revision),
    }));
  }

  /** @returns whether it was as expected. */
  writeNamespace(name: string, record: NamespaceRecord | undefined, expectedRevision: number): boolean {
    const found = this.#statement('SELECT revision FROM namespaces WHERE name = ?').get(name)?.['revision'] ?? 0;
    if (Number(found) !== expectedRevision) return false;
    if (record === undefined) {
      this.#statement('DELETE FROM namespaces WHERE name = ?').run(name);
      return true;
    }
    const sql = `INSERT INTO namespaces (name, revision, record) VALUES (?, ?, ?)
      ON CONFLICT DO UPDATE SET revision = excluded.revision, record = excluded.record`;
    this.#statement(sql).run(name, expectedRevision + 1, JSON.stringify(record));
    return true;
  }

  findList(query: ListQuery, limit: number): RunRecord[] {
    const { sql, values } = whereOf(query, query.cursor, (attribute) => this.#isCommon(query, attribute));
    const statement = this.#listStatement(`SELECT record FROM ${this.#listed(query)} ${sql} ${LIST_ORDER} LIMIT ?`);
    return statement.all(...values, limit).map(({ record }) => decodeRecord(record as string));
  }

  count(filter: ListFilter): number {
    const { sql, values } = whereOf(filter);
    return Number(this.#listStatement(`SELECT count(*) AS runs FROM runs ${sql}`).get(...values)?.['runs']);
  }

  /** The table, and through which index it is read for a prefix: few runs are put in order, among many the newest are sought. */
  #listed({ namespace, workflowIdPrefix }: ListFilter): string {
    if (!workflowIdPrefix) return 'runs';
    const { sql, values } = whereOf({ namespace, workflowIdPrefix });
    const some = `SELECT 1 FROM runs INDEXED BY runs_by_key ${sql} LIMIT ${FEW + 1}`;
    const found = Number(this.#listStatement(`SELECT count(*) AS runs FROM (${some})`).get(...values)?.['runs']);
    return `runs INDEXED BY ${found > FEW ? 'runs_by_start' : 'runs_by_key'}`;
  }

  /** Whether many runs have an attribute. One in a range is none that can be looked up for a run. */
  #isCommon({ namespace }: ListFilter, attribute: AttributeFilter): boolean {
    if (attribute.range !== undefined) return false;
    const { sql, values } = attributeWhere(namespace, attribute);
    const some = `SELECT 1 FROM attributes WHERE ${sql} LIMIT ${FEW + 1}`;
    return Number(this.#listStatement(`SELECT count(*) AS runs FROM (${some})`).get(...values)?.['runs']) > FEW;
  }

  #deleteAttributes(row: number, { namespace, searchAttributes }: RunRecord): void {
    if (searchAttributes === undefined) return;
    const sql = 'DELETE FROM attributes WHERE namespace = ? AND name = ? AND value = ? AND run = ?';
    for (const [name, values] of indexedValues(searchAttributes)) {
      for (const value of values) this.#statement(sql).run(namespace, name, value, row);
    }
  }

  #insertAttributes(row: number, { namespace, searchAttributes }: RunRecord): void {
    if (searchAttributes === undefined) return;
    const sql = 'INSERT INTO attributes (namespace, name, value, run) VALUES (?, ?, ?, ?)';
    for (const [name, values] of indexedValues(searchAttributes)) {
      for (const value of values) this.#statement(sql).run(namespace, name, value, row);
    }
  }

  #statement(sql: string): StatementSync {
    return prepared(this.#prepared, this.#database, sql);
  }

  #listStatement(sql: string): StatementSync {
    if (this.#lists.size >= MAX_LIST_STATEMENTS) this.#lists.clear();
    return prepared(this.#lists, this.#database, sql);
  }
}

function prepared(statements: Map<string, StatementSync>, database: DatabaseSync, sql: string): StatementSync {
  let statement = statements.get(sql);
  if (statement === undefined) {
    statement = database.prepare(sql);
    statements.set(sql, statement);
  }
  return statement;
}

function toCachedRun(row: Row): CachedRun {
  const text = row['record'] as string;
  return {
    row: Number(row['id']),
    stored: { record: decodeRecord(text), revision: Number(row['revision']) },
    lastEventId: Number(row['last_event_id']),
    tail: [],
    recordBytes: text.length,
    tailBytes: 0,
  };
}
