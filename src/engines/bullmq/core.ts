import { randomBytes, randomUUID } from 'node:crypto';
import type { Queue } from 'bullmq';
import type { RunKey } from '../../core/record.ts';
import { createFrontend } from '../../runtime/frontend/frontend.ts';
import type { Frontend } from '../../runtime/frontend/frontend.ts';
import type { Residency } from '../../runtime/frontend/residency.ts';
import type { TaskQueues } from '../../runtime/matching/task-queues.ts';
import type { WorkflowServiceApi } from '../../runtime/service.ts';
import { isOver } from '../../runtime/is-over.ts';
import { ActivityJobs } from './activity-jobs.ts';
import { attend } from './attendance.ts';
import type { Attended } from './attendance.ts';
import { RedisBroadcasts } from './broadcasts.ts';
import { Channels } from './channels.ts';
import { Claims } from './claims.ts';
import type { ClaimsOptions } from './claims.ts';
import type { JobSettings } from './commit-arguments.ts';
import type { Connections } from './connect.ts';
import { Expectations } from './expectations.ts';
import { Forwarding } from './forwarding.ts';
import { Gates } from './gates.ts';
import { Keeper } from './keeper.ts';
import { keyOfMember, Keys, queueName } from './keys.ts';
import type { Settings } from './options.ts';
import { orStoreError } from './redis.ts';
import { Queues } from './queues.ts';
import type { RedisClient } from './redis.ts';
import { RedisStore } from './redis-store.ts';
import { Residents } from './residents.ts';
import { isCallJob, readRunJob } from './run-jobs.ts';
import { redisTurns } from './turns.ts';
import { Triggers } from './triggers.ts';
import { Watches } from './watches.ts';
import type { Shared } from './shared.ts';

/** Jobs with activities that one process has at once beside those that its workers run. */
const ACTIVITY_JOBS = 2;

/** Starts of job schedulers that one process does at once. */
const TRIGGERS = 10;

/** How long something that ends may take, in milliseconds: longer than commands are tried. */
const PATIENCE_MS = 10_000;

/** What the news of a commit begin with, among the messages to a process. */
const NEWS = 'changed\0';

/** The durable core over Redis, in one of the processes that share it. */
export class Core {
  /** What clients and workers of this process call. */
  readonly service: WorkflowServiceApi;
  /** Looks for what went wrong. */
  readonly keeper: Keeper;
  /** The same in all processes that share the namespace. */
  readonly secret: string;
  /** See `Engine.broadcasts`. */
  readonly broadcasts: RedisBroadcasts;
  readonly #frontend: Frontend;
  readonly #store: RedisStore;
  /** BullMQ's view of the jobs. */
  readonly queues: Queues;
  readonly #claims: readonly Claims[];
  readonly #activityJobs: ActivityJobs;
  readonly #jobs: RedisClient;

  /** Joins the processes that share a namespace. */
  static async open(connections: Connections, settings: Settings, onError: (error: unknown) => void): Promise<Core> {
    const parts = new Parts(connections, settings, onError);
    const { namespace } = settings;
    const frontend = await createFrontend({
      store: parts.store,
      namespaces: [namespace],
      onError,
      residency: (queues) => parts.residency(queues),
      reserveTurn: redisTurns(connections.commands, parts.keys),
    });
    parts.frontend = frontend;
    const channel = parts.keys.processChannel(namespace, parts.process);
    await parts.channels.listen(channel, (message) => parts.receive(message)).ready;
    parts.channels.onBack(() => parts.residents.refreshAll());
    return new Core(parts, frontend, await secretOf(connections.commands, parts.keys.secret(namespace)));
  }

  private constructor(parts: Parts, frontend: Frontend, secret: string) {
    this.secret = secret;
    const { runs, activities, schedulers, queues, gates } = parts;
    this.#frontend = frontend;
    this.#store = parts.store;
    this.#claims = [runs, activities, schedulers];
    this.#activityJobs = parts.activityJobs;
    this.#jobs = parts.jobs;
    this.queues = queues;
    const attended = (claims: Claims): Attended => ({
      begin: (queue) => {
        claims.begin(queue);
        schedulers.begin('');
      },
      end: (queue) => {
        void claims.end(queue);
        if (claims === activities) gates.open(queue);
        if (runs.isIdle && activities.isIdle) void schedulers.end('');
      },
    });
    const queuesRead = { runs: attended(runs), activities: attended(activities) };
    this.service = attend(frontend.service, queuesRead, parts.expectations, gates);
    this.broadcasts = parts.broadcasts;
    this.keeper = parts.keeper;
    this.keeper.start();
  }

