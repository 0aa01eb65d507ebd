import { randomUUID } from 'node:crypto';
import type { Clock } from '../../core/clock.ts';
import { applyDue } from '../../core/run/due.ts';
import type { RunKey, RunRecord } from '../../core/record.ts';
import type { Store } from '../../core/store.ts';
import { unavailable, unimplemented } from '../errors.ts';
import { BacklogHold } from '../matching/backlog-hold.ts';
import { TaskQueues } from '../matching/task-queues.ts';
import type { QueueName } from '../matching/queue-name.ts';
import type { QueuedTask } from '../matching/task-queues.ts';
import type { ReserveTurn } from '../matching/turns.ts';
import type { CallOptions, MethodName, WorkflowServiceApi } from '../service.ts';
import { systemClock } from '../system-clock.ts';
import { Alarms } from '../timers/alarms.ts';
import { activityTaskHandlers } from './activity-tasks.ts';
import { Announcements } from './announcements.ts';
import type { FrontendContext } from './context.ts';
import { Effects } from './effects.ts';
import { Histories } from './histories.ts';
import { historyHandlers } from './history-rpcs.ts';
import { interventionHandlers } from './interventions.ts';
import { limitWarnings } from './limit-warnings.ts';
import { multiOperationHandlers } from './multi-operation.ts';
import { namespaceHandlers } from './namespace-rpcs.ts';
import { Namespaces } from './namespaces.ts';
import { pauseHandlers } from './pauses.ts';
import { Queries } from './queries.ts';
import { queryHandlers } from './query-rpcs.ts';
import type { Residency } from './residency.ts';
import { Retention } from './retention.ts';
import { resetHandlers } from './resets.ts';
import { Runs } from './runs.ts';
import { toRpcError } from './rpc-error.ts';
import { scheduleHandlers } from './schedules.ts';
import { searchAttributeHandlers } from './search-attributes.ts';
import { requireTransportable } from './sizes.ts';
import { startHandlers } from './starts.ts';
import { systemHandlers } from './system.ts';
import { taskQueueHandlers } from './task-queue-descriptions.ts';
import { updateHandlers } from './update-rpcs.ts';
import { Updates } from './updates.ts';
import { visibilityHandlers } from './visibility.ts';
import { Waits } from './waits.ts';
import { workflowTaskHandlers } from './workflow-tasks.ts';

/** What a frontend works on. */
export interface FrontendOptions {
  /** Where runs are kept. The frontend is its only user, and does not close it. */
  readonly store: Store;
  /** The time of the runs. Default: the system's. */
  readonly clock?: Clock;
  /** What passes by itself, whatever the time of the runs: long polls, pauses before something is tried again. Default: the system's. */
  readonly wallClock?: Clock;
  /** Makes ids of runs and requests; no other call may ever return the same. Default: random UUIDs. */
  readonly newId?: () => string;
  /** Numbers from 0 up to 1, by which pauses differ. Default: `Math.random`. */
  readonly random?: () => number;
  /** Namespaces that exist. Default: `default`. */
  readonly namespaces?: readonly string[];
  /** Where other processes use the store too: makes what says who takes care of which run. Default: there are none. */
  readonly residency?: (queues: TaskQueues) => Residency;
  /** Where other processes give out tasks of the same queues: keeps to their rates together. Default: this process alone does. */
  readonly reserveTurn?: ReserveTurn;
  /** Told about failures in the background, which are tried again. Default: nobody. */
  readonly onError?: (error: unknown) => void;
}

/** The durable core at work: Temporal's service over a store. */
export interface Frontend {
  readonly service: WorkflowServiceApi;
  /** Another process changed the run, or this one takes care of it from now on (`adopted`). */
  changed(record: RunRecord, adopted?: 'adopted'): void;
  /** Whether somebody waits for the answer to a query of the run. */
  isAsked(run: RunKey): boolean;
  /** This process does not take care of the run any more. */
  forget(run: RunKey): void;
  /** Puts a task into a queue of this process. */
  offer(queue: QueueName, task: QueuedTask): void;
  /** Resolves once an update waits for the run's next task, or after so many milliseconds. */
  untilUpdate(run: RunKey, milliseconds: number): Promise<void>;
  /** Does what is due in the run. @returns its record, when nothing was. */
  ring(run: RunKey): Promise<RunRecord | undefined>;
  /** Does what the run still has to do outside of itself. @throws what the store throws. */
  settle(record: RunRecord): Promise<void>;
  /** Stops everything that goes on; runs stay as they are stored. */
  close(): Promise<void>;
}

