import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';

/** A row of the table of runs. */
type Row = Record<string, string | number | null>;

/**
 * Copies the runs of a file, with their histories, under new ids until there are so many: to start them all would take too long.
 * @returns the size of the file in bytes.
 */
export function copyRuns(path: string, count: number): number {
  const database = new DatabaseSync(path);
  try {
    const runs = database.prepare('SELECT * FROM runs').all() as Row[];
    const columns = Object.keys(runs[0] ?? {}).filter((name) => name !== 'id');
    const insert = database.prepare(
      `INSERT INTO runs (${columns.join(', ')}) VALUES (${columns.map(() => '?').join(', ')})`,
    );
    const insertCurrent = database.prepare(
      'INSERT INTO current_runs (namespace, workflow_id, run_id) VALUES (?, ?, ?)',
    );
    const copyHistory = database.prepare(
      'INSERT INTO history SELECT ?, first_id, last_id, events FROM history WHERE run = ?',
    );
    database.exec('BEGIN');
    for (let index = runs.length; index < count; index++) {
      const run = runs[index % runs.length] ?? {};
      const [workflowId, runId] = [`copy-${String(index).padStart(8, '0')}`, randomUUID()];
      const record = String(run['record'])
        .replaceAll(String(run['workflow_id']), workflowId)
        .replaceAll(String(run['run_id']), runId);
      const copy: Row = { ...run, workflow_id: workflowId, run_id: runId, record };
      const { lastInsertRowid } = insert.run(...columns.map((name) => copy[name] ?? null));
      insertCurrent.run(run['namespace'] ?? null, workflowId, runId);
      copyHistory.run(lastInsertRowid, run['id'] ?? null);
    }
    database.exec('COMMIT');
  } finally {
    database.close();
  }
  return statSync(path).size;
}
