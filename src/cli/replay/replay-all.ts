import { existsSync } from 'node:fs';
import { converterFromEnv } from '../../codec/index.ts';
import type { Perdure } from '../../client/perdure.ts';
import { type RecordedRun, recordedRuns, replayRuns, type ReplayReport } from '../../replay/index.ts';
import type { EngineFlags } from '../engine-flags.ts';
import { NotFoundError } from '../errors.ts';
import { type FileOptions, loadWorkerFile } from '../load-file.ts';
import type { CliOutput } from '../output.ts';
import { projectFile } from '../project/find-file.ts';
import { withPerdure } from '../session.ts';
import { runHistories } from './run-histories.ts';

/** What the command line says. */
export interface ReplayFlags extends EngineFlags {
  readonly file?: string;
  readonly strict?: boolean;
}

/**
 * Replays what was named, on the code of the worker's file. Connects to an engine for ids only.
 * @throws NotFoundError, RunNotFoundError; ConfigurationError when the file or a recording cannot be used.
 */
export async function replayAll(what: readonly string[], flags: ReplayFlags, output: CliOutput): Promise<ReplayReport> {
  const worker = await loadWorkerFile(projectFile(flags.file));
  await quietRuntime();
  const paths = what.filter((each) => existsSync(each));
  const ids = what.filter((each) => !existsSync(each));
  const missing = ids.find((each) => each.endsWith('.json') || /[\\/]$/.test(each));
  if (missing !== undefined) throw new NotFoundError(`There is no ${missing}.`);
  const recorded = (await Promise.all(paths.map(async (path) => await recordedRuns(path)))).flat();
  const replay = async (runs: AsyncIterable<RecordedRun>): Promise<ReplayReport> => {
    const { agents = [], tools = [], workflowsPath, workerOptions } = worker;
    const dataConverter = converterOf(worker);
    return await replayRuns({
      agents,
      tools,
      runs,
      strict: flags.strict === true,
      ...(workflowsPath !== undefined && { workflowsPath }),
      workerOptions: { ...workerOptions, ...(dataConverter && { dataConverter }) },
    });
  };
  if (ids.length === 0) return await replay(both(recorded, [], undefined));
  return await withPerdure(flags, output, async (perdure) => await replay(both(recorded, ids, perdure)));
}

async function* both(
  recorded: readonly RecordedRun[],
  ids: readonly string[],
  perdure: Perdure | undefined,
): AsyncGenerator<RecordedRun, void, undefined> {
  yield* recorded;
  for (const id of ids) {
    if (perdure === undefined) return;
    for await (const { events } of runHistories(perdure.run(id))) yield { id, history: { events } };
  }
}

/** As the worker would read payloads. */
function converterOf({ workerOptions, engine }: FileOptions): ReturnType<typeof converterFromEnv> {
  const { client } = (engine ?? {}) as {
    readonly client?: { readonly dataConverter?: ReturnType<typeof converterFromEnv> };
  };
  return workerOptions?.dataConverter ?? client?.dataConverter ?? converterFromEnv(process.env);
}

/** The report says what is different: the official runtime need not say so as well. */
async function quietRuntime(): Promise<void> {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  const logger = new DefaultLogger('ERROR', () => {});
  try {
    Runtime.install({ logger, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });
  } catch (error) {
    // The file has set up the runtime by itself.
    if (!(error instanceof Error && error.name === 'IllegalStateError')) throw error;
  }
}
