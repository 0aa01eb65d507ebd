import { Runtime, makeTelemetryFilterString } from '@temporalio/worker';

/** Failing on purpose is half of what scenarios do; nobody reads the logs about it. */
export function quiet(): void {
  const silent = (): void => {};
  const logger = { log: silent, trace: silent, debug: silent, info: silent, warn: silent, error: silent };
  Runtime.install({
    logger,
    telemetryOptions: { logging: { forward: {}, filter: makeTelemetryFilterString({ core: 'ERROR' }) } },
  });
}
