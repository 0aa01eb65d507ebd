import type { ActivityInterceptorsFactory } from '@temporalio/worker';
import { withoutSecrets } from '../agent/failures.ts';

/** Takes secrets out of what activities throw, before it enters history and logs: the author's own activities too. */
export const redactFailures: ActivityInterceptorsFactory = () => ({
  inbound: {
    execute: async (input, next) => {
      try {
        return await next(input);
      } catch (error) {
        throw withoutSecrets(error);
      }
    },
  },
});
