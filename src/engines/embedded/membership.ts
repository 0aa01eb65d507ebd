import { randomInt } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { StoreError } from '../../core/store.ts';
import type { Store } from '../../core/store.ts';
import type { WorkflowServiceApi } from '../../runtime/service.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { readOwner, tryAcquireOwnership } from './owner.ts';
import type { Ownership } from './owner.ts';
import { connectSocket } from './socket-client.ts';
import { chooseSocketPath, leaveSocketPath } from './socket-path.ts';
import { serveSocket } from './socket-server.ts';
import { SqliteStore } from './sqlite-store.ts';
import type { SqliteStoreOptions } from './sqlite-store.ts';

const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 100;

/** The durable core at work on a store of this process. */
export interface OwnedService {
  readonly service: WorkflowServiceApi;
  /** Stops it; the store is closed afterwards by whoever opened it. */
  close(): Promise<void>;
}

/** How to become a member of those who share a file. */
export interface MembershipOptions {
  /** The database file, as `resolveDatabasePath` gives it. */
  readonly path: string;
  /** Starts the durable core when this process becomes the owner. */
  readonly startOwner: (store: Store) => Promise<OwnedService>;
  readonly store: Omit<SqliteStoreOptions, 'ownership' | 'onFailure'>;
  /** How long to wait, in milliseconds, when there is an owner who does not answer. */
  readonly timeout: number;
  readonly signal: AbortSignal;
}

/** This process's part in sharing a file, until the owner changes. */
export interface Membership {
  readonly role: 'owner' | 'connected';
  readonly service: WorkflowServiceApi;
  /** Resolves when the owner is gone; when this process is the owner, if the disk fails it, so that the file has to be opened anew. */
  readonly lost: Promise<void>;
  close(): Promise<void>;
}

/**
 * Owns a file if nobody else does, and connects to its owner otherwise. Of many processes that try at once, one becomes the owner.
 * @throws StoreError when the file cannot be opened, or `locked` when its owner does not answer in time; an `AbortError` when aborted.
 */
export async function joinFile(options: MembershipOptions): Promise<Membership> {
  const { path, timeout, signal } = options;
  const deadline = systemClock.now() + timeout;
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
    signal.throwIfAborted();
    const ownership = tryAcquireOwnership(path);
    if (ownership !== undefined) return await becomeOwner(ownership, options);
    const connected = await connect(path);
    if (connected !== undefined) return connected;
    if (systemClock.now() > deadline) throw doesNotAnswer(path, timeout);
    await delay(wait + randomInt(FIRST_WAIT_MS), undefined, { signal });
  }
}

async function becomeOwner(ownership: Ownership, options: MembershipOptions): Promise<Membership> {
  // Closed in the opposite order of opening, whatever could be opened.
  const undo: (() => unknown)[] = [() => ownership.release()];
  const close = async (): Promise<void> => {
    for (let step = undo.pop(); step !== undefined; step = undo.pop()) await step();
  };
  try {
    const lost = Promise.withResolvers<void>();
    const store = await SqliteStore.open(ownership.path, {
      ...options.store,
      ownership,
      // Opening a file that is gone would make a new one, without anybody's runs.
      onFailure: (error) => {
        if (!(error instanceof StoreError && error.code === 'gone')) lost.resolve();
      },
    });
    undo.push(() => store.close());
    const owned = await options.startOwner(store);
    undo.push(() => owned.close());
    const socket = chooseSocketPath(ownership);
    undo.push(() => leaveSocketPath(ownership, socket));
    const server = await serveSocket(owned.service, socket);
    undo.push(() => server.close());
    ownership.announce(socket);
    undo.push(() => ownership.announce(undefined));
    return { role: 'owner', service: owned.service, lost: lost.promise, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Connects to the owner, if there is one that serves. What the last owner has left behind leads nowhere. */
async function connect(path: string): Promise<Membership | undefined> {
  const socket = readOwner(path)?.socket;
  if (socket === undefined) return undefined;
  try {
    const client = await connectSocket(socket);
    return { role: 'connected', service: client.service, lost: client.lost, close: async () => client.close() };
  } catch {
    return undefined;
  }
}

function doesNotAnswer(path: string, timeout: number): StoreError {
  const owner = readOwner(path);
  return new StoreError(
    'locked',
    `${owner === undefined ? 'Another process' : `Process ${owner.pid}`} owns ${path} and did not answer within ${timeout} ms. ` +
      'It may have opened the file for itself alone, or hang; stop it, or choose another path.',
  );
}
