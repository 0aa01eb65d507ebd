import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { ConfigurationError } from '../engine/index.ts';
import type { RecordedHistory, RecordedRun } from './types.ts';

/** The file of a folder that says what is in it. */
export const MANIFEST = 'manifest.json';

/** What a folder of recordings holds. */
export interface RecordingManifest {
  /** Of this format. */
  readonly version: 1;
  readonly runs: readonly {
    readonly id: string;
    readonly runId: string;
    /** Name of the file within the folder. */
    readonly file: string;
    readonly events: number;
  }[];
}

/**
 * Recorded runs from a file with a history, or from a folder that `perdure record` has made.
 * @throws ConfigurationError when there is none.
 */
export async function recordedRuns(path: string): Promise<readonly RecordedRun[]> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw unusable(path, 'is not there.');
  if (!found.isDirectory()) {
    const history = historyOf(path, await parse(path));
    return [{ id: idOf(history) ?? basename(path, '.json'), history }];
  }
  const names = await readdir(path);
  if (!names.includes(MANIFEST)) {
    const files = names.filter((name) => name.endsWith('.json')).toSorted();
    if (files.length === 0) throw unusable(path, 'holds no recordings.');
    return (await Promise.all(files.map(async (name) => await recordedRuns(join(path, name))))).flat();
  }
  const { runs } = (await parse(join(path, MANIFEST))) as RecordingManifest;
  if (!Array.isArray(runs) || runs.length === 0) throw unusable(path, 'holds no recordings.');
  return await Promise.all(
    (runs as RecordingManifest['runs']).map(async ({ id, file }) => {
      // A manifest names files beside it, and nothing elsewhere.
      const place = join(path, basename(file));
      return { id, history: historyOf(place, await parse(place)) };
    }),
  );
}

async function parse(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch (cause) {
    throw unusable(path, 'cannot be read as JSON.', cause);
  }
}

function historyOf(path: string, value: unknown): RecordedHistory {
  const { events } = (value ?? {}) as Partial<RecordedHistory>;
  if (Array.isArray(events) && events.length > 0) return { events };
  throw unusable(path, 'is no history: it has no events.');
}

/** The workflow id, which ids of child workflows may be made of; older servers do not write it into histories. */
function idOf({ events: [first] }: RecordedHistory): string | undefined {
  const started = (first ?? {}) as { workflowExecutionStartedEventAttributes?: { workflowId?: string } };
  return started.workflowExecutionStartedEventAttributes?.workflowId || undefined;
}

function unusable(path: string, problem: string, cause?: unknown): ConfigurationError {
  return new ConfigurationError(path, problem, {
    fix: 'Name a file with a history in the JSON of Temporal, or a folder that perdure record has made.',
    cause,
  });
}
