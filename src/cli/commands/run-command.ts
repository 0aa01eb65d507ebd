import type { Command } from 'commander';
import type { Run } from '../../client/run.ts';
import type { Json } from '../../workflow/protocol/index.ts';
import type { EngineFlags } from '../engine-flags.ts';
import { addCommonOptions, addEngineOptions, type CommonFlags } from '../options.ts';
import type { CliOutput } from '../output.ts';
import { type SessionOptions, withPerdure } from '../session.ts';

/** What every command about a run may be told. */
export type RunFlags = EngineFlags & CommonFlags;

/** A command about one run: its id, the engine, `--json` and `--verbose`. */
export function addRunCommand(program: Command, name: string, description: string): Command {
  const command = program.command(name).description(description).argument('<id>', 'of the run');
  return addCommonOptions(addEngineOptions(command));
}

/** Connects, and does something with a run. */
export async function withRun<Result>(
  id: string,
  flags: RunFlags,
  output: CliOutput,
  work: (run: Run) => Promise<Result>,
  options: Pick<SessionOptions, 'doing'> = {},
): Promise<Result> {
  return await withPerdure(flags, output, async (perdure) => await work(perdure.run(id)), options);
}

/** Does something to a run, and says so: for people in words, for programs as `{ runId, …result }`. */
export async function change(
  id: string,
  flags: RunFlags,
  output: CliOutput,
  {
    said,
    result,
    work,
  }: {
    readonly said: string;
    readonly result: Readonly<Record<string, Json>>;
    readonly work: (run: Run) => Promise<void>;
  },
): Promise<void> {
  await withRun(id, flags, output, work);
  if (flags.json === true) output.json({ runId: id, ...result });
  else output.out(`${said}\n`);
}
