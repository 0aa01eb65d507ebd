import { createRequire } from 'node:module';
import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { DefinitionError } from '../agent/errors.ts';
import { ConfigurationError } from '../engine/index.ts';
import { ENGINE_TYPES } from '../engines/index.ts';
import { migrate, type MigrateFlags } from './migrate-command.ts';
import type { CliOutput } from './output.ts';
import { addProjectCommands } from './project-commands.ts';
import { type ReconcileFlags, reconcileNow } from './reconcile-command.ts';
import { workOn, type WorkerFlags } from './worker-command.ts';

const PACKAGE = createRequire(import.meta.url)('perdure/package.json') as { readonly version: string };

/** What a command came to, for whoever started the process. `wrong`: usage or configuration, and trying again will not help. */
const EXIT = { ok: 0, failed: 1, wrong: 2 } as const;

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

const STREAMS: CliOutput = {
  out: (text) => void process.stdout.write(text),
  err: (text) => void process.stderr.write(text),
};

/** Runs a command line, without the name of the program. Never rejects. @returns the exit code. */
export async function runCli(args: readonly string[], output: CliOutput = STREAMS): Promise<number> {
  const program = createProgram(output);
  try {
    await program.parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // It has said itself what is wrong, or shown what was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.wrong;
    output.err(describe(error, args.includes('--verbose')));
    return ConfigurationError.is(error) || DefinitionError.is(error) ? EXIT.wrong : EXIT.failed;
  }
}

function createProgram(output: CliOutput): Command {
  const { out, err } = output;
  const program = new Command('perdure')
    .description('Durable AI agents in TypeScript.')
    .version(PACKAGE.version)
    .exitOverride()
    .configureOutput({ writeOut: out, writeErr: err });
  const worker = program
    .command('worker')
    .description('Runs the agents of a file, until SIGTERM or SIGINT.')
    .argument('<file>', 'exports `worker` (the options of runWorker), or agents');
  addEngineOptions(worker)
    .option('--task-queue <name>', 'where it looks for work; default: that of the file, then perdure')
    .option(
      '--shutdown-deadline <time>',
      "how long what is under way may take when it is stopped, such as '30 s'",
      notEmpty,
    )
    .addOption(
      new Option('--log-level <level>', 'default: INFO').choices(LEVELS).argParser((value) => value.toUpperCase()),
    )
    .option('--verbose', 'errors with all that is known about them')
    .action(async (file: string, flags: WorkerFlags) => await workOn(file, flags))
    .exitOverride();
  const reconcile = program
    .command('reconcile')
    .description('Looks at all unfinished runs now, and helps on those that should move and do not.');
  addEngineOptions(reconcile)
    .option(
      '--stalled-threshold <seconds>',
      'how long a run must have been due before it counts as stalled; default: 5',
      toSeconds,
    )
    .option('--json', 'prints the figures as one line of JSON')
    .option('--verbose', 'errors with all that is known about them')
    .addHelpText(
      'after',
      '\nExit codes: 0 all is well now; 1 some runs could not be helped; 2 wrong usage or configuration.',
    )
    .action(async (flags: ReconcileFlags) => await reconcileNow(flags, output))
    .exitOverride();
  addMigrate(program, output.out);
  addProjectCommands(program, output);
  return program;
}

/** What says which engine is meant. */
function addEngineOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--engine <name>', 'where agents run; default: PERDURE_ENGINE, then embedded').choices(ENGINE_TYPES),
    )
    .option('--database <path>', 'file of the embedded engine; default: PERDURE_DATABASE, then ./.perdure/perdure.db')
    .option('--address <host:port>', 'of the Temporal server; default: TEMPORAL_ADDRESS, then localhost:7233')
    .option('--namespace <name>', 'default: TEMPORAL_NAMESPACE, then default');
}

function toSeconds(value: string): number {
  const seconds = Number(value);
  if (value.trim() === '' || !Number.isFinite(seconds) || seconds < 0)
    throw new InvalidArgumentError('Give seconds from 0 on.');
  return seconds;
}

function addMigrate(program: Command, out: CliOutput['out']): void {
  program
    .command('migrate')
    .description('Moves a run to another engine, where it goes on; says why when it cannot be moved.')
    .argument('<run>', 'its id')
    .addOption(new Option('--to <name>', 'where it is to go on').choices(ENGINE_TYPES).makeOptionMandatory())
    .addOption(new Option('--from <name>', 'where it is; default: PERDURE_ENGINE, then embedded').choices(ENGINE_TYPES))
    .option('--database <path>', 'file of the embedded engine that it is on; default: PERDURE_DATABASE')
    .option('--from-namespace <name>', 'default: default')
    .option('--address <host:port>', 'of the Temporal server; default: TEMPORAL_ADDRESS, then localhost:7233')
    .option('--namespace <name>', 'of the engine where it is to go on; default: TEMPORAL_NAMESPACE, then default')
    .option('--to-database <path>', 'file of the embedded engine where it is to go on')
    .option('--dry-run', 'only says what would happen')
    .option('--verbose', 'errors with all that is known about them')
    .action(async (run: string, flags: MigrateFlags) => await migrate(run, flags, out))
    .exitOverride();
}

function notEmpty(value: string): string {
  if (value.trim() === '') throw new InvalidArgumentError('It is empty.');
  return value;
}

function describe(error: unknown, isVerbose: boolean): string {
  if (!(error instanceof Error)) return `perdure: ${String(error)}\n`;
  if (!isVerbose) return `perdure: ${error.message}\n`;
  const lines = [`perdure: ${error.stack ?? error.message}`];
  for (let { cause } = error; cause instanceof Error; { cause } = cause)
    lines.push(`caused by: ${cause.stack ?? cause.message}`);
  return `${lines.join('\n')}\n`;
}
