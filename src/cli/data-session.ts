import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import type { WorkflowData } from '../data/index.ts';
import { ConfigurationError } from '../engine/index.ts';
import type { CliOutput } from './output.ts';
import { withProgress } from './progress.ts';

/** What the command line says about where the data of runs is. */
export interface DataFlags {
  readonly dataUrl?: string;
  readonly dataPath?: string;
  readonly tenant?: string;
}

const DEFAULT_PATH = './.perdure/data';

/**
 * Opens the data of runs that flags and environment ask for, for as long as the work takes.
 * @param options.creates whether it may begin with an empty PGlite. Default `false`.
 * @throws ConfigurationError, DataUnavailableError; what the work throws.
 */
export async function withData<Result>(
  { dataUrl, dataPath, tenant }: DataFlags,
  output: CliOutput,
  work: (data: WorkflowData) => Promise<Result>,
  { creates = false }: { readonly creates?: boolean } = {},
): Promise<Result> {
  const isElsewhere = dataUrl ?? process.env['PERDURE_DATA_URL'] ?? process.env['DATABASE_URL'];
  const path = resolve(dataPath ?? DEFAULT_PATH);
  if (!creates && (dataPath !== undefined || !isElsewhere) && !existsSync(path)) {
    throw new ConfigurationError('--data-path', `there is no directory ${path}.`, {
      fix: 'Name a PostgreSQL with --data-url or PERDURE_DATA_URL, or the directory of a PGlite; the first write makes it.',
    });
  }
  // Late, for it is much to load: mistakes above are told at once.
  const { openWorkflowData } = await import('../data/index.ts');
  const data = await withProgress(
    output,
    'Opening the data',
    async () =>
      await openWorkflowData({
        ...(dataUrl === undefined ? {} : { url: dataUrl }),
        ...(dataPath === undefined ? {} : { path: dataPath }),
        ...(tenant === undefined ? {} : { tenant }),
      }),
  );
  try {
    return await work(data);
  } finally {
    await data.close();
  }
}