/** Opens the durable core over a store and takes up every run that is not finished. */
export async function createFrontend(options: FrontendOptions): Promise<Frontend> {
  const { store, clock = systemClock, namespaces = ['default'], onError = () => undefined } = options;
  const { wallClock = systemClock, newId = randomUUID, random = Math.random } = options;
  const runs = new Runs(store, { clock, wallClock, random }, onError);
  const queues: TaskQueues = openQueues(options, (queue, task) => residency?.kept(queue, task));
  const residency = options.residency?.(queues);
  const announcements = new Announcements(queues, clock, wallClock);
  const context: FrontendContext = {
    store,
    runs,
    queues,
    clock,
    waits: new Waits(wallClock),
    wallClock,
    histories: new Histories(residency && ((run) => residency.watch(run))),
    queries: new Queries((record, queryId) => announcements.announceQuery(record, queryId)),
    updates: new Updates(),
    newId,
    namespaces: await Namespaces.open({ store, names: namespaces, wallClock, shared: residency !== undefined }),
    residency,
    announceAgain: (task) => announceAgain(context, announcements, task),
  };
  const effects = new Effects(context, onError);
  const retention = retain(context, onError);
  const alarms = new Alarms(clock, async (key) => void (await ring(context, key, heed)), onError);
  const looks = looking(context, announcements, alarms);
  const listeners: readonly Look[] = [...looks, (record) => effects.perform(record)];
  runs.onCommit(limitWarnings());
  const [look, heed] = [inTurn(looks), inTurn(listeners)];
  for (const listener of listeners) runs.onCommit(listener);
  if (residency === undefined) for await (const { record } of store.unfinished()) heed(record);
  let closed = false;
  return {
    service: createService(context, () => closed),
    // What another process has committed, that process carries out.
    changed: (record, adopted) => (adopted === undefined ? look : heed)(record),
    isAsked: (run) => context.queries.isAsked(run),
    forget: (run) => {
      queues.withdrawRun(run);
      alarms.drop(run);
      context.queries.moved(run);
      context.updates.moved(run);
    },
    untilUpdate: async (run, milliseconds) => {
      const wait = context.waits.begin(milliseconds, undefined);
      await context.updates.untilAdmitted(run, wait.signal);
      wait.done();
    },
    offer: (queue, task) => queues.offer(queue, task),
    ring: (run) => ring(context, run, look),
    settle: (record) => effects.settle(record),
    close: async () => {
      closed = true;
      alarms.clear();
      retention?.close();
      effects.close();
      context.waits.close();
      queues.close();
    },
  };
}

function openQueues(
  { clock = systemClock, wallClock = systemClock, reserveTurn, onError }: FrontendOptions,
  onKept: (queue: QueueName, task: QueuedTask) => void,
): TaskQueues {
  const createHold = clock === wallClock ? undefined : () => new BacklogHold(clock, wallClock);
  return new TaskQueues({ createHold, wallClock, onKept, reserveTurn, onError });
}

/** Has closed runs deleted when their time is over. Where many processes share the runs, one of them does that. */
function retain(context: FrontendContext, onError: (error: unknown) => void): Retention | undefined {
  if (context.residency !== undefined) return undefined;
  const retention = new Retention(context, onError);
  context.namespaces.onChange = () => retention.plan();
  retention.plan();
  return retention;
}

/** Does something about a run that has changed, whatever the change was. */
type Look = (record: RunRecord) => void;

function inTurn(looks: readonly Look[]): Look {
  return (record) => {
    for (const look of looks) look(record);
  };
}

/** What follows from how a run is, whoever has changed it. */
function looking(context: FrontendContext, announcements: Announcements, alarms: Alarms): readonly Look[] {
  const { residency } = context;
  const isHere = (record: RunRecord): boolean => residency?.has(record) !== false;
  return [
    (record) => context.updates.changed(record),
    (record) => context.histories.changed(record),
    (record) => context.queries.changed(record),
    (record) => void (isHere(record) && announcements.announce(record)),
    (record) => void (isHere(record) && alarms.set(record)),
    (record) => residency?.looked(record),
  ];
}

/** Does what is due in a run. When nothing is (an activity's next attempt may be taken, or a deadline moved), it is only looked at again, and given back. */
async function ring({ runs, newId }: FrontendContext, key: RunKey, lookAgain: Look): Promise<RunRecord | undefined> {
  const changed = await runs.transact([key], async (transaction) => {
    const draft = await transaction.draft(key);
    if (draft?.isOpen && applyDue(draft, newId)) return true;
    transaction.discard(key);
    return false;
  });
  if (changed) return undefined;
  const record = await runs.load(key);
  if (record !== undefined) lookAgain(record);
  return record;
}

async function announceAgain(context: FrontendContext, announcements: Announcements, task: QueuedTask): Promise<void> {
  const record = await context.runs.load(task.run);
  if (record === undefined) return;
  if (task.kind === 'query') context.queries.offerAgain(record, task.id);
  else announcements.announce(record);
}

/** All RPCs: those that there are, and `UNIMPLEMENTED` with its name for every other. */
function createService(context: FrontendContext, isClosed: () => boolean): WorkflowServiceApi {
  const starts = startHandlers(context);
  const updates = updateHandlers(context);
  const handlers: Partial<WorkflowServiceApi> = {
    ...starts,
    ...updates,
    ...multiOperationHandlers({ ...starts, ...updates }, context),
    ...interventionHandlers(context),
    ...pauseHandlers(context),
    ...resetHandlers(context),
    ...historyHandlers(context),
    ...visibilityHandlers(context),
    ...searchAttributeHandlers(context),
    ...namespaceHandlers(context),
    ...queryHandlers(context),
    ...scheduleHandlers(context),
    ...workflowTaskHandlers(context),
    ...activityTaskHandlers(context),
    ...systemHandlers(context),
    ...taskQueueHandlers(context),
  };
  type Handler = (request: object, callOptions?: CallOptions) => Promise<object>;
  const call = async (name: MethodName, request: object, callOptions?: CallOptions): Promise<object> => {
    if (isClosed()) throw unavailable('The engine is closed.');
    const handler: Handler | undefined = Object.hasOwn(handlers, name) ? handlers[name] : undefined;
    if (handler === undefined) throw unimplemented(name);
    try {
      requireTransportable(name, request);
      return await handler(request, callOptions);
    } catch (error) {
      throw toRpcError(error);
    }
  };
  return new Proxy({} as WorkflowServiceApi, {
    get: (_target, name) =>
      typeof name === 'string' && name !== 'then'
        ? (request: object, callOptions?: CallOptions) => call(name as MethodName, request, callOptions)
        : undefined,
  });
}
