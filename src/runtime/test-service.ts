import { durationMs, toTimestamp } from '../core/proto.ts';
import type { RpcHandlers } from './rpc.ts';
import type { VirtualClock } from './virtual-clock.ts';

interface SleepRequest {
  readonly duration?: Parameters<typeof durationMs>[0];
}

/** The RPCs of Temporal's test service on a virtual clock: what the official time-skipping client calls. Locks are counted, time is locked at first. */
export function createTestService(clock: VirtualClock): RpcHandlers {
  const unlocks: (() => void)[] = [];
  const sleep = async (request: SleepRequest): Promise<object> => {
    await clock.sleep(durationMs(request.duration));
    return {};
  };
  return {
    unlockTimeSkipping: async () => {
      unlocks.push(clock.unlock());
      return {};
    },
    lockTimeSkipping: async () => {
      unlocks.pop()?.();
      return {};
    },
    sleep,
    unlockTimeSkippingWithSleep: sleep,
    getCurrentTime: async () => ({ time: toTimestamp(clock.now()) }),
  };
}
