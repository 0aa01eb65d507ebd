import type { RunRecord } from '../../src/core/record.ts';
import type { Store } from '../../src/core/store.ts';
import { MemoryStore } from '../../src/engines/local/memory-store.ts';
import type { WorkflowServiceApi } from '../../src/runtime/service.ts';
import { allRuns, allSchedules, audit } from './audit.ts';
import { ModelClient } from './client.ts';
import { decode } from './flow.ts';
import { emptyLedger } from './ledger.ts';
import type { Ledger } from './ledger.ts';
import { Network } from './network.ts';
import { Random } from './random.ts';
import { ModelScheduler } from './scheduler.ts';
import { ModelWorker } from './worker.ts';
import { Owner, World } from './world.ts';

/** How to simulate. */
export interface SimulationOptions {
  /** Wraps the store, to see that a broken core is found. */
  readonly tamper?: (store: Store, random: Random) => Store;
  /** Whether to keep what happened. */
  readonly traced?: boolean;
}

/** What came of one seed. */
export interface SimulationResult {
  readonly seed: number;
  readonly problems: readonly string[];
  readonly counts: Readonly<Record<'runs' | 'events' | 'steps' | 'crashes' | 'conflicts', number>>;
  readonly trace: readonly string[];
}

/** Steps until the trouble ends, and until everything must have ended. */
const steps = { trouble: [50, 300], calm: 20_000 } as const;
/** Milliseconds for which cron workflows go on without trouble. */
const cronAfterwards = 15_000;
/** Milliseconds after which children of runs that were reset have ended, if they ever do. */
const resetPatience = 240_000;

