import { loadParts } from './load.ts';
import { completeOptions, type WorkflowDataOptions } from './options.ts';
import type { WorkflowData } from './types.ts';

/**
 * Opens the data of runs: in PostgreSQL, by `url` or the environment's `PERDURE_DATA_URL` or `DATABASE_URL`; without a URL in PGlite, a PostgreSQL within this
 * process. Makes the tables that it needs. Close it when you are done.
 * @throws ConfigurationError for what is wrong with options, rights or packages; DataUnavailableError when the database can't be reached within some seconds.
 * @example
 * const data = await openWorkflowData({ url: process.env.DATABASE_URL });
 * const report = await data.read(run.id, 'report/final');
 */
export async function openWorkflowData(options: WorkflowDataOptions = {}): Promise<WorkflowData> {
  const complete = completeOptions(options);
  const { openStore } = await loadParts(complete.target);
  return openStore(complete);
}
