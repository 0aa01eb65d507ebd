import type { Engine } from '../../engine/index.ts';
import type { LocalConnection } from '../../runtime/connection.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { LocalEngine } from '../local/engine.ts';
import { databasePath, type EmbeddedEngineOptions } from './options.ts';
import { openService } from './open-service.ts';
import { sharedSecret } from './secret.ts';
import { MAX_MESSAGE_BYTES } from './socket-protocol.ts';

/** Workflows in this process, on memory or on one SQLite file. */
export interface EmbeddedEngine extends Engine {
  /** A further connection to this engine; it ends with the engine at the latest. `client` and `nativeConnection` have one of their own. */
  connect(): LocalConnection;
  /** The SQLite file, absolute and without symbolic links; `undefined` for memory. */
  readonly database: string | undefined;
  /** As in `Engine`: in a file beside the database, or, in memory, made for this engine. */
  secret(): string;
}

/**
 * Starts the durable core in this process, or finds the process that has it already, and takes up all open runs.
 * @throws ConfigurationError when the options contradict each other.
 * @throws StoreError when the file cannot be used; the message says what to do.
 * @example
 * const engine = await createEmbeddedEngine({ memory: true });
 */
export async function createEmbeddedEngine(options: EmbeddedEngineOptions = {}): Promise<EmbeddedEngine> {
  const path = databasePath(options);
  const { clock = systemClock, namespace = 'default' } = options;
  const opened = await openService({ path, clock, namespace });
  const database = path === undefined ? undefined : opened.address;
  let known: string | undefined;
  return new LocalEngine(
    {
      name: 'embedded',
      namespace,
      clock,
      limits: path === undefined ? {} : { messageSize: MAX_MESSAGE_BYTES },
      database,
      secret: () => (known ??= sharedSecret(database)),
      ...(options.client ? { client: options.client } : {}),
    },
    opened,
  );
}
