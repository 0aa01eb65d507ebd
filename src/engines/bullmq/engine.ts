import type { Engine } from '../../engine/index.ts';
import type { LocalConnection } from '../../runtime/connection.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { LocalEngine } from '../local/engine.ts';
import { connect } from './connect.ts';
import { Core } from './core.ts';
import { settingsOf } from './options.ts';
import type { BullmqEngineOptions, Environment } from './options.ts';

/** Workflows on Redis, shared by all processes that open it. */
export interface BullmqEngine extends Engine {
  /** A further connection to this engine; it ends with the engine at the latest. `client` and `nativeConnection` have one of their own. */
  connect(): LocalConnection;
}

/**
 * Joins the processes that run workflows on one Redis. A process without workers only asks; the first poll of a worker makes it take part.
 * @param env where `REDIS_URL` is looked for. Default `process.env`.
 * @throws ConfigurationError when an option is wrong, or Redis is set up so that runs would get lost.
 * @throws EngineUnavailableError when no Redis answers.
 * @example
 * const engine = await createBullmqEngine({ redis: 'redis://127.0.0.1:6379' });
 */
export async function createBullmqEngine(
  options: BullmqEngineOptions = {},
  env: Environment = process.env,
): Promise<BullmqEngine> {
  const settings = settingsOf(options, env);
  const { onError = () => undefined } = options;
  const warn = (message: string): void => {
    if (options.onError === undefined) process.emitWarning(message, { type: 'PerdureWarning', code: 'PERDURE_REDIS' });
    else onError(new Error(message));
  };
  const connections = await connect(settings.redis, warn);
  const { address } = connections;
  let core: Core;
  try {
    core = await Core.open(connections, settings, onError);
  } catch (error) {
    connections.close();
    throw error;
  }
  const close = async (): Promise<void> => {
    await core.close();
    connections.close();
  };
  const local = {
    name: 'bullmq',
    namespace: settings.namespace,
    clock: systemClock,
    limits: {},
    secret: () => core.secret,
    broadcasts: core.broadcasts,
    ...(options.client ? { client: options.client } : {}),
  };
  return new LocalEngine(local, { service: core.service, address, close });
}
