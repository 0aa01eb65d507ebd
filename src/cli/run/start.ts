import type { LimitOptions } from '../../agent/limits.ts';
import type { Perdure } from '../../client/perdure.ts';
import type { StartOptions } from '../../client/start.ts';
import type { JsonObject } from '../../workflow/protocol/index.ts';
import { UsageError } from '../errors.ts';
import { jsonOf, textOf } from '../input.ts';
import type { CommonFlags } from '../options.ts';
import type { CliOutput } from '../output.ts';
import { withPerdure } from '../session.ts';
import { attend } from './attend.ts';
import type { WorkerFlags } from './worker.ts';

/** What the command line says about a run that is to be started. */
export interface StartFlags extends WorkerFlags, CommonFlags {
  readonly input?: string;
  readonly file?: string;
  readonly wait?: boolean;
  readonly detach?: boolean;
  readonly tokens: boolean;
  readonly id?: string;
  readonly ifExists?: 'fail' | 'use';
  readonly metadata?: string;
  readonly limits?: string;
  readonly timeout?: string;
}

/** Starts a run, and stays with it when that is wanted. @throws what the run came to, when it did not complete. */
export async function startRunOf(
  agent: string,
  words: readonly string[],
  flags: StartFlags,
  output: CliOutput,
): Promise<void> {
  const { wait, detach = false, file, json = false, taskQueue } = flags;
  if (detach && (wait === true || file !== undefined))
    throw new UsageError('--detach waits for nothing: leave out --wait and --file, or --detach.');
  const options = await optionsOf(words, flags, output);
  const stays = file !== undefined || (wait ?? (output.isTty && !detach));
  const work = async (perdure: Perdure): Promise<void> => {
    const run = await perdure.start(agent, options);
    if (stays) return await attend(perdure, run, flags, output);
    if (json) output.json({ id: run.id });
    else output.out(`${run.id}\n`);
  };
  if (file === undefined) return await withPerdure(flags, output, work, { creates: true, taskQueue });
  const { withWorker } = await import('./worker.ts');
  await withWorker(file, agent, flags, output, work);
}

async function optionsOf(words: readonly string[], flags: StartFlags, output: CliOutput): Promise<StartOptions> {
  const { input, id, ifExists, metadata, limits, timeout } = flags;
  if (input !== undefined && words.length > 0)
    throw new UsageError('The input is there twice: say it in words or by --input.');
  if (input === undefined && words.length === 0 && output.isInputTty)
    throw new UsageError('Say what the input is: in words, by --input JSON, or - for standard input.');
  return {
    input:
      input === undefined
        ? await textOf(words.length === 0 ? ['-'] : words, output)
        : ((await jsonOf(input, '--input', output)) as JsonObject),
    ...(id === undefined ? {} : { id }),
    ...(ifExists === undefined ? {} : { ifExists }),
    ...(timeout === undefined ? {} : { timeout }),
    ...(metadata === undefined ? {} : { metadata: (await jsonOf(metadata, '--metadata', output)) as JsonObject }),
    ...(limits === undefined ? {} : { limits: (await jsonOf(limits, '--limits', output)) as LimitOptions }),
  };
}
