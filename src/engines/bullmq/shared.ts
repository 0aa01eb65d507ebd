import type { Frontend } from '../../runtime/frontend/frontend.ts';
import type { JobSettings } from './commit-arguments.ts';
import type { Keys } from './keys.ts';
import type { RedisClient } from './redis.ts';
import type { RedisStore } from './redis-store.ts';

/** What the parts of the engine in one process share. */
export interface Shared {
  /** For commands; fails when Redis is away for some seconds. */
  readonly client: RedisClient;
  readonly keys: Keys;
  readonly namespace: string;
  /** This process, among those that share the namespace. */
  readonly process: string;
  readonly store: RedisStore;
  readonly jobs: JobSettings;
  readonly frontend: () => Frontend;
  /** Told of what goes wrong in the background. */
  readonly onError: (error: unknown) => void;
}
