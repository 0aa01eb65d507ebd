import type { LogLevel } from '@temporalio/worker';
import { type Command, Option } from 'commander';

const LEVELS = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

/** `--log-level`. */
export function addLogLevel(command: Command, standard: LogLevel): Command {
  return command.addOption(
    new Option('--log-level <level>', `default: ${standard}`).choices(LEVELS).argParser((value) => value.toUpperCase()),
  );
}

/** From which level on the official runtime writes its log, to standard error. What a file has set up by itself stays. */
export async function installLogger(level: LogLevel): Promise<void> {
  const { DefaultLogger, Runtime } = await import('@temporalio/worker');
  try {
    Runtime.install({ logger: new DefaultLogger(level) });
  } catch (error) {
    if (!(error instanceof Error && error.name === 'IllegalStateError')) throw error;
  }
}
