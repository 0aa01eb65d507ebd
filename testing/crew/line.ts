import type { Clock } from '../../src/core/clock.ts';
import { type Backend, createConnection, type LocalConnection } from '../../src/runtime/connection.ts';
import { cancelled, notFound } from '../../src/runtime/errors.ts';
import type { CallOptions, WorkflowServiceApi } from '../../src/runtime/service.ts';
import { overlay, wrapEach } from './overlay.ts';

const GONE = 'This worker was killed by the test.';

/**
 * The connection of one worker, made so that the worker can be killed: once it is cut, nothing that the worker says arrives any more, nobody gives it work,
 * and what it was working on does not hold the clock.
 */
export class Line {
  /** For the worker. */
  readonly connection: LocalConnection;
  readonly #service: WorkflowServiceApi;
  readonly #cut = new AbortController();
  readonly #holds = new Set<() => void>();
  readonly #stickyQueues = new Map<string, string>();

  /** @param backend what the worker works for; each line may have one with a service of its own. */
  constructor(backend: Backend) {
    this.#service = backend.service;
    const service = wrapEach(
      this.#noticingStickyQueues(backend.service),
      (name, call) => (request, options) => this.#call(name, (more) => call(request, more), options),
    );
    this.connection = createConnection(service, { clock: this.#clock(backend.clock) });
  }

  /** Whether the worker was killed. */
  get isCut(): boolean {
    return this.#cut.signal.aborted;
  }

  /** Kills the worker. What is committed stays; what it was working on is tried again when its time-outs have passed. */
  cut(): void {
    if (this.isCut) return;
    this.#cut.abort(cancelled(GONE));
    for (const release of this.#holds) release();
    // Nobody will ever read these again; a server would find out after some seconds in which time could not skip.
    for (const [stickyTaskQueue, namespace] of this.#stickyQueues)
      void this.#service.shutdownWorker({ namespace, stickyTaskQueue }).catch(() => undefined);
  }

  /** @throws what a worker is told that is gone. */
  assertUncut(): void {
    if (this.isCut) throw notFound(GONE);
  }

  async #call(
    name: string,
    call: (options: CallOptions | undefined) => Promise<unknown>,
    options: CallOptions | undefined,
  ): Promise<unknown> {
    const { signal } = this.#cut;
    if (signal.aborted) throw goneFor(name);
    const poll = name.startsWith('poll');
    const more = poll
      ? { ...options, signal: AbortSignal.any([signal, ...(options?.signal ? [options.signal] : [])]) }
      : options;
    return await new Promise((resolve, reject) => {
      const onCut = (): void => reject(goneFor(name));
      signal.addEventListener('abort', onCut, { once: true });
      call(more)
        .then(resolve, reject)
        .finally(() => signal.removeEventListener('abort', onCut));
    });
  }

  #clock(clock: Clock): Clock {
    return {
      now: () => clock.now(),
      schedule: (at, task) => clock.schedule(at, task),
      hold: (work) => {
        if (this.isCut) return () => undefined;
        const end = clock.hold(work);
        const release = (): void => {
          this.#holds.delete(release);
          end();
        };
        this.#holds.add(release);
        return release;
      },
    };
  }

  #noticingStickyQueues(service: WorkflowServiceApi): WorkflowServiceApi {
    return overlay(service, {
      respondWorkflowTaskCompleted: (request, options) => {
        const name = request.stickyAttributes?.workerTaskQueue?.name;
        if (name) this.#stickyQueues.set(name, request.namespace ?? '');
        return service.respondWorkflowTaskCompleted(request, options);
      },
    });
  }
}

/** What makes a worker give up fastest: its tasks are not its own any more. */
function goneFor(name: string): Error {
  return name.startsWith('respond') || name.startsWith('record') ? notFound(GONE) : cancelled(GONE);
}
