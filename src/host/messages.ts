import type { TypeDefinitions } from './activation-types.ts';
import type {
  PatchActivationWorkflowInfoSnapshot,
  SinkCall,
  WorkflowBundleWithSourceMapAndFilename,
  WorkflowCreateOptions,
} from '../official-isolate.ts';

/** What a thread is given once, when it starts. */
export interface ThreadSetup {
  readonly bundle: WorkflowBundleWithSourceMapAndFilename;
  readonly registeredActivityNames: Set<string>;
  /** Whether `patched()` asks the main thread (a `patchActivationCallback` was configured). */
  readonly asksAboutPatches: boolean;
  /** Whether promise hooks are installed, which `__stack_trace` queries need. */
  readonly stackTraces: boolean;
  /** Whether each batch carries the time; otherwise the thread reads the native clock. */
  readonly clockGiven: boolean;
  /** Of what travels as bytes. */
  readonly types: TypeDefinitions;
  /** One 32-bit cell: the id of the activation that the thread is in, 0 between activations. */
  readonly progress: SharedArrayBuffer;
}

/** One activation of one run; its protobuf bytes are the next `length` bytes of the batch. */
export interface ActivateTask {
  readonly kind: 'activate';
  /** Names the activation in `progress` and in its result; never 0. */
  readonly id: number;
  /** The run's number in this thread. */
  readonly run: number;
  readonly length: number;
  /** Given with the first activation of a run: creates it. */
  readonly create?: WorkflowCreateOptions;
}

/** Ends a run's life in the thread. Has no result. */
export interface DisposeTask {
  readonly kind: 'dispose';
  readonly id: number;
  readonly run: number;
}

/** Work for a thread, in order. Tasks of one turn of the main thread travel together: a message costs more than a task. */
export interface Batch {
  readonly kind: 'batch';
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly tasks: readonly (ActivateTask | DisposeTask)[];
  /** Nanoseconds since the epoch, when the host was given a clock. */
  readonly time?: bigint;
}

/** Asks a thread to release what it holds, before it is stopped. */
export interface CloseRequest {
  readonly kind: 'close';
}

/** The thread goes on for another host; no run lives in it. */
export interface ReuseRequest {
  readonly kind: 'reuse';
  readonly registeredActivityNames: Set<string>;
}

/** An error without its class, as it travels between threads. */
export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
}

/** The result of one activation; its completion is the next `length` bytes of the message. */
export interface Result {
  readonly id: number;
  readonly length: number;
  /** What the run asked of sinks; absent when nothing. */
  readonly sinkCalls?: SinkCall[];
  /** Instead of a completion. */
  readonly error?: PlainError;
  /** The sink calls of the run cannot travel between threads. */
  readonly sinkError?: PlainError;
}

/** Results of finished activations, in order. */
export interface Results {
  readonly kind: 'results';
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly results: readonly Result[];
}

/** The thread is ready, closed, or could not start. */
export interface StateNotice {
  readonly kind: 'ready' | 'closed' | 'failed';
  readonly error?: PlainError;
}

/** A synchronous question of workflow code; the thread waits on `resultBuffer`. */
export interface PatchQuestion {
  readonly kind: 'patch';
  readonly workflowInfo: PatchActivationWorkflowInfoSnapshot;
  readonly patchId: string;
  readonly resultBuffer: SharedArrayBuffer;
}

/** What the main thread sends. */
export type ToThread = Batch | CloseRequest | ReuseRequest;

/** What a thread sends. */
export type FromThread = Results | StateNotice | PatchQuestion;

/** Strips an error of its class, so that it can travel. It may come from another realm, where it is no instance of our `Error`. */
export function toPlainError(error: unknown): PlainError {
  if (typeof error !== 'object' || error === null) return { name: 'Error', message: String(error) };
  const { name = 'Error', message = '', stack } = error as { name?: unknown; message?: unknown; stack?: unknown };
  return { name: String(name), message: String(message), stack: typeof stack === 'string' ? stack : undefined };
}

/** Joins byte chunks into one array of exactly their size (cloning a pooled buffer would clone its whole pool). */
export function joinBytes(chunks: readonly Uint8Array[], total: number): Uint8Array<ArrayBuffer> {
  const joined = new Uint8Array(total);
  let offset = 0;
  for (const chunk of chunks) {
    joined.set(chunk, offset);
    offset += chunk.length;
  }
  return joined;
}
