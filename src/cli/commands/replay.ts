import type { EngineFlags } from '../engine-flags.ts';
import {
  type AddCommand,
  addCommonOptions,
  addEngineOptions,
  type CommonFlags,
  examples,
  notEmpty,
} from '../options.ts';
import type { CliOutput } from '../output.ts';
import { withProgress } from '../progress.ts';

interface Flags extends EngineFlags, CommonFlags {
  readonly file?: string;
  readonly strict?: boolean;
}

/** `perdure replay`. */
export const addReplay: AddCommand = (program, output) => {
  const command = program
    .command('replay')
    .description(
      "Tries recorded runs on today's code: whether it still does what they did, and how agents are different.",
    )
    .argument('<what...>', 'files with histories, folders of perdure record, or ids of runs')
    .option('-f, --file <path>', "the worker's; default: src/worker.ts, worker.ts, …", notEmpty)
    .option('--strict', 'agents that are different count, too');
  addCommonOptions(addEngineOptions(command))
    .addHelpText(
      'after',
      examples(
        ['perdure replay recordings', 'in CI: exit code 1 when code does something else than it did'],
        ['perdure replay r-1 --strict', 'a run of the engine, also against changed prompts and tools'],
      ),
    )
    .action(async (what: readonly string[], flags: Flags) => await replay(what, flags, output));
};

/** @throws Error when something is different, once all is told. */
async function replay(what: readonly string[], flags: Flags, output: CliOutput): Promise<void> {
  // Late, for it is much to load.
  const { replayAll } = await import('../replay/replay-all.ts');
  const report = await withProgress(output, 'Replaying', async () => await replayAll(what, flags, output));
  const bad = report.runs.filter(({ ok }) => !ok).length;
  if (flags.json === true) output.json(report);
  else {
    const { reportText } = await import('../replay/report-text.ts');
    output.out(reportText(report, output));
  }
  if (bad > 0) throw new Error(`${bad} of ${report.runs.length} runs are different.`);
}
