import { randomBytes } from 'node:crypto';
import type { ClientOptions } from '@temporalio/client';
import type { Clock } from '../../core/clock.ts';
import type { Store } from '../../core/store.ts';
import { ConfigurationError, type Engine } from '../../engine/index.ts';
import { anything, type Check, clientOptions, section, text } from '../../engine/shape.ts';
import { createFrontend } from '../../runtime/frontend/frontend.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { LocalEngine, type OpenService } from './engine.ts';

/** An engine whose runs are kept in a store. */
export interface StoreEngineOptions {
  /** What the engine calls itself: `Engine.name`. */
  readonly name: string;
  /** Where runs are kept. The engine is its only user, in one process, and closes it. */
  readonly store: Store;
  /** Default: `'default'`. */
  readonly namespace?: string;
  /** Where runs are started and workers look when nothing else is said. Default: `perdure`. */
  readonly taskQueue?: string;
  /** Signs completion tokens of async tools. Default: a new one, so that tokens are good as long as this engine is open. */
  readonly secret?: string;
  /** Hard limits of the store, by name, for `Engine.info`. Default: none. */
  readonly limits?: Readonly<Record<string, number>>;
  /** Default: the time of this machine. */
  readonly clock?: Clock;
  /** Further options of the client: data converter, interceptors, plugins, identity. The data converter is also that of the workers. */
  readonly client?: Omit<ClientOptions, 'connection' | 'namespace'>;
}

const checkOptions = section(
  {
    name: text,
    store: anything,
    namespace: text,
    taskQueue: text,
    secret: text,
    limits: anything,
    clock: anything,
    client: clientOptions,
  } satisfies Record<keyof StoreEngineOptions, Check>,
  'options',
);

/**
 * Makes an engine of a store: Temporal's rules, the official client and worker on it, and all that this package has, for whatever keeps its runs. It takes up all
 * open runs.
 * @throws ConfigurationError when an option is wrong; what the store throws.
 * @example
 * const engine = await createStoreEngine({ name: 'journal', store: await JournalStore.open('./runs.jsonl') });
 */
export async function createStoreEngine(options: StoreEngineOptions): Promise<Engine> {
  checkOptions('', options);
  const { name, store, namespace = 'default', clock = systemClock, limits = {}, taskQueue, client } = options;
  text('name', name);
  if (typeof store?.commit !== 'function') {
    throw new ConfigurationError('store', 'is no store.', {
      fix: 'Give an object that is a `Store` of perdure/store.',
    });
  }
  const { secret = randomBytes(32).toString('base64url') } = options;
  const opened = await serviceOn(store, { clock, namespace, address: name });
  return new LocalEngine(
    { name, namespace, clock, limits, secret: () => secret, taskQueue, ...(client ? { client } : {}) },
    opened,
  );
}

/** What the durable core over a store needs to know beside. */
export interface ServiceOnOptions {
  readonly clock: Clock;
  readonly namespace: string;
  /** What connections show. */
  readonly address: string;
}

/** Starts the durable core over a store, which goes with it. */
export async function serviceOn(store: Store, { clock, namespace, address }: ServiceOnOptions): Promise<OpenService> {
  const { service, close } = await createFrontend({ store, clock, namespaces: [namespace] });
  return {
    service,
    address,
    close: async () => {
      await close();
      await store.close();
    },
  };
}
