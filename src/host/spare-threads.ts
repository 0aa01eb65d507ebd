import { MessageChannel, Worker } from 'node:worker_threads';
import type { ResourceLimits } from 'node:worker_threads';
import type { FromThread, ThreadSetup } from './messages.ts';
import { activationDefinitions } from './activation-definitions.ts';

/** What a thread is started with. */
export interface ThreadStart extends Omit<ThreadSetup, 'progress' | 'types'> {
  readonly resourceLimits?: ResourceLimits | undefined;
}

/** A worker thread, whoever uses it at the moment. */
export interface Thread {
  readonly start: ThreadStart;
  readonly worker: Worker;
  /** One cell: the id of the activation that the thread is in, 0 between activations. */
  readonly progress: Int32Array;
}

const ENTRY = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './thread.js', import.meta.url);

/** How long a thread waits for another host of the same bundle, in milliseconds. */
const SPARE_MS = 5000;
const MOST_SPARES = 8;

interface Spare {
  readonly thread: Thread;
  readonly expiry: NodeJS.Timeout;
}

const spares: Spare[] = [];

/** A thread that loads what all of them need, and waits to be told what it is for. */
interface BlankThread {
  readonly worker: Worker;
  readonly give: (setup: ThreadSetup) => void;
}

let prepared: { readonly thread: BlankThread; readonly expiry: NodeJS.Timeout } | undefined;

/**
 * Starts a thread that will be asked for soon, unless one is left: it loads what it needs while this one does other things. If nobody takes it for a
 * while, it ends.
 */
export function prepareThread(): void {
  if (prepared !== undefined || spares.length > 0) return;
  const thread = blankThread(undefined);
  const { worker } = thread;
  const drop = (): void => void (prepared?.thread === thread && (prepared = undefined));
  const expiry = setTimeout(() => {
    drop();
    void worker.terminate();
  }, SPARE_MS).unref();
  worker.on('error', () => undefined).on('exit', drop);
  worker.unref();
  prepared = { thread, expiry };
}

/**
 * A thread for a bundle: new, or one that another host of the same bundle has left in order. To start one costs more than most workflows do, and tests
 * start a worker each.
 * @returns also whether it is one that was used before: it has the bundle already.
 */
export function takeThread(start: ThreadStart): { readonly thread: Thread; readonly isUsed: boolean } {
  const index = spares.findIndex(({ thread }) => fits(thread.start, start));
  const [spare] = index < 0 ? [] : spares.splice(index, 1);
  if (spare === undefined) return { thread: startThread(start), isUsed: false };
  const { thread, expiry } = spare;
  clearTimeout(expiry);
  forgetListeners(thread);
  thread.worker.ref();
  thread.worker.postMessage({ kind: 'reuse', registeredActivityNames: start.registeredActivityNames });
  return { thread, isUsed: true };
}

/** Keeps a thread in which no run lives for the next host, or ends it. Spare threads do not keep the process alive. */
export async function leaveThread(thread: Thread): Promise<void> {
  forgetListeners(thread);
  if (spares.length >= MOST_SPARES) {
    await endThread(thread);
    return;
  }
  const drop = (): boolean => {
    const index = spares.findIndex((spare) => spare.thread === thread);
    if (index >= 0) spares.splice(index, 1);
    return index >= 0;
  };
  const expiry = setTimeout(() => void (drop() && endThread(thread)), SPARE_MS).unref();
  // It is not expected to end by itself; if it does, nobody gets it.
  thread.worker.on('error', () => undefined).on('exit', () => void (drop() && clearTimeout(expiry)));
  thread.worker.unref();
  spares.push({ thread, expiry });
}

/** Lets the bundle release what it holds, for so many milliseconds at most, then stops the thread. */
export async function endThread({ worker }: Thread, patienceMs: number = SPARE_MS): Promise<void> {
  const closed = Promise.withResolvers<void>();
  worker.on('message', ({ kind }: FromThread) => void (kind === 'closed' && closed.resolve()));
  worker.on('exit', () => closed.resolve());
  worker.postMessage({ kind: 'close' });
  const timer = setTimeout(closed.resolve, patienceMs);
  await closed.promise;
  clearTimeout(timer);
  await worker.terminate();
}

function startThread(start: ThreadStart): Thread {
  const progress = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT);
  const { resourceLimits, ...setup } = start;
  const { worker, give } = (resourceLimits === undefined ? takePrepared() : undefined) ?? blankThread(resourceLimits);
  give({ ...setup, progress, types: activationDefinitions() });
  return { start, worker, progress: new Int32Array(progress) };
}

function takePrepared(): BlankThread | undefined {
  if (prepared === undefined) return undefined;
  const { thread, expiry } = prepared;
  prepared = undefined;
  clearTimeout(expiry);
  forgetListeners(thread);
  thread.worker.ref();
  return thread;
}

function blankThread(resourceLimits: ResourceLimits | undefined): BlankThread {
  // A channel of its own: what comes by the thread's waits there until it is ready for that.
  const { port1, port2 } = new MessageChannel();
  const worker = new Worker(ENTRY, {
    workerData: port2,
    transferList: [port2],
    name: 'perdure-workflows',
    ...(resourceLimits === undefined ? {} : { resourceLimits }),
  });
  return { worker, give: (setup) => port1.postMessage(setup) };
}

/** By name: Node keeps listeners of its own there. */
function forgetListeners({ worker }: Pick<Thread, 'worker'>): void {
  for (const name of ['message', 'error', 'exit']) worker.removeAllListeners(name);
}

function fits(one: ThreadStart, other: ThreadStart): boolean {
  return (
    one.bundle.code === other.bundle.code &&
    one.bundle.filename === other.bundle.filename &&
    one.stackTraces === other.stackTraces &&
    one.clockGiven === other.clockGiven &&
    one.asksAboutPatches === other.asksAboutPatches &&
    JSON.stringify(one.resourceLimits) === JSON.stringify(other.resourceLimits)
  );
}
