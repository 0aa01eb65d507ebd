import { ConfigurationError, type ReconcileResult } from '../../engine/index.ts';
import { type EngineConfig, engineFromEnv, openEngine } from '../../engines/index.ts';
import { type EngineFlags, engineFromFlags } from '../engine-flags.ts';
import { type AddCommand, addCommonOptions, addEngineOptions, toSeconds } from '../options.ts';
import type { CliOutput } from '../output.ts';

/** What the command line says about a look at all runs. */
interface ReconcileFlags extends EngineFlags {
  /** Seconds. */
  readonly stalledThreshold?: number;
  readonly json?: boolean;
}

const ROWS: readonly (readonly [keyof ReconcileResult, string])[] = [
  ['scannedKeys', 'unfinished runs'],
  ['stalledRuns', 'that should have moved and did not'],
  ['reconciledRuns', 'of them helped on'],
  ['failedRuns', 'of them not, and left for the next look'],
];

/** `perdure reconcile`. */
export const addReconcile: AddCommand = (program, output) => {
  const command = program
    .command('reconcile')
    .description('Looks at all unfinished runs now, and helps on those that should move and do not.');
  addCommonOptions(
    addEngineOptions(command).option(
      '--stalled-threshold <seconds>',
      'how long a run must have been due before it counts as stalled; default: 5',
      toSeconds,
    ),
  )
    .addHelpText(
      'after',
      '\nExit codes: 0 all is well now; 1 some runs could not be helped; 2 wrong usage or configuration.',
    )
    .action(async (flags: ReconcileFlags) => await reconcileNow(flags, output));
};

/**
 * Looks at all unfinished runs of the engine that flags and environment ask for, and prints what was found.
 * @throws ConfigurationError when that engine leaves no runs behind; Error when some could not be helped.
 */
async function reconcileNow(flags: ReconcileFlags, { out, err }: CliOutput): Promise<void> {
  const config = engineFromFlags(flags) ?? engineFromEnv();
  refuseOthers(config);
  const onError = (error: unknown): void => err(`perdure: ${error instanceof Error ? error.message : String(error)}\n`);
  const engine = await openEngine({ ...config, onError });
  try {
    if (engine.reconcile === undefined) throw nothingToDo(engine.name);
    const { stalledThreshold: stalledThresholdSeconds, json = false } = flags;
    const result = await engine.reconcile(stalledThresholdSeconds === undefined ? {} : { stalledThresholdSeconds });
    out(json ? `${JSON.stringify(result)}\n` : tableOf(result));
    if (result.failedRuns > 0)
      throw new Error(`${result.failedRuns} of ${result.stalledRuns} runs could not be helped.`);
  } finally {
    await engine.close();
  }
}

/** Before it is opened: opening the file of an embedded engine would take up its runs here, where nobody runs them. */
function refuseOthers(config: EngineConfig): asserts config is EngineConfig & { readonly type: 'bullmq' } {
  if (config.type !== 'bullmq') throw nothingToDo(config.type);
}

function nothingToDo(engine: string): ConfigurationError {
  return new ConfigurationError('engine', `${engine} leaves no runs behind, so there is nothing to reconcile.`, {
    fix: 'Pass --engine bullmq, or set PERDURE_ENGINE=bullmq.',
  });
}

function tableOf(result: ReconcileResult): string {
  const width = Math.max(...ROWS.map(([name]) => String(result[name]).length));
  return ROWS.map(([name, text]) => `${String(result[name]).padStart(width)}  ${name.padEnd(14)}  ${text}\n`).join('');
}
