import { IllegalStateError } from '@temporalio/common';
import { DefaultLogger, Runtime } from '@temporalio/worker';

/** Of workers that a test has killed: nothing that anybody should look at. */
const EXPECTED = 'GracefulShutdownPeriodExpiredError';

/**
 * Keeps the official runtime from telling what tests do on purpose: retries, failing runs, workers that die. What a test has installed
 * itself stays; errors are still shown.
 */
export function quietRuntime(): void {
  const logger = new DefaultLogger('ERROR', ({ level, message, meta }) => {
    const error: unknown = meta?.['error'];
    if (error instanceof Error && error.name === EXPECTED) return;
    process.stderr.write(`[${level}] ${message}${error === undefined ? '' : ` ${String(error)}`}\n`);
  });
  try {
    Runtime.install({ logger, telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' } } } });
  } catch (error) {
    if (!(error instanceof IllegalStateError)) throw error;
  }
}
