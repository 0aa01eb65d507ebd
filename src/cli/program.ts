import { createRequire } from 'node:module';
import { Command, CommanderError } from 'commander';
import { COMMANDS } from './commands/index.ts';
import { describeError, errorLine, EXIT, EXIT_HELP, exitCodeOf } from './errors.ts';
import { type CliOutput, type CliStreams, createOutput, processStreams } from './output.ts';

const PACKAGE = createRequire(import.meta.url)('perdure/package.json') as { readonly version: string };

/** Runs a command line, without the name of the program. Never rejects. @returns the exit code. */
export async function runCli(args: readonly string[], streams: CliStreams = processStreams()): Promise<number> {
  const output = createOutput(streams);
  try {
    await createProgram(output).parseAsync(args, { from: 'user' });
    return EXIT.ok;
  } catch (error) {
    // Commander has said itself what is wrong, or shown what was asked for.
    if (!(error instanceof CommanderError)) tell(error, args, output);
    return exitCodeOf(error);
  }
}

/** All commands, with their arguments and flags. */
export function createProgram(output: CliOutput): Command {
  const { out, err } = output;
  const program = new Command('perdure')
    .description('Durable AI agents in TypeScript.')
    .version(PACKAGE.version)
    .exitOverride()
    .configureOutput({
      writeOut: out,
      writeErr: err,
      getOutHelpWidth: () => Math.min(output.width, 120),
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .addHelpText('after', EXIT_HELP);
  for (const [heading, commands] of Object.entries(COMMANDS)) {
    program.commandsGroup(`${heading}:`);
    for (const add of commands) add(program, output);
  }
  return program;
}

function tell(error: unknown, args: readonly string[], { err }: CliOutput): void {
  const flags = args.includes('--') ? args.slice(0, args.indexOf('--')) : args;
  err(flags.includes('--json') ? errorLine(error) : describeError(error, flags.includes('--verbose')));
}
