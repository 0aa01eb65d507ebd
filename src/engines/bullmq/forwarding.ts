import type { RunKey, RunRecord } from '../../core/record.ts';
import { deadlineExceeded, isMovedAway } from '../../runtime/errors.ts';
import type { AnyCall } from '../../runtime/rpc-methods.ts';
import type { MethodName, RequestOf, ResponseOf } from '../../runtime/service.ts';
import { systemClock } from '../../runtime/system-clock.ts';
import { runJob } from './commit-arguments.ts';
import type { Expectations } from './expectations.ts';
import { ADD_JOB, DROP_JOB, WAKE } from './lua-jobs.ts';
import { orStoreError, Script } from './redis.ts';
import type { Residents } from './residents.ts';
import { noAnswer, Routes } from './routes.ts';
import type { CallJob, RemoteAnswer } from './routes.ts';
import type { Shared } from './shared.ts';

const wakeScript = new Script(WAKE);
const addScript = new Script(ADD_JOB);
const dropScript = new Script(DROP_JOB);

/** Name of jobs that bring a call about a closed run to a process that can answer. */
const CALL_JOB = 'perdure.call';
/** How long such a job waits before it counts as forgotten: its caller asks again, or is gone. */
const CALL_MS = 60_000;
const FIRST_WAIT_MS = 10;
const LONGEST_WAIT_MS = 250;

/** What forwarding needs. */
export interface ForwardingOptions extends Shared {
  readonly residents: Residents;
  readonly expectations: Expectations;
  /** Whether workflow workers of this process read the task queue. */
  readonly reads: (taskQueue: string) => boolean;
}

/** Brings calls that need the workflow itself to the process that has it, or has one take it. */
export class Forwarding {
  readonly #options: ForwardingOptions;
  readonly #routes: Routes;

