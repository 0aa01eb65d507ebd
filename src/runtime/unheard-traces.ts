import type { Logger } from '@temporalio/common';
import { DefaultLogger, type Worker } from '@temporalio/worker';

/**
 * Spares a worker the trace messages that nobody hears: the official class puts together what it says of every activation and activity before its logger looks
 * at the level. Only where the level is known for sure; any other logger gets every message, as it always did.
 */
export function skipUnheardTraces(worker: Worker, logger: Logger): void {
  const { prototype } = DefaultLogger;
  if (!(logger instanceof DefaultLogger) || logger.level === 'TRACE') return;
  if (logger.trace !== prototype.trace || logger.log !== prototype.log) return;
  const own = loggerOf(worker);
  // The worker's own is one for it alone, as it adds the task queue. Loggers made of it do not inherit this.
  if (own !== logger) own.trace = () => undefined;
}

/** Private in the official class, and held by the test of this file. */
function loggerOf(worker: Worker): Logger {
  return (worker as unknown as { readonly logger: Logger }).logger;
}
