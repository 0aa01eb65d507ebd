import { type Logger, LoggerWithComposedMetadata } from '@temporalio/common';
import { DefaultLogger, Runtime, type Worker } from '@temporalio/worker';
import { describe, expect, it } from 'vitest';
import { createEmbeddedEngine } from '../../src/engines/embedded/index.ts';
import { skipUnheardTraces } from '../../src/runtime/unheard-traces.ts';

/** A worker's logger over another one, and how often somebody asked what it has to say. */
function workerOn(parent: Logger): { logger: Logger; asked: () => number; worker: Worker } {
  let asked = 0;
  const logger = LoggerWithComposedMetadata.compose(parent, () => ({ taskQueue: String(++asked) }));
  return { logger, asked: () => asked, worker: { logger } as unknown as Worker };
}

describe('traces of a worker', () => {
  it('are not put together when the level is higher; other messages are as before', () => {
    const told: string[] = [];
    const parent = new DefaultLogger(
      'DEBUG',
      ({ message, meta }) => void told.push(`${message} ${meta?.['taskQueue']}`),
    );
    const { logger, asked, worker } = workerOn(parent);
    skipUnheardTraces(worker, parent);
    logger.trace('nobody hears this');
    expect(asked()).toBe(0);
    logger.debug('this is heard');
    expect(told).toEqual(['this is heard 1']);
    LoggerWithComposedMetadata.compose(logger, { more: true }).trace('another logger');
    expect(asked()).toBe(2);
  });

  it.each([
    ['a level that wants them', (log: () => void) => new DefaultLogger('TRACE', log)],
    [
      'a logger with levels of its own',
      (log: () => void) =>
        new (class extends DefaultLogger {
          override log(): void {
            log();
          }
        })(),
    ],
    ['any other logger', (log: () => void) => ({ trace: log }) as unknown as Logger],
  ])('are heard by %s', (_name, create) => {
    let heard = 0;
    const parent = create(() => void heard++);
    const { logger, worker } = workerOn(parent);
    skipUnheardTraces(worker, parent);
    logger.trace('heard');
    expect(heard).toBe(1);
  });

  it('are skipped by workers of our engines, whose logger is where it was', async () => {
    const engine = await createEmbeddedEngine({ memory: true });
    try {
      const worker = await engine.createWorker({ taskQueue: 'queue', activities: { none: async () => undefined } });
      expect(Runtime.instance().logger).toBeInstanceOf(DefaultLogger);
      const { logger } = worker as unknown as { readonly logger: Logger };
      expect(Object.hasOwn(logger, 'trace')).toBe(true);
    } finally {
      await engine.close();
    }
  });
});
