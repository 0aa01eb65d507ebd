import type { LogLevel } from '@temporalio/worker';
import { type Command, Option } from 'commander';

/** How much workers may say. */
export const LEVELS: readonly LogLevel[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

/** `--log-level`. */
export function addLogLevel(command: Command, standard: LogLevel): Command {
  return command.addOption(
    new Option('--log-level <level>', `default: ${standard}`).choices(LEVELS).argParser((value) => value.toUpperCase()),
  );
}

/** Has workers of this process say no more than that. */
export async function installLogger(level: LogLevel): Promise<void> {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  try {
    Runtime.install({ logger: new DefaultLogger(level) });
  } catch (error) {
    // The file has set up logging by itself.
    if (!(error instanceof Error && error.name === 'IllegalStateError')) throw error;
  }
}