  constructor(options: ForwardingOptions) {
    this.#options = options;
    this.#routes = new Routes({
      ...options,
      service: () => options.frontend().service,
      canAnswer: (_method, request) => this.#canAnswer(request as Targeted),
    });
  }

  /** The namespace of all runs. */
  get namespace(): string {
    return this.#options.namespace;
  }

  /** A message that is no news of a commit. */
  receive(message: string): void {
    this.#routes.receive(message);
  }

  /** Answers a call that came as a job. */
  async serve(call: CallJob): Promise<void> {
    await this.#routes.serveJob(call);
  }

  /** See `Residency`. */
  canQuery(record: RunRecord): boolean {
    const { residents, reads } = this.#options;
    return residents.has(record) || (record.closeTime !== undefined && reads(record.taskQueue));
  }

  /** See `Residency`. */
  async forward<Name extends MethodName>(
    name: Name,
    request: RequestOf<Name>,
    record: RunRecord,
    signal: AbortSignal,
  ): Promise<ResponseOf<Name>> {
    if (name !== 'updateWorkflowExecution') return await this.#forward(name, request, record, signal);
    const { expectations, onError } = this.#options;
    try {
      return await this.#forward(name, request, record, signal);
    } finally {
      expectations.over(record.workflowId).catch(onError);
    }
  }

  async #forward<Name extends MethodName>(
    name: Name,
    request: RequestOf<Name>,
    record: RunRecord,
    signal: AbortSignal,
  ): Promise<ResponseOf<Name>> {
    const { store, frontend, residents, expectations, process } = this.#options;
    const targeted = withRun(request as Targeted, record);
    let current = record;
    for (let wait = FIRST_WAIT_MS; !signal.aborted; wait = Math.min(wait * 2, LONGEST_WAIT_MS)) {
      const isClosed = current.closeTime !== undefined;
      if (this.canQuery(current) || (isClosed && name !== 'queryWorkflow')) {
        const answer = await unlessMoved((frontend().service[name] as AnyCall)(targeted, { signal }));
        if (answer !== undefined) return answer as ResponseOf<Name>;
      }
      if (!isClosed && name === 'updateWorkflowExecution') await expectations.announce(current.workflowId);
      const owner = isClosed ? '' : await this.#wake(current);
      let answer: RemoteAnswer;
      if (isClosed) answer = await this.#callByJob(name, targeted, current, signal);
      else if (owner !== '' && owner !== process)
        answer = await this.#callOwner(owner, name, targeted, current, signal);
      if (answer !== undefined) return answer as ResponseOf<Name>;
      await residents.arrival(wait, signal);
      current = (await store.load(record))?.record ?? current;
    }
    throw deadlineExceeded(name === 'queryWorkflow' ? noAnswer : undefined);
  }

  /** Has some process take the run. @returns the one that has it already, which may be gone; empty when there is none. */
  async #wake(record: RunRecord): Promise<string> {
    const { client, keys, jobs } = this.#options;
    const { name, data, options, priority } = runJob(record, jobs);
    const args = [record.runId, name, data, options, priority, systemClock.now()];
    return String(await wakeScript.run(client, [keys.run(record), jobs.queuePrefix(record)], args));
  }

  /** A closed run has no job: the call itself becomes one, for whoever reads the run's task queue. */
  async #callByJob(name: MethodName, request: unknown, record: RunRecord, signal: AbortSignal): Promise<RemoteAnswer> {
    const { client, jobs } = this.#options;
    const now = systemClock.now();
    const call: CallJob = { ...this.#routes.prepare(name, request), until: now + CALL_MS };
    const queue = jobs.queuePrefix(record);
    const options = JSON.stringify({ attempts: 1, removeOnComplete: true, removeOnFail: true });
    const args = [call.id, CALL_JOB, JSON.stringify(call), options, 0, now, now];
    const drop = async (): Promise<unknown> => dropScript.run(client, [queue], [call.id]);
    return this.#routes.wait(call, signal, {
      send: async () => void (await addScript.run(client, [queue], args)),
      isThere: async () => {
        if (systemClock.now() >= call.until) await drop();
        return (await orStoreError(client.exists(`${queue}${call.id}`))) === 1;
      },
      giveUp: drop,
    });
  }

  async #callOwner(
    owner: string,
    name: MethodName,
    request: unknown,
    record: RunRecord,
    signal: AbortSignal,
  ): Promise<RemoteAnswer> {
    const { client, keys } = this.#options;
    const isOwner = async (): Promise<boolean> =>
      (await orStoreError(client.hget(keys.run(record), 'owner'))) === owner;
    return this.#routes.call(owner, name, request, signal, isOwner);
  }

  async #canAnswer(request: Targeted): Promise<boolean> {
    const { namespace, residents, store } = this.#options;
    const { workflowId, runId } = targetOf(request) ?? {};
    if (!workflowId || !runId) return false;
    const key: RunKey = { namespace, workflowId, runId };
    if (residents.has(key)) return true;
    const record = (await store.load(key))?.record;
    return record?.closeTime !== undefined && this.canQuery(record);
  }
}

/** The answer of this process; `undefined` when the run has left it meanwhile. */
async function unlessMoved(answer: Promise<unknown>): Promise<RemoteAnswer> {
  try {
    return (await answer) as object;
  } catch (error) {
    if (isMovedAway(error)) return undefined;
    throw error;
  }
}

interface Target {
  readonly workflowId?: string | null;
  readonly runId?: string | null;
}

/** Requests about one run, as far as they are forwarded. */
interface Targeted {
  readonly execution?: Target | null;
  readonly workflowExecution?: Target | null;
  readonly updateRef?: { readonly workflowExecution?: Target | null } | null;
}

function targetOf({ execution, workflowExecution, updateRef }: Targeted): Target | null | undefined {
  return execution ?? workflowExecution ?? updateRef?.workflowExecution;
}

/** The request, with the run that it turned out to mean. */
function withRun(request: Targeted, { workflowId, runId }: RunRecord): Targeted {
  const target = { workflowId, runId };
  if (request.updateRef) return { ...request, updateRef: { ...request.updateRef, workflowExecution: target } };
  return request.workflowExecution ? { ...request, workflowExecution: target } : { ...request, execution: target };
}
