import { readFile } from 'node:fs/promises';
import type { Prices, RunMetrics, Step } from '../../client/inspect/types.ts';
import type { Run } from '../../client/run.ts';
import type { RunInfo } from '../../client/status.ts';
import type { Json } from '../../workflow/protocol/index.ts';
import { UsageError } from '../errors.ts';
import { type AddCommand, examples, notEmpty, toCount } from '../options.ts';
import type { CliOutput } from '../output.ts';
import { type Ending, overviewOf } from '../run/overview.ts';
import { stepsOf } from '../run/steps.ts';
import { addRunCommand, type RunFlags, withRun } from './run-command.ts';

interface Flags extends RunFlags {
  readonly steps: number;
  readonly prices?: string;
  readonly subAgents?: boolean;
  readonly iso?: boolean;
}

/** `perdure show`. */
export const addShow: AddCommand = (program, output) => {
  addRunCommand(
    program,
    'show',
    'Shows a run: how it is, what it waits for, what it did and used, and what came of it.',
  )
    .option('--steps <count>', 'how many of its steps are shown, the latest', toCount, 20)
    .option(
      '--prices <file>',
      'JSON: { "provider/model": { "input": USD, "output": USD } } for 1,000,000 tokens',
      notEmpty,
    )
    .option('--sub-agents', 'counts what its sub-agents did and used as well')
    .option('--iso', 'times as ISO 8601')
    .addHelpText(
      'after',
      examples(
        ['perdure show r-1', 'all about a run'],
        ['perdure show r-1 --json | jq .metrics.tokens', 'one thing of it'],
      ),
    )
    .action(async (id: string, flags: Flags) => {
      const prices = flags.prices === undefined ? undefined : await readPrices(flags.prices);
      const doing = `Reading ${id}`;
      const shown = await withRun(id, flags, output, async (run) => await read(run, prices, flags), { doing });
      if (flags.json === true) output.json(shown);
      else show(shown, flags, output);
    });
};

/** All that is shown of a run. */
interface Shown {
  readonly run: RunInfo;
  readonly metrics: RunMetrics;
  readonly steps: readonly Step[];
  /** Missing while it goes on. */
  readonly ending?: Ending;
}

async function read(run: Run, prices: Prices | undefined, { subAgents = false }: Flags): Promise<Shown> {
  const info = await run.describe();
  const options = { includeSubAgents: subAgents, ...(prices === undefined ? {} : { prices }) };
  const [metrics, steps] = await Promise.all([run.metrics(options), run.steps()]);
  if (info.endedAt === undefined) return { run: info, metrics, steps };
  return { run: info, metrics, steps, ending: await endingOf(run) };
}

async function endingOf(run: Run): Promise<Ending> {
  try {
    const { output, finish } = await run.outcome();
    return { output, finish };
  } catch (error) {
    const { code, type, message } = error as Error & { readonly code?: string; readonly type?: string };
    // What it came to is an error of a run; whatever else is thrown means that nobody knows.
    if (code?.startsWith('RUN_') !== true) throw error;
    return { error: { type: type ?? code, message } };
  }
}

function show({ run, metrics, steps, ending }: Shown, flags: Flags, output: CliOutput): void {
  const { iso, steps: count } = flags;
  output.out(overviewOf({ run, metrics, ending, iso }, output));
  if (steps.length > 0) output.out(`\n${stepsOf(steps.slice(-count), output)}`);
  if (steps.length > count) output.err(output.errStyle('dim', `The latest ${count} of ${steps.length} steps.\n`));
}

async function readPrices(file: string): Promise<Prices> {
  try {
    const prices = JSON.parse(await readFile(file, 'utf8')) as Json;
    if (typeof prices === 'object' && prices !== null && !Array.isArray(prices)) return prices as unknown as Prices;
    throw new Error('it is no object of models');
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new UsageError(`--prices: ${file} cannot be used: ${reason}.`, { cause });
  }
}
