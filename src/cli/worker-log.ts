import type { LogLevel } from '@temporalio/worker';
import { type Command, Option } from 'commander';
import type { Telemetry } from '../agent/telemetry.ts';
import type { FileOptions } from './load-file.ts';

/** How much workers may say. */
export const LEVELS: readonly LogLevel[] = ['TRACE', 'DEBUG', 'INFO', 'WARN', 'ERROR'];

/** `--log-level`. */
export function addLogLevel(command: Command, standard: LogLevel): Command {
  return command.addOption(
    new Option('--log-level <level>', `default: PERDURE_LOG_LEVEL, then ${standard}`)
      .choices(LEVELS)
      .argParser((value) => value.toUpperCase()),
  );
}

/**
 * What a file says of its worker, with the telemetry of this process when it brings none of its own. From now on all lines of this process go where it logs.
 * @param asked by `--log-level`: then the lines of the runtime go to standard error whatever the file brings.
 * @param standard when neither the flag nor the environment says anything.
 */
export async function withTelemetry(
  file: FileOptions,
  asked: LogLevel | undefined,
  standard: LogLevel,
): Promise<FileOptions & { readonly telemetry: Telemetry }> {
  // Late, for it is much to load.
  const [{ createTelemetry }, { installLogger }] = await Promise.all([
    import('../observability/index.ts'),
    import('../worker/telemetry.ts'),
  ]);
  const level = (asked ?? (process.env['PERDURE_LOG_LEVEL'] || standard)).toLowerCase() as Lowercase<LogLevel>;
  const ours = createTelemetry({ logger: { level } });
  const telemetry = file.telemetry ?? ours;
  installLogger({ telemetry: asked === undefined ? telemetry : ours });
  return { ...file, telemetry };
}
