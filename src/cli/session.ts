import { existsSync } from 'node:fs';
import type { Perdure } from '../client/perdure.ts';
import { ConfigurationError } from '../engine/index.ts';
import { type EngineConfig, engineFromEnv } from '../engines/index.ts';
import { databaseOf } from '../engines/place.ts';
import { type EngineFlags, engineFromFlags } from './engine-flags.ts';
import type { CliOutput } from './output.ts';
import { withProgress } from './progress.ts';
import { shellWord } from './text/brief.ts';

/** How a command uses the engine. */
export interface SessionOptions {
  /** Whether it may begin with an empty database. Default `false`: a database that is not there holds no runs, and none is made. */
  readonly creates?: boolean;
  /** Where runs are started. Default: `perdure`. */
  readonly taskQueue?: string | undefined;
  /** What is shown while the work goes on. Default: nothing, for work that shows itself. */
  readonly doing?: string;
}

/**
 * Connects to the engine that flags and environment ask for, for as long as the work takes.
 * @throws ConfigurationError, EngineUnavailableError; what the work throws.
 */
export async function withPerdure<Result>(
  flags: EngineFlags,
  output: CliOutput,
  work: (perdure: Perdure) => Promise<Result>,
  { creates = false, taskQueue, doing }: SessionOptions = {},
): Promise<Result> {
  const engine = engineFromFlags(flags) ?? engineFromEnv();
  if (!creates) await refuseMissing(engine);
  // Late, for it is much to load: mistakes above are told at once.
  const { connect } = await import('../client/connect.ts');
  const perdure = await withProgress(
    output,
    `Connecting to the ${engine.type} engine`,
    async () => await connect({ engine, ...(taskQueue === undefined ? {} : { taskQueue }) }),
  );
  try {
    return await (doing === undefined ? work(perdure) : withProgress(output, doing, async () => await work(perdure)));
  } finally {
    await perdure.close();
  }
}

async function refuseMissing(engine: EngineConfig): Promise<void> {
  if (engine.type !== 'embedded') return;
  const file = await databaseOf(engine);
  if (file === undefined || existsSync(file)) return;
  throw new ConfigurationError('--database', `there is no file ${file}.`, {
    fix: 'Name the database with --database or PERDURE_DATABASE, or another engine with --engine or PERDURE_ENGINE; the first worker or run makes it.',
  });
}

/** A command line that does something to a run on the same engine, as it may be typed. */
export function commandLine(words: readonly string[], flags: EngineFlags): string {
  const { engine, database, address, namespace } = flags;
  const options = Object.entries({ engine, database, address, namespace }).flatMap(([name, value]) =>
    value === undefined ? [] : [`--${name}`, value],
  );
  return ['perdure', ...words, ...options].map(shellWord).join(' ');
}

/** That a run goes on, and how to come back to it. */
export function goesOn(id: string, from: string | undefined, flags: EngineFlags): string {
  return `The run ${id} goes on. ${comeBack(id, from, flags)}`;
}

/** How to come back to a run after an event. */
export function comeBack(id: string, from: string | undefined, flags: EngineFlags): string {
  return `To come back: ${commandLine(['logs', id, '-f', ...(from === undefined ? [] : ['--from', from])], flags)}`;
}
