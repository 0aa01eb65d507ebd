import { LimitExceeded } from '../../core/run/exceeded.ts';

/** For who takes a task: when its run was ended for a limit instead, there is none. @throws any other error. */
export function unlessExceeded(error: unknown): undefined {
  if (!(error instanceof LimitExceeded)) throw error;
}
