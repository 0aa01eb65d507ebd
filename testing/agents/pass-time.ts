import { asyncLocalStorage } from '@temporalio/activity';
import type { TestEnvironment } from '../environment.ts';
import type { PassTime } from '../model/scripted-model.ts';

/**
 * Lets time pass in an environment, also for whom an activity waits: it gives the signs of life that the activity itself gives in real time,
 * of which none passes. An activity that waits longer than it may runs into its timeout.
 */
export function timeOf(env: TestEnvironment): PassTime {
  return async (ms, signal) => {
    const activity = asyncLocalStorage.getStore();
    const { heartbeatTimeoutMs, taskToken } = activity?.info ?? {};
    const slice = heartbeatTimeoutMs ? heartbeatTimeoutMs / 2 : ms;
    for (let left = ms; left > 0; left -= slice) {
      signal?.throwIfAborted();
      // Of a worker that was killed, no sign of life may come.
      activity?.cancellationSignal.throwIfAborted();
      await env.sleep(Math.min(slice, left));
      // Rejects when the activity was cancelled, or has timed out.
      if (heartbeatTimeoutMs && taskToken !== undefined) await env.client.activity.heartbeat(taskToken);
    }
  };
}
