import { toMillis } from '../../src/core/proto.ts';
import type { HistoryEvent } from '../../src/core/proto.ts';
import type { RunKey, RunRecord } from '../../src/core/record.ts';
import type { Commit, ListFilter, ListPage, ListQuery, Store, StoredRun } from '../../src/core/store.ts';
import { StoreError } from '../../src/core/store.ts';
import { unavailable } from '../../src/runtime/errors.ts';
import { createFrontend } from '../../src/runtime/frontend/frontend.ts';
import type { Frontend } from '../../src/runtime/frontend/frontend.ts';
import { serviceOf } from '../../src/runtime/rpc-methods.ts';
import type { AnyCall } from '../../src/runtime/rpc-methods.ts';
import type { CallOptions, MethodName, WorkflowServiceApi } from '../../src/runtime/service.ts';
import { Owner } from './world.ts';
import type { World } from './world.ts';

/** A process's way to the store: others may come in between before and after each call, and the process may die there. */
class GatedStore implements Store {
  readonly #world: World;
  readonly #owner: Owner;
  readonly #store: Store;

  constructor(world: World, owner: Owner, store: Store) {
    this.#world = world;
    this.#owner = owner;
    this.#store = store;
  }

  async load(key: RunKey): Promise<StoredRun | undefined> {
    await this.#gate('load', 0.3);
    const stored = await this.#store.load(key);
    if (stored === undefined) return undefined;
    // As stores do that many processes write.
    const [last] = await this.#store.readHistory(key, stored.record.nextEventId - 1);
    return { ...stored, lastEventTime: toMillis(last?.eventTime) ?? 0 };
  }

  async currentRunId(namespace: string, workflowId: string): Promise<string | undefined> {
    await this.#gate('current', 0.3);
    return this.#store.currentRunId(namespace, workflowId);
  }

  async commit(commit: Commit): Promise<'committed' | 'conflict'> {
    const names = commit.runs.map(({ record }) => record.workflowId).join(', ');
    await this.#gate(`commit ${names}`);
    if (this.#world.trouble > 0 && this.#world.random.chance(0.02)) throw new StoreError('unavailable', 'Not now.');
    const result = await this.#store.commit(commit);
    await this.#gate(result === 'committed' ? `committed ${names}` : `conflict ${names}`);
    return result;
  }

  async readHistory(key: RunKey, from: number, to?: number): Promise<readonly HistoryEvent[]> {
    await this.#gate('read', 0.3);
    return this.#store.readHistory(key, from, to);
  }

  unfinished(): AsyncIterable<StoredRun> {
    return this.#store.unfinished();
  }

  list(query: ListQuery): Promise<ListPage> {
    return this.#store.list(query);
  }

  count(filter: ListFilter): Promise<number> {
    return this.#store.count(filter);
  }

  delete(key: RunKey): Promise<void> {
    return this.#store.delete(key);
  }

  close(): Promise<void> {
    return this.#store.close();
  }

  #gate(what: string, probability = 1): Promise<void> {
    return this.#world.gate(this.#owner, what, probability);
  }
}

/** A process with the durable core. */
export interface Server {
  readonly owner: Owner;
  /** Absent while it starts. */
  frontend?: Frontend;
}

/** The processes on one store, and the way to them. */
export class Network {
  readonly store: Store;
  readonly errors: unknown[] = [];
  /** Told about each call that was answered, whoever heard of it. */
  onAnswer: (name: MethodName, request: unknown, response: unknown) => void = () => undefined;
  #servers: Server[] = [];
  #count = 0;
  readonly #world: World;

  constructor(world: World, store: Store) {
    this.#world = world;
    this.store = store;
  }

  /** The processes that live. */
  get servers(): readonly Server[] {
    this.#servers = this.#servers.filter(({ owner }) => owner.alive);
    return this.#servers;
  }

  /** One more process begins on the store. */
  open(): void {
    const { random } = this.#world;
    const owner = new Owner(this.#world, `server ${++this.#count}`);
    const server: Server = { owner };
    this.#servers.push(server);
    this.#world.note(`${owner.name} begins`);
    const seams = { clock: owner.clock, wallClock: owner.clock, newId: random.uuid, random: random.next };
    const store = new GatedStore(this.#world, owner, this.store);
    void this.#start(server, { ...seams, store, onError: (error) => this.errors.push(error) });
  }

  async #start(server: Server, options: Parameters<typeof createFrontend>[0]): Promise<void> {
    server.frontend = await createFrontend(options);
  }

  /** Where several processes are on the store: each looks at everything again. */
  async lookAround(): Promise<void> {
    for await (const { record } of this.store.unfinished()) {
      for (const { frontend } of this.servers) frontend?.changed(record, 'adopted');
    }
  }

  /** What one process has committed, others hear of, mostly. */
  tell(record: RunRecord): void {
    const servers = this.servers;
    if (servers.length < 2) return;
    for (const { frontend, owner } of servers) {
      if (this.#world.random.chance(0.2)) continue;
      void this.#world.gate(owner, `hears of ${record.workflowId}`).then(() => frontend?.changed(record));
    }
  }

  /** The service as somebody else sees it: calls take time, reach one of the processes, and fail when it dies. */
  serviceFor(caller: Owner): WorkflowServiceApi {
    return serviceOf(
      ({ name }): AnyCall =>
        (request, options) =>
          this.#call(caller, name, request, options),
    );
  }

  async #call(caller: Owner, name: MethodName, request: unknown, options?: CallOptions): Promise<unknown> {
    const world = this.#world;
    await world.gate(caller, `calls ${name}`, 0.5);
    const ready = this.servers.filter(({ frontend }) => frontend !== undefined);
    if (ready.length === 0) throw unavailable('Nobody is there.');
    const { owner, frontend } = world.random.pick(ready);
    const call = frontend?.service[name] as AnyCall;
    const died = owner.died.then(() => {
      throw unavailable('The process is gone.');
    });
    const answered = call(request, { ...options, signal: untilGone(caller, options?.signal) }).then((response) => {
      this.onAnswer(name, request, response);
      return response;
    });
    const response = await Promise.race([answered, died]);
    await world.gate(caller, `hears of ${name}`, 0.3);
    return response;
  }
}

/** A call ends when its caller wants that, or dies. */
function untilGone(caller: Owner, signal: AbortSignal | undefined): AbortSignal {
  const controller = new AbortController();
  const end = (): void => controller.abort();
  signal?.addEventListener('abort', end, { once: true });
  if (signal?.aborted) end();
  void caller.died.then(end);
  return controller.signal;
}
