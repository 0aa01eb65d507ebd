import { IllegalStateError } from '@temporalio/common';
import type { coresdk } from '@temporalio/proto';
import type { SinkCall, WorkflowCreateOptions } from '../official-isolate.ts';
import { officialTypes } from './activation-definitions.ts';
import {
  type ActivateTask,
  type Batch,
  type DisposeTask,
  joinBytes,
  type PlainError,
  type Result,
  type Results,
} from './messages.ts';
import { failedTask, replayRequest } from './replay-request.ts';

type Activation = coresdk.workflow_activation.IWorkflowActivation;
type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;

/** Ids go round before they leave 31 bits: they share one cell of memory with the thread. */
const LAST_ID = 0x7fff_ffff;

/** What an activation left behind. */
export interface Outcome {
  readonly completion: Completion;
  readonly sinkCalls: SinkCall[];
  /** The sink calls got lost on their way. */
  readonly sinkError?: Error;
}

/** An error of an activation that is no completion; its sink calls still count. */
export class ActivationError extends Error {
  readonly sinkCalls: SinkCall[];

  constructor(cause: Error, sinkCalls: SinkCall[]) {
    super(cause.message, { cause });
    this.sinkCalls = sinkCalls;
  }
}

interface Pending {
  readonly runId: string;
  readonly resolve: (outcome: Outcome) => void;
  readonly reject: (error: Error) => void;
}

/**
 * The way to one realm, in a thread or inline: tasks go out in batches, results come back. A lane is lost when its realm is; then nothing
 * that lived there can be used any more.
 */
export class Lane {
  readonly #send: (batch: Batch) => void;
  readonly #getTimeOfDay: (() => bigint) | undefined;
  readonly #pending = new Map<number, Pending>();
  #tasks: (ActivateTask | DisposeTask)[] = [];
  #chunks: Uint8Array[] = [];
  #size = 0;
  #lastId = 0;
  #lastRun = 0;
  readonly #runs = new Map<number, string>();
  #lost = false;

  constructor(send: (batch: Batch) => void, getTimeOfDay: (() => bigint) | undefined) {
    this.#send = send;
    this.#getTimeOfDay = getTimeOfDay;
  }

  /** How many runs live here. */
  get load(): number {
    return this.#runs.size;
  }

  /** The runs that live here. */
  get runIds(): string[] {
    return [...this.#runs.values()];
  }

  /** Whether an activation is under way. */
  get busy(): boolean {
    return this.#pending.size > 0;
  }

  /** Whether the realm is gone. */
  get lost(): boolean {
    return this.#lost;
  }

  /** Makes room for a run; answers its number here. */
  enter(runId: string): number {
    this.#lastRun += 1;
    this.#runs.set(this.#lastRun, runId);
    return this.#lastRun;
  }

  /** Hands an activation over. With `create`, the run is created first. */
  activate(
    run: number,
    runId: string,
    activation: Activation,
    create: WorkflowCreateOptions | undefined,
  ): Promise<Outcome> {
    if (this.#lost) return Promise.resolve(lostOutcome(runId));
    const bytes = officialTypes.activation.encode(activation).finish();
    const id = this.#nextId();
    this.#chunks.push(bytes);
    this.#size += bytes.length;
    const task = { kind: 'activate', id, run, length: bytes.length } as const;
    this.#queue(create === undefined ? task : { ...task, create });
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { runId, resolve, reject });
    });
  }

  /** Ends a run's life here. Tasks keep their order, so nobody needs to wait for it. */
  leave(run: number): void {
    this.#runs.delete(run);
    if (!this.#lost) this.#queue({ kind: 'dispose', id: this.#nextId(), run });
  }

  /** Takes what the realm sends. */
  receive({ bytes, results }: Results): void {
    let offset = 0;
    for (const result of results) {
      const end = offset + result.length;
      this.#settle(result, bytes.subarray(offset, end));
      offset = end;
    }
  }

  /**
   * The realm is gone while it was in activation `culprit` (0: in none): that one fails with the reason, all others ask for replay.
   * Answers the run of that activation.
   */
  lose(culprit: number | 'all', reason: string): string | undefined {
    this.#lost = true;
    const culpritRunId = culprit === 'all' ? undefined : this.#pending.get(culprit)?.runId;
    const pending = [...this.#pending];
    this.#pending.clear();
    for (const [id, { runId, resolve }] of pending)
      resolve(
        id === culprit || culprit === 'all'
          ? { completion: failedTask(runId, reason), sinkCalls: [] }
          : lostOutcome(runId),
      );
    return culpritRunId;
  }

  #nextId(): number {
    this.#lastId = this.#lastId === LAST_ID ? 1 : this.#lastId + 1;
    return this.#lastId;
  }

  #queue(task: ActivateTask | DisposeTask): void {
    // A tick after all microtasks: activations that were polled together are decoded side by side and so travel together.
    if (this.#tasks.length === 0) process.nextTick(this.#flush);
    this.#tasks.push(task);
  }

  #flush = (): void => {
    const tasks = this.#tasks;
    const bytes = joinBytes(this.#chunks, this.#size);
    this.#tasks = [];
    this.#chunks = [];
    this.#size = 0;
    if (this.#lost) return;
    const time = this.#getTimeOfDay?.();
    try {
      this.#send({ kind: 'batch', bytes, tasks, ...(time === undefined ? {} : { time }) });
    } catch (error) {
      // Something that cannot be cloned; the official host fails such a task too.
      for (const { id } of tasks) this.#pending.get(id)?.reject(error as Error);
      for (const { id } of tasks) this.#pending.delete(id);
    }
  };

  #settle(result: Result, bytes: Uint8Array): void {
    const pending = this.#pending.get(result.id);
    if (pending === undefined) throw new IllegalStateError(`No activation with id ${result.id}`);
    this.#pending.delete(result.id);
    const sinkCalls = result.sinkCalls ?? [];
    if (result.error !== undefined) return pending.reject(new ActivationError(reviveError(result.error), sinkCalls));
    const completion = officialTypes.completion.decode(bytes);
    pending.resolve({
      completion,
      sinkCalls,
      ...(result.sinkError === undefined ? {} : { sinkError: reviveError(result.sinkError) }),
    });
  }
}

function lostOutcome(runId: string): Outcome {
  const message = 'The thread of this run was stopped because of another run; the run is replayed';
  return { completion: replayRequest(runId, message), sinkCalls: [] };
}

function reviveError({ name, message, stack }: PlainError): Error {
  const error = name === 'IllegalStateError' ? new IllegalStateError(message) : new Error(message);
  if (stack !== undefined) error.stack = stack;
  return error;
}
