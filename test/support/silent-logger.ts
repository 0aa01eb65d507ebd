import type { Logger } from '@temporalio/common';

function nothing(): void {}

/** For workers and bundlers whose chatter nobody reads. */
export const silentLogger: Logger = {
  log: nothing,
  trace: nothing,
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
};