/** One world, from one seed: the same seed is the same world. */
export async function simulate(seed: number, options: SimulationOptions = {}): Promise<SimulationResult> {
  // Refusals are errors, and many: nobody reads where they come from.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  try {
    return await new Simulation(seed, options).run();
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
    // Whoever else lives in this process gets a turn.
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

class Simulation {
  readonly #seed: number;
  readonly #random: Random;
  readonly #world: World;
  readonly #network: Network;
  readonly #ledger: Ledger = emptyLedger();
  readonly #shared: boolean;
  readonly #counts = { runs: 0, events: 0, steps: 0, crashes: 0, conflicts: 0 };
  #workers: ModelWorker[] = [];
  #workerCount = 0;
  readonly #open = new Map<string, Set<string>>();
  /** Open chains of the schedule, by their first runs. */
  readonly #scheduled = new Set<string>();

  constructor(seed: number, { tamper = (store) => store, traced = false }: SimulationOptions) {
    this.#seed = seed;
    this.#random = new Random(seed);
    this.#world = new World(this.#random, traced);
    this.#network = new Network(this.#world, this.#watched(tamper(new MemoryStore(), this.#random)));
    this.#network.onAnswer = (name, request, response) => this.#heard(name, request, response);
    this.#shared = this.#random.chance(0.4);
  }

  async run(): Promise<SimulationResult> {
    const world = this.#world;
    this.#network.open();
    if (this.#shared) this.#network.open();
    for (let count = 1 + this.#random.int(2); count > 0; count--) this.#openWorker();
    this.#arrangeFaults();
    world.trouble = this.#random.pick([0, 0.005, 0.02, 0.05]);
    const serviceFor = (owner: Owner): WorkflowServiceApi => this.#network.serviceFor(owner);
    const callers: { run(times: number): Promise<void> }[] = Array.from(
      { length: 1 + this.#random.int(3) },
      (_, index) => new ModelClient(world, `c${index}`, serviceFor, this.#ledger),
    );
    if (this.#random.chance(0.3)) callers.push(new ModelScheduler(world, serviceFor, this.#ledger));
    const [least, most] = steps.trouble;
    const until = least + this.#random.int(most - least);
    let busy = callers.length;
    for (const caller of callers)
      void caller.run(1 + this.#random.int(4)).then(
        () => busy--,
        (error: unknown) => this.#failed(error),
      );
    while (world.steps < until) await world.step();
    world.trouble = 0;
    this.#repair();
    await this.#until(() => busy === 0, 'callers wait');
    this.#janitor();
    await this.#untilAllClosed();
    await this.#checkReplays();
    return await this.#result();
  }

  #failed(error: unknown): void {
    this.#ledger.problems.push(`a caller failed: ${String(error)}`);
  }

  #watched(store: Store): Store {
    const commit = store.commit.bind(store);
    store.commit = async (changes) => {
      const result = await commit(changes);
      if (result === 'conflict') this.#counts.conflicts++;
      else this.#committed(changes.runs.map(({ record }) => record));
      return result;
    };
    return store;
  }

  /** At no time two runs of a workflow id are open, nor two chains of a schedule that must not overlap. */
  #committed(records: readonly RunRecord[]): void {
    for (const record of records) {
      const open = this.#open.get(record.workflowId) ?? new Set();
      this.#open.set(record.workflowId, open);
      if (record.closeTime === undefined) open.add(record.runId);
      else open.delete(record.runId);
      if (record.scheduledBy === undefined) continue;
      if (record.closeTime === undefined) this.#scheduled.add(record.firstRunId);
      else if (record.nextRunId === undefined) this.#scheduled.delete(record.firstRunId);
    }
    for (const record of records) this.#network.tell(record);
    if (this.#scheduled.size > 1) this.#ledger.problems.push(`${this.#scheduled.size} runs of a schedule overlap`);
    for (const { workflowId } of records) {
      const open = this.#open.get(workflowId)?.size ?? 0;
      if (open > 1) this.#ledger.problems.push(`${open} runs of ${workflowId} are open`);
    }
  }

  #openWorker(): void {
    const name = `worker ${++this.#workerCount}`;
    this.#workers.push(new ModelWorker(this.#world, name, (owner) => this.#network.serviceFor(owner), this.#ledger));
  }

  #arrangeFaults(): void {
    const network = this.#network;
    const killServer = (): void => {
      this.#counts.crashes++;
      const { owner } = this.#random.pick(network.servers);
      this.#world.note(`${owner.name} dies`);
      owner.die();
      network.open();
    };
    const killWorker = (): void => {
      const worker = this.#random.pick(this.#workers);
      this.#world.note(`${worker.owner.name} dies`);
      this.#workers = this.#workers.filter((other) => other !== worker);
      worker.owner.die();
      this.#openWorker();
    };
    const overlap = (): void => {
      // The next owner begins while the old one is still about something.
      if (network.servers.length < 3) network.open();
    };
    this.#world.faults.push(killServer, killWorker, ...(this.#shared ? [overlap] : []));
  }

  /** The trouble is over: one process is left, and it has looked at everything. */
  #repair(): void {
    const [first, ...others] = this.#network.servers;
    if (this.#random.chance(0.5)) for (const { owner } of others) owner.die();
    if (first !== undefined && this.#shared) void this.#lookAround(new Owner(this.#world, 'keeper'));
  }

  /** Where several processes change runs, somebody looks after what was not told. */
  async #lookAround(keeper: Owner): Promise<void> {
    for (;;) {
      await this.#network.lookAround();
      await keeper.sleep(2000);
    }
  }

  /** Lets everything go on that is paused, and ends what does not end by itself. */
  #janitor(): void {
    const owner = new Owner(this.#world, 'janitor');
    const service = this.#network.serviceFor(owner);
    const [cronUntil, waitUntil] = [this.#world.now + cronAfterwards, this.#world.now + resetPatience];
    const clean = async (): Promise<void> => {
      for (;;) {
        for (const { record } of await allRuns(this.#network.store)) {
          if (record.closeTime !== undefined) continue;
          const { workflowId, runId } = record;
          if (record.pause !== undefined)
            await service.unpauseWorkflowExecution({ namespace: 'default', workflowId, runId }).catch(() => undefined);
          const workflowExecution = { workflowId, runId };
          // A child that ended while its parent was closed has told nobody: the run that the parent is reset to waits for it.
          const waits = record.resetFrom !== undefined && record.children.size > 0 && this.#world.now > waitUntil;
          if (waits || (record.cronSchedule !== undefined && this.#world.now > cronUntil))
            await service
              .terminateWorkflowExecution({ namespace: 'default', workflowExecution })
              .catch(() => undefined);
        }
        for (const record of await allSchedules(this.#network.store)) await this.#tidy(service, record);
        await owner.sleep(1000);
      }
    };
    void clean();
  }

  /** Lets a schedule go on, and ends it once it has nothing to do any more. */
  async #tidy(service: WorkflowServiceApi, { closeTime, effects, schedule }: RunRecord): Promise<void> {
    const model = this.#ledger.schedules.find(({ scheduleId }) => scheduleId === schedule?.scheduleId);
    if (closeTime !== undefined || schedule === undefined || model === undefined) return;
    const { scheduleId } = model;
    if (schedule.schedule.state.paused) {
      for (const pause of model.pauses) pause.to = Math.min(pause.to, this.#world.now);
      const patch = { unpause: 'why' };
      await service.patchSchedule({ namespace: 'default', scheduleId, patch }).catch(() => undefined);
    } else if ([schedule.buffered, schedule.backfills, schedule.running, effects].every(({ length }) => length === 0)) {
      // Its last time may have come without having been looked at.
      if (this.#world.now > model.until + 1000 && schedule.wakeAt > this.#world.now)
        await service.deleteSchedule({ namespace: 'default', scheduleId }).catch(() => undefined);
    }
  }

  async #untilAllClosed(): Promise<void> {
    let open = true;
    const look = async (): Promise<void> => {
      open = false;
      for await (const _ of this.#network.store.unfinished()) open = true;
    };
    await this.#until(() => !open, 'runs are open', look);
  }

  async #until(isDone: () => boolean, what: string, look?: () => Promise<void>): Promise<void> {
    const end = this.#world.steps + steps.calm;
    while (this.#world.steps < end) {
      if (this.#world.steps % 50 === 0) await look?.();
      if (isDone()) return;
      await this.#world.step();
    }
    this.#ledger.problems.push(`${what} after ${steps.calm} steps without trouble`);
  }

  /** I7: whoever replays a run's history comes to the same. */
  async #checkReplays(): Promise<void> {
    if (this.#ledger.problems.length > 0) return;
    const owner = new Owner(this.#world, 'reader');
    const service = this.#network.serviceFor(owner);
    let busy = 0;
    for (const { record, events } of await allRuns(this.#network.store)) {
      const completed = events.at(-1)?.workflowExecutionCompletedEventAttributes;
      if (!completed) continue;
      busy++;
      const { workflowId, runId } = record;
      const query = { namespace: 'default', execution: { workflowId, runId }, query: { queryType: 'seen' } };
      const compare = async (): Promise<void> => {
        for (;;) {
          try {
            const { queryResult } = await service.queryWorkflow(query);
            const [seen, was] = [queryResult, completed.result].map((each) => inOrder(decode(each?.payloads?.[0])));
            if (seen !== was) this.#ledger.problems.push(`${runId}: replay saw ${seen}, not ${was}`);
            return;
          } catch {
            await owner.sleep(100);
          }
        }
      };
      void compare().finally(() => busy--);
    }
    await this.#until(() => busy === 0, 'replays go on');
  }

  async #result(): Promise<SimulationResult> {
    const runs = await allRuns(this.#network.store);
    this.#counts.runs = runs.length;
    this.#counts.events = runs.reduce((sum, { events }) => sum + events.length, 0);
    this.#counts.steps = this.#world.steps;
    const problems = await audit(this.#network.store, this.#ledger);
    return { seed: this.#seed, problems, counts: this.#counts, trace: this.#world.trace ?? [] };
  }

  /** What workers were told, whether or not they heard it. */
  #heard(name: string, request: unknown, response: unknown): void {
    const { handed, reported } = this.#ledger;
    const hand = (task: Task): void => {
      if (!task.taskToken?.length) return;
      const key = `${task.workflowExecution?.runId}/${task.activityId}/${task.attempt}`;
      handed.set(key, (handed.get(key) ?? 0) + 1);
    };
    if (name === 'pollActivityTaskQueue') hand(response as Task);
    if (name === 'respondWorkflowTaskCompleted')
      for (const task of (response as { activityTasks?: Task[] }).activityTasks ?? []) hand(task);
    if (name === 'respondActivityTaskCompleted') {
      const { result } = request as { result?: { payloads?: { data?: Uint8Array }[] } };
      reported.add(decode(result?.payloads?.[0]) as string);
    }
  }
}

interface Task {
  readonly taskToken?: Uint8Array | null;
  readonly workflowExecution?: { readonly runId?: string | null } | null;
  readonly activityId?: string | null;
  readonly attempt?: number | null;
}

/**
 * What a workflow saw, to compare: sdk-core takes a task without commands and the one after it for one, unless the latter turns out to have accepted an update; so
 * who replays may see updates earlier or later than who was there.
 */
function inOrder(seen: unknown): string {
  const lines = Array.isArray(seen) ? seen.map(String) : [];
  const isUpdate = (line: string): boolean => line.startsWith('update ');
  return [...lines.filter((line) => !isUpdate(line)), ...lines.filter(isUpdate).toSorted()].join(', ');
}
