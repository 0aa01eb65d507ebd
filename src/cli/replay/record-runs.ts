import { existsSync } from 'node:fs';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { listRows } from '../../client/list-rows.ts';
import type { Perdure } from '../../client/perdure.ts';
import type { RunStatus } from '../../client/status.ts';
import { MANIFEST, type RecordingManifest } from '../../replay/recordings.ts';
import { NotFoundError, UsageError } from '../errors.ts';
import { runHistories } from './run-histories.ts';

/** Which runs are recorded: those of the ids, of the query, or the newest that fit. */
export interface Wanted {
  readonly ids: readonly string[];
  readonly query?: string;
  readonly status?: readonly RunStatus[];
  readonly agent?: string;
  readonly limit: number;
}

/**
 * Writes histories into a new folder, with a manifest: all of them, or there is no folder.
 * @throws UsageError when the folder is there; NotFoundError when no run fits; RunNotFoundError, EngineUnavailableError
 */
export async function recordRuns(perdure: Perdure, folder: string, wanted: Wanted): Promise<RecordingManifest['runs']> {
  if (existsSync(folder))
    throw new UsageError(`${folder} is there already, and is left as it is: name another folder.`);
  const ids = await idsOf(perdure, wanted);
  if (ids.length === 0) throw new NotFoundError('There are no such runs.');
  const draft = `${folder}.${process.pid}.draft`;
  await mkdir(draft, { recursive: true });
  try {
    const runs: RecordingManifest['runs'][number][] = [];
    for (const id of ids) {
      for await (const { runId, events } of runHistories(perdure.run(id))) {
        const file = `${String(runs.length + 1).padStart(4, '0')}.json`;
        await writeFile(join(draft, file), `${JSON.stringify({ events }, null, 1)}\n`);
        runs.push({ id, runId, file, events: events.length });
      }
    }
    const manifest: RecordingManifest = { version: 1, runs };
    await writeFile(join(draft, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
    await rename(draft, folder);
    return runs;
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

async function idsOf(perdure: Perdure, { ids, query, limit, status, agent }: Wanted): Promise<readonly string[]> {
  // An id that was used again stands for its newest run.
  const found = new Set(ids);
  if (ids.length > 0) return [...found];
  if (query !== undefined) {
    for await (const { workflowId } of listRows(perdure.client, { query })) {
      if (found.size >= limit) break;
      found.add(workflowId);
    }
    return [...found];
  }
  const filter = { ...(status && { status }), ...(agent !== undefined && { agent }) };
  for (let cursor: string | undefined; ;) {
    const page = await perdure.listRuns({
      ...filter,
      limit: Math.min(limit, 1000),
      ...(cursor !== undefined && { cursor }),
    });
    for (const { id } of page.runs) if (found.size < limit) found.add(id);
    ({ cursor } = page);
    if (cursor === undefined || found.size >= limit) return [...found];
  }
}
