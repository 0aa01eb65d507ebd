import type { coresdk } from '@temporalio/proto';
import {
  IllegalStateError,
  type SinkCall,
  type WorkflowCreateOptions,
  type WorkflowCreateOptionsInternal,
} from '../official-isolate.ts';
import type { ActivationTypes } from './activation-types.ts';
import { type ActivateTask, type Batch, joinBytes, type Result, type Results, toPlainError } from './messages.ts';
import type { Realm } from './realm.ts';
import { Run } from './run.ts';

type Completion = coresdk.workflow_completion.IWorkflowActivationCompletion;
type RuntimeOptions = Omit<WorkflowCreateOptionsInternal, keyof WorkflowCreateOptions>;

/** Results are sent when so many have gathered, or when there is nothing left to do. */
const RESULTS_AT_ONCE = 4;

/** A task with the bytes and the time of its batch. */
type QueuedTask = Batch['tasks'][number] & { bytes?: Uint8Array; time?: bigint | undefined };

/** What an executor needs of its surroundings. */
export interface ExecutorOptions {
  readonly realm: Realm;
  readonly types: ActivationTypes;
  /** What runs get beside their own options. */
  readonly runtime: RuntimeOptions;
  /** One cell: the id of the activation that is executing, 0 for none. */
  readonly progress: Int32Array;
  readonly post: (results: Results) => void;
  /** Called before each task with the time of its batch. */
  readonly setTime: (time: bigint | undefined) => void;
}

/** The activation (or disposal) whose macrotask this is. */
interface Current {
  readonly task: QueuedTask;
  run?: Run | undefined;
  completion?: Completion | undefined;
  error?: unknown;
}

/**
 * Executes tasks in order, each in a macrotask of its own: Node reports rejections that nobody handled at the end of a macrotask, so they
 * belong to the task that just ran. The task is concluded at the start of the next macrotask.
 */
export class Executor {
  readonly #options: ExecutorOptions;
  readonly #runs = new Map<number, Run>();
  readonly #queue: QueuedTask[] = [];
  #current: Current | undefined;
  #scheduled = false;
  #results: Result[] = [];
  #bytes: Uint8Array[] = [];
  #size = 0;

  constructor(options: ExecutorOptions) {
    this.#options = options;
  }

  /** Takes work. The first task of an idle executor runs at once. */
  accept(batch: Batch): void {
    let offset = 0;
    for (const task of batch.tasks) {
      const end = offset + (task.kind === 'activate' ? task.length : 0);
      this.#queue.push({ ...task, bytes: batch.bytes.subarray(offset, end), time: batch.time });
      offset = end;
    }
    if (!this.#scheduled) this.#step();
  }

  /** Blames an unhandled rejection on the run whose macrotask this is; false when there is none. */
  blame(reason: unknown): boolean {
    if (this.#current === undefined) return false;
    this.#current.run?.reject(reason);
    return true;
  }

  #step = (): void => {
    this.#scheduled = false;
    this.#conclude();
    const task = this.#queue.shift();
    if (task !== undefined) this.#execute(task);
    if (this.#results.length >= RESULTS_AT_ONCE || task === undefined) this.#flush();
    if (task === undefined) return;
    this.#scheduled = true;
    setImmediate(this.#step);
  };

  #execute(task: QueuedTask): void {
    Atomics.store(this.#options.progress, 0, task.id);
    this.#options.setTime(task.time);
    const current: Current = { task };
    this.#current = current;
    try {
      current.run = this.#runs.get(task.run);
      if (task.kind === 'dispose') {
        this.#runs.delete(task.run);
        current.run?.dispose();
        return;
      }
      current.run ??= this.#create(task);
      current.completion = current.run.activate(this.#options.types.activation.decode(task.bytes!));
    } catch (error) {
      current.error = error;
    }
  }

  #create({ run, create }: ActivateTask): Run {
    if (create === undefined) throw new IllegalStateError('Tried to activate a run that does not live here');
    const created = new Run(this.#options.realm, { ...create, ...this.#options.runtime });
    this.#runs.set(run, created);
    return created;
  }

  #conclude(): void {
    const current = this.#current;
    if (current === undefined) return;
    this.#current = undefined;
    Atomics.store(this.#options.progress, 0, 0);
    if (current.task.kind === 'activate') this.#record(current);
  }

  #record({ task, run, completion, error }: Current): void {
    const sinkCalls = run === undefined ? [] : portableSinkCalls(run.takeSinkCalls());
    const more = sinkCalls.length > 0 ? { sinkCalls } : {};
    try {
      if (run === undefined || completion === undefined) throw error;
      const bytes = this.#options.types.completion.encode(run.conclude(completion)).finish();
      this.#bytes.push(bytes);
      this.#size += bytes.length;
      this.#results.push({ id: task.id, length: bytes.length, ...more });
    } catch (failure) {
      this.#results.push({ id: task.id, length: 0, error: toPlainError(failure), ...more });
    }
  }

  #flush(): void {
    if (this.#results.length === 0) return;
    const bytes = joinBytes(this.#bytes, this.#size);
    const results = this.#results;
    this.#results = [];
    this.#bytes = [];
    this.#size = 0;
    try {
      this.#options.post({ kind: 'results', bytes, results });
    } catch {
      this.#options.post({ kind: 'results', bytes, results: results.map(withoutBadSinkCalls) });
    }
  }
}

/** Copies the calls without the functions in their workflow info, which cannot travel. Calls of one activation mostly share one info. */
function portableSinkCalls(calls: SinkCall[]): SinkCall[] {
  const copies = new Map<object, SinkCall['workflowInfo']>();
  return calls.map((call) => {
    let copy = copies.get(call.workflowInfo);
    if (copy === undefined) {
      const { now: _now, random: _random, ...unsafe } = call.workflowInfo.unsafe;
      copy = { ...call.workflowInfo, unsafe: unsafe as SinkCall['workflowInfo']['unsafe'] };
      copies.set(call.workflowInfo, copy);
    }
    return { ...call, workflowInfo: copy };
  });
}

function withoutBadSinkCalls(result: Result): Result {
  try {
    structuredClone(result.sinkCalls);
    return result;
  } catch (error) {
    const { sinkCalls: _sinkCalls, ...rest } = result;
    return { ...rest, sinkError: toPlainError(error) };
  }
}