  /** Leaves: what is resident here is given to others. That takes no longer than some seconds, also when Redis is away. */
  async close(): Promise<void> {
    this.#activityJobs.close();
    const ending = Promise.all([
      ...this.#claims.map((claims) => claims.close()),
      this.keeper.close(),
      this.queues.close(),
    ]);
    if (!(await isOver(ending, PATIENCE_MS))) {
      // Redis is away, or a worker is stuck: BullMQ waits for ever for what its connection does not answer.
      this.#jobs.disconnect();
      for (const claims of this.#claims) claims.abandon();
      await isOver(ending, PATIENCE_MS);
    }
    const rest = this.#frontend.close().then(() => this.#store.close());
    await isOver(rest, PATIENCE_MS);
  }
}

/** The secret of a namespace; the first process makes it. */
async function secretOf(client: RedisClient, key: string): Promise<string> {
  const fresh = randomBytes(32).toString('base64url');
  const isFirst = await orStoreError(client.setnx(key, fresh));
  return isFirst === 1 ? fresh : String(await orStoreError(client.get(key)));
}

/** Takes the jobs of job schedulers. */
function triggerClaims(
  claims: Pick<ClaimsOptions, 'client' | 'keys' | 'namespace' | 'settings' | 'onError'>,
  triggers: Triggers,
): Claims {
  return new Claims({
    ...claims,
    kind: 'schedulers',
    concurrency: TRIGGERS,
    hold: (job) => triggers.hold(job),
    onLost: () => undefined,
    giveBack: async () => undefined,
  });
}

/** All that is at work in a process, and who tells whom. */
class Parts {
  readonly process: string = randomUUID();
  /** BullMQ's connection. */
  readonly jobs: RedisClient;
  readonly keys: Keys;
  readonly store: RedisStore;
  readonly residents: Residents;
  readonly runs: Claims;
  readonly activities: Claims;
  readonly activityJobs: ActivityJobs;
  readonly schedulers: Claims;
  readonly queues: Queues;
  readonly gates: Gates = new Gates();
  readonly channels: Channels;
  readonly broadcasts: RedisBroadcasts;
  readonly keeper: Keeper;
  readonly expectations: Expectations;
  frontend: Frontend | undefined;
  #queues: TaskQueues | undefined;
  readonly #forwarding: Forwarding;
  readonly #watches: Watches;

  constructor({ commands, messages, jobs }: Connections, settings: Settings, onError: (error: unknown) => void) {
    const { namespace, workers, payloadThreshold, retention } = settings;
    const keys = new Keys(settings.prefix);
    const jobSettings: JobSettings = {
      queuePrefix: (run) => `${keys.tag(run.namespace)}:${queueName(run.taskQueue)}:`,
      keeping: settings.jobs,
    };
    const { process } = this;
    const frontend = (): Frontend => this.#openFrontend();
    const onRefused = (run: RunKey): void => this.residents.changed(run);
    const store = new RedisStore({ client: commands, keys, process, jobs: jobSettings, payloadThreshold, onRefused });
    const shared: Shared = { client: commands, keys, namespace, process, store, jobs: jobSettings, frontend, onError };
    this.jobs = jobs;
    this.keys = keys;
    this.store = store;
    this.channels = new Channels(messages);
    this.broadcasts = new RedisBroadcasts({ client: commands, channels: this.channels, keys, namespace });
    this.expectations = new Expectations(shared);
    this.residents = new Residents({ ...shared, lingerMs: workers.linger, capacity: workers.concurrency });
    this.activityJobs = new ActivityJobs({
      ...shared,
      queues: () => this.#openQueues(),
      overflowMs: workers.overflow,
      isResident: (run) => this.residents.has(run),
    });
    this.#watches = new Watches({ ...shared, channels: this.channels });
    const claims = { client: jobs, keys, namespace, settings: settings.workersOf, onError };
    this.runs = new Claims({
      ...claims,
      kind: 'runs',
      concurrency: workers.concurrency,
      hold: async (job, token, holder) => {
        const about = readRunJob(job.data, namespace);
        if (isCallJob(about)) await this.#forwarding.serve(about);
        else await this.residents.hold(job, token, holder);
      },
      onLost: (jobIds, holder) => this.residents.lost(jobIds, holder),
      giveBack: (holder) => this.residents.release(holder),
      onState: (state) => this.residents.queueIs(state),
    });
    this.activities = new Claims({
      ...claims,
      kind: 'activities',
      concurrency: ACTIVITY_JOBS,
      hold: (job, token, holder) => this.activityJobs.hold(job, token, holder),
      onLost: () => undefined,
      giveBack: async () => undefined,
      onState: ({ taskQueue, isPaused }) => (isPaused ? this.gates.close(taskQueue) : this.gates.open(taskQueue)),
    });
    this.queues = new Queues(commands, keys, namespace);
    const triggerQueue = (): Promise<Queue> => this.queues.get('', 'schedulers');
    const triggers = new Triggers({ ...shared, queue: triggerQueue, service: () => frontend().service });
    this.schedulers = triggerClaims(claims, triggers);
    const { residents, expectations } = this;
    this.#forwarding = new Forwarding({ ...shared, residents, expectations, reads: (queue) => this.runs.has(queue) });
    this.keeper = new Keeper({ ...shared, retention });
  }

  residency(queues: TaskQueues): Residency {
    this.#queues = queues;
    return {
      has: (run) => this.residents.has(run),
      canQuery: (record) => this.#forwarding.canQuery(record),
      forward: (name, request, record, signal) => this.#forwarding.forward(name, request, record, signal),
      watch: (run) => this.#watches.watch(run),
      looked: (record) => this.residents.looked(record),
      waiting: ({ name }) => this.queues.waiting(name),
      kept: (queue, task) => {
        if (task.kind === 'activity' && this.residents.has(task.run)) this.activityJobs.kept(queue, task);
      },
    };
  }

  /** A message to this process came. */
  receive(message: string): void {
    if (!message.startsWith(NEWS)) this.#forwarding.receive(message);
    else this.residents.changed(keyOfMember(this.#forwarding.namespace, message.slice(NEWS.length)));
  }

  #openFrontend(): Frontend {
    if (this.frontend === undefined) throw new Error('the frontend is not open yet');
    return this.frontend;
  }

  #openQueues(): TaskQueues {
    if (this.#queues === undefined) throw new Error('the frontend is not open yet');
    return this.#queues;
  }
}
