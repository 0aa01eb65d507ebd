import type { Store } from '../../core/store.ts';
import { cancelled, grpcStatus, hasCode, unavailable } from '../../runtime/errors.ts';
import type { CallOptions, WorkflowServiceApi } from '../../runtime/service.ts';
import { joinFile } from './membership.ts';
import type { Membership, OwnedService } from './membership.ts';
import { isRepeatable } from './repeatable.ts';
import { serviceOf } from '../../runtime/rpc-methods.ts';
import type { AnyCall, RpcMethod } from '../../runtime/rpc-methods.ts';
import { originOf } from './socket-client.ts';
import { resolveDatabasePath } from './sqlite-file.ts';
import { DEFAULT_DATABASE_PATH } from './sqlite-store.ts';
import type { SqliteStoreOptions } from './sqlite-store.ts';

export type { OwnedService } from './membership.ts';

const DEFAULT_TIMEOUT_MS = 30_000;
/** After a failed take-over the next one is tried after this time. */
const RETRY_MS = 1000;
/** How long it takes at most to notice that a connection has ended, after a call on it has failed; an owner that leaves takes its time. */
const NOTICE_MS = { crashed: 1000, leaving: 10_000 };
/** What gRPC makes of a connection that ends in the middle of a call. */
const TRANSPORT_CODES = [grpcStatus.UNAVAILABLE, grpcStatus.CANCELLED, grpcStatus.INTERNAL, grpcStatus.UNKNOWN];

/** How to share a file with other processes. */
export interface SharedServiceOptions {
  /** The database file. Default: `./.perdure/perdure.db`. */
  readonly path?: string;
  /** Starts the durable core on the store, each time this process becomes the owner. */
  readonly startOwner: (store: Store) => Promise<OwnedService>;
  readonly store?: Omit<SqliteStoreOptions, 'ownership' | 'onFailure'>;
  /** How long to wait for an owner that answers, in milliseconds: when opening, and after the owner was lost. Default: 30 s. */
  readonly timeout?: number;
}

/** One service on a file, in whichever process it runs. */
export interface SharedService {
  /** The database file, absolute and without symbolic links. */
  readonly path: string;
  /**
   * Stays the same when the owner changes. Calls that were under way are made again at the next owner where that does no harm; the others fail with
   * `UNAVAILABLE`.
   */
  readonly service: WorkflowServiceApi;
  /** `waiting` while there is no owner. */
  readonly role: () => Membership['role'] | 'waiting';
  /** Leaves; an owner hands over to another process. */
  close(): Promise<void>;
}

/**
 * Opens a file together with other processes: the first one owns it and serves the others through a socket; when it dies, or leaves, one of
 * the others takes over.
 * @throws StoreError when the file cannot be opened, or its owner does not answer.
 */
export async function openShared(options: SharedServiceOptions): Promise<SharedService> {
  const path = resolveDatabasePath(options.path ?? DEFAULT_DATABASE_PATH);
  const shared = new Shared(path, options);
  await shared.opened();
  return {
    path,
    service: serviceOf((method) => (request, callOptions) => shared.call(method, request, callOptions)),
    role: () => shared.role,
    close: () => shared.close(),
  };
}

class Shared {
  role: Membership['role'] | 'waiting' = 'waiting';
  readonly #stop = new AbortController();
  readonly #join: () => Promise<Membership>;
  #membership: Promise<Membership>;

  constructor(path: string, { startOwner, store = {}, timeout = DEFAULT_TIMEOUT_MS }: SharedServiceOptions) {
    const { signal } = this.#stop;
    this.#join = () => joinFile({ path, startOwner, store, timeout, signal });
    this.#membership = this.#enter();
  }

  async opened(): Promise<void> {
    await this.#membership;
  }

  async call(method: RpcMethod, request: unknown, options?: CallOptions): Promise<unknown> {
    for (;;) {
      const membership = await unlessAborted(this.#current(), options?.signal);
      try {
        return await (membership.service[method.name] as AnyCall)(request, options);
      } catch (error) {
        if (options?.signal?.aborted === true || !(await wasLost(membership, error))) throw error;
        if (!isRepeatable(method, request)) {
          throw unavailable(`The owner of the file went away during ${method.name}: nobody knows whether it was done.`);
        }
      }
    }
  }

  async close(): Promise<void> {
    this.#stop.abort();
    const membership = await this.#membership.catch(() => undefined);
    await membership?.close();
    this.role = 'waiting';
  }

  async #current(): Promise<Membership> {
    if (this.#stop.signal.aborted) throw cancelled('The engine is closed.');
    try {
      return await this.#membership;
    } catch (error) {
      throw unavailable(error instanceof Error ? error.message : String(error));
    }
  }

  async #enter(): Promise<Membership> {
    const membership = await this.#join();
    this.role = membership.role;
    void membership.lost.then(() => this.#onLost(membership));
    return membership;
  }

  #onLost(membership: Membership): void {
    this.role = 'waiting';
    this.#takeOver(membership.close());
  }

  /** @param left settles when this process has nothing to do any more with the file's last owner, which may have been itself. */
  #takeOver(left: Promise<unknown> = Promise.resolve()): void {
    if (this.#stop.signal.aborted) return;
    this.#membership = left.catch(() => undefined).then(() => this.#enter());
    // Calls hear of a failure; without any, somebody has to try again all the same.
    this.#membership.catch(() => setTimeout(() => this.#takeOver(), RETRY_MS).unref());
  }
}

/** Whether a call failed because the owner is gone, and not because the owner said so. Waits until the loss is noticed everywhere. */
async function wasLost(membership: Membership, error: unknown): Promise<boolean> {
  if (membership.role === 'owner') return false;
  const origin = originOf(error);
  if (origin === 'answered' || (origin === undefined && !hasCode(error, ...TRANSPORT_CODES))) return false;
  let timer: NodeJS.Timeout | undefined;
  const timeUp = new Promise<false>((resolve) => {
    timer = setTimeout(resolve, origin === 'leaving' ? NOTICE_MS.leaving : NOTICE_MS.crashed, false);
  });
  const isLost = await Promise.race([membership.lost.then(() => true), timeUp]);
  clearTimeout(timer);
  return isLost;
}

function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal | undefined): Promise<Result> {
  if (signal === undefined) return work;
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(cancelled());
    if (signal.aborted) onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void work.then(resolve, reject).finally(() => signal.removeEventListener('abort', onAbort));
  });
}
