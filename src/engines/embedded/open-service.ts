import type { Clock } from '../../core/clock.ts';
import type { Store } from '../../core/store.ts';
import { createFrontend } from '../../runtime/frontend/frontend.ts';
import type { OpenService } from '../local/engine.ts';
import { MemoryStore } from '../local/memory-store.ts';
import { serviceOn } from '../local/store-engine.ts';
import { openShared, type OwnedService } from './shared-service.ts';

/** What to open. */
export interface OpenServiceOptions {
  /** The database file; `undefined` for memory. */
  readonly path: string | undefined;
  readonly clock: Clock;
  readonly namespace: string;
}

/**
 * Starts the durable core in memory; or on a file, where the first process has it and the others use it through that process.
 * @throws StoreError when the file cannot be used.
 */
export async function openService({ path, clock, namespace }: OpenServiceOptions): Promise<OpenService> {
  const namespaces = [namespace];
  const startOwner = (store: Store): Promise<OwnedService> => createFrontend({ store, clock, namespaces });
  if (path !== undefined) {
    const shared = await openShared({ path, startOwner });
    return { service: shared.service, address: shared.path, close: () => shared.close() };
  }
  return await serviceOn(new MemoryStore(), { clock, namespace, address: 'memory' });
}
