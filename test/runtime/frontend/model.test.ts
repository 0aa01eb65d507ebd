import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventTypeName } from '../../../src/core/history/event-type.ts';
import { validateHistory } from '../../../src/core/history/validate.ts';
import { toNumber } from '../../../src/core/proto.ts';
import type { Command, HistoryEvent } from '../../../src/core/proto.ts';
import type { RunRecord } from '../../../src/core/record.ts';
import { isServiceError } from '../../../src/runtime/errors.ts';
import { ManualClock } from '../manual-clock.ts';
import { Bench, commands, namespace, taskQueue } from './harness.ts';

const steps = [
  'start',
  'signal',
  'again',
  'cancel',
  'terminate',
  'poll',
  'poll',
  'turn',
  'turn',
  'turn',
  'fail',
  'activity',
  'report',
  'wait',
  'restart',
  'update',
  'pause',
  'unpause',
  'unpause',
] as const;
const doings = ['timer', 'activity', 'child', 'signal', 'complete', 'continue'] as const;
const troubles = ['none', 'none', 'none', 'conflict', 'full'] as const;

interface Step {
  readonly what: (typeof steps)[number];
  readonly pick: number;
  readonly doing: readonly (typeof doings)[number][];
  readonly troubles: readonly (typeof troubles)[number][];
}

type Task = Awaited<ReturnType<Bench['poll']>>;
type Activity = Awaited<ReturnType<Bench['pollActivity']>>;

const step: fc.Arbitrary<Step> = fc.record({
  what: fc.constantFrom(...steps),
  pick: fc.nat(30),
  doing: fc.array(fc.constantFrom(...doings), { maxLength: 3 }),
  troubles: fc.array(fc.constantFrom(...troubles), { maxLength: 3 }),
});

/** What was acknowledged has to be there in the end; what was not may be there, but once. */
class Model {
  readonly acknowledged = new Set<string>();
  readonly tasks: Task[] = [];
  readonly activities: Activity[] = [];
  #trouble: Step['troubles'][number][] = [];
  #count = 0;
  #lastSignal: readonly [string, string] | undefined;
  readonly bench: Bench<ManualClock>;

  constructor(bench: Bench<ManualClock>) {
    this.bench = bench;
    bench.store.trouble = () => {
      const next = this.#trouble.shift() ?? 'none';
      return next === 'none' ? undefined : next;
    };
  }

  async step({ what, pick, doing, troubles: trouble }: Step): Promise<void> {
    this.#trouble = [...trouble];
    const workflowId = `w${pick % 3}`;
    await this.#do(what, workflowId, pick, doing);
    await this.bench.settle(3);
  }

  /** Everything works again; the worker does what is left to do. */
  async end(): Promise<void> {
    this.#trouble = [];
    await this.bench.restart();
    for (let rounds = 0; rounds < 3; rounds++) {
      for (const workflowId of ['w0', 'w1', 'w2']) {
        const execution = { namespace, workflowId };
        await this.bench.service.unpauseWorkflowExecution(execution).catch(rpcErrorsOnly);
      }
      // Tasks that are out run into their timeouts.
      this.bench.clock.advance(15_000);
      await this.bench.settle();
      for (;;) {
        const task = await this.#poll();
        if (task === undefined) break;
        await this.bench.complete(task);
        await this.bench.settle(3);
      }
    }
  }

  async #do(what: Step['what'], workflowId: string, pick: number, doing: Step['doing']): Promise<void> {
    const { bench } = this;
    const id = `${what}-${++this.#count}`;
    const execution = { namespace, workflowExecution: { workflowId } };
    switch (what) {
      case 'start':
        return this.#try(() => bench.start(workflowId, { workflowIdConflictPolicy: pick % 2 ? 3 : 1 }));
      case 'signal':
        this.#lastSignal = [workflowId, id];
        return this.#try(() => bench.signal(workflowId, id, id), `signal ${id}`);
      case 'again': {
        const [to, name] = this.#lastSignal ?? [workflowId, id];
        return this.#try(() => bench.signal(to, name, name), `signal ${name}`);
      }
      case 'cancel':
        return this.#try(() => bench.service.requestCancelWorkflowExecution(execution));
      case 'terminate':
        return pick % 3 ? undefined : this.#try(() => bench.terminate(workflowId));
      case 'pause':
        return this.#try(() => bench.service.pauseWorkflowExecution({ namespace, workflowId, requestId: id }));
      case 'unpause':
        return this.#try(() => bench.service.unpauseWorkflowExecution({ namespace, workflowId, requestId: id }));
      case 'update':
        bench.update(workflowId, id).catch(() => undefined);
        return;
      case 'poll':
      case 'turn': {
        const task = await this.#poll();
        if (task !== undefined) this.tasks.push(task);
        return what === 'turn' ? this.#answer(pick, doing, id) : undefined;
      }
      case 'fail': {
        const [task] = this.tasks.splice(0, 1);
        return this.#try(() =>
          bench.service.respondWorkflowTaskFailed({ taskToken: task?.taskToken ?? null, cause: 1 }),
        );
      }
      case 'activity': {
        const activity = await this.#briefly((signal) =>
          bench.service.pollActivityTaskQueue({ namespace, taskQueue }, { signal }),
        );
        if (activity?.taskToken?.length) this.activities.push(activity);
        return;
      }
      case 'report': {
        const activity = this.activities.splice(pick % Math.max(1, this.activities.length), 1)[0];
        if (activity === undefined) return;
        const taskToken = activity.taskToken ?? null;
        return this.#try(
          () => bench.service.respondActivityTaskCompleted({ taskToken }),
          `activity ${activity.workflowExecution?.runId} ${activity.activityId}`,
        );
      }
      case 'wait':
        bench.clock.advance(pick % 5 ? 1000 : 11_000);
        return;
      case 'restart':
        await bench.restart();
    }
  }

  async #answer(pick: number, doing: Step['doing'], id: string): Promise<void> {
    const [task] = this.tasks.splice(pick % Math.max(1, this.tasks.length), 1);
    if (task === undefined) return;
    const runId = task.workflowExecution?.runId;
    const asked = doing.map((each, index) => this.#command(each, `${id}-${index}`, pick));
    const names = asked.flatMap((command) => {
      const timer = command.startTimerCommandAttributes?.timerId;
      return timer ? [`timer ${runId} ${timer}`] : [];
    });
    const closes = asked.findIndex(
      ({ completeWorkflowExecutionCommandAttributes: a, continueAsNewWorkflowExecutionCommandAttributes: b }) => a ?? b,
    );
    await this.#try(() => this.bench.complete(task, asked), ...(closes === -1 ? names : []));
  }

  #command(doing: Step['doing'][number], id: string, pick: number): Command {
    switch (doing) {
      case 'timer':
        return commands.timer(id, 500 * pick);
      case 'activity':
        return commands.activity(id, { heartbeatTimeout: null });
      case 'child':
        return commands.child(pick % 2 ? id : 'w0', 1 + (pick % 3));
      case 'signal':
        return commands.signal(`w${pick % 3}`, id);
      case 'complete':
        return pick % 3
          ? commands.timer(id, 1)
          : { ...commands.complete(), completeWorkflowExecutionCommandAttributes: {} };
      case 'continue':
      default:
        return pick % 3
          ? commands.timer(id, 1)
          : { commandType: 10, continueAsNewWorkflowExecutionCommandAttributes: {} };
    }
  }

  async #poll(): Promise<Task | undefined> {
    const task = await this.#briefly((signal) =>
      this.bench.service.pollWorkflowTaskQueue({ namespace, taskQueue }, { signal }),
    );
    return task?.taskToken?.length ? task : undefined;
  }

  /** A poll that ends when nothing has come for a few turns. */
  async #briefly<T>(poll: (signal: AbortSignal) => Promise<T>): Promise<T | undefined> {
    const controller = new AbortController();
    const polled = poll(controller.signal).catch(rpcErrorsOnly);
    await this.bench.settle(4);
    controller.abort();
    return await polled;
  }

  async #try(call: () => Promise<unknown>, ...names: readonly string[]): Promise<void> {
    try {
      await call();
      for (const name of names) this.acknowledged.add(name);
    } catch (error) {
      rpcErrorsOnly(error);
    }
  }
}

function rpcErrorsOnly(error: unknown): undefined {
  // INTERNAL is a bug.
  if (!isServiceError(error) || error.code === 13) throw error;
}

interface Whole {
  readonly record: RunRecord;
  readonly events: readonly HistoryEvent[];
}

async function all({ store }: Bench<ManualClock>): Promise<Whole[]> {
  const { records } = await store.list({ namespace, limit: 10_000 });
  return Promise.all(records.map(async (record) => ({ record, events: await store.readHistory(record, 1) })));
}

function examine(runs: readonly Whole[], acknowledged: ReadonlySet<string>): void {
  const found: string[] = [];
  for (const { record, events } of runs) {
    expect(validateHistory(events)).toEqual([]);
    expect(record.buffered).toEqual([]);
    expect(record.effects).toEqual([]);
    for (const event of events) {
      const { timerStartedEventAttributes: timer, workflowExecutionSignaledEventAttributes: signal } = event;
      if (timer) found.push(`timer ${record.runId} ${timer.timerId}`);
      // Repeats are dropped by each run for itself.
      if (signal) found.push(`signal ${signal.signalName} ${record.runId}`);
      const completed = event.activityTaskCompletedEventAttributes;
      if (completed) {
        const scheduled = events[toNumber(completed.scheduledEventId) - 1]?.activityTaskScheduledEventAttributes;
        found.push(`activity ${record.runId} ${scheduled?.activityId}`);
      }
    }
    examineChildren(record, events, runs);
  }
  expect(found.length).toBe(new Set(found).size);
  const names = new Set(found.map((name) => (name.startsWith('signal') ? name.slice(0, name.lastIndexOf(' ')) : name)));
  expect([...acknowledged].filter((name) => !names.has(name))).toEqual([]);
}

/** Each child that a parent asked for was started once, or its parent was told why not; its end was told once. */
function examineChildren(record: RunRecord, events: readonly HistoryEvent[], runs: readonly Whole[]): void {
  for (const event of events.filter((each) => each.startChildWorkflowExecutionInitiatedEventAttributes)) {
    const id = toNumber(event.eventId);
    const first = runs.filter(
      ({ record: { parent, previousRunId } }) =>
        parent?.runId === record.runId && parent.initiatedEventId === id && previousRunId === undefined,
    );
    const told = events.filter((each) => {
      const [, attributes] = Object.entries(each).find(([key]) => key.endsWith('EventAttributes')) ?? [];
      return toNumber((attributes as { initiatedEventId?: number } | undefined)?.initiatedEventId) === id;
    });
    const types = told.map((each) => eventTypeName(each));
    if (record.closeTime === undefined) expect(types.length).toBeGreaterThanOrEqual(1);
    expect(first).toHaveLength(types.includes('ChildWorkflowExecutionStarted') ? 1 : 0);
    const child = runs.find(
      (each) =>
        each.record.parent?.runId === record.runId &&
        each.record.parent.initiatedEventId === id &&
        each.record.nextRunId === undefined,
    );
    if (record.closeTime === undefined && child !== undefined) {
      expect(types).toHaveLength(child.record.closeTime === undefined ? 1 : 2);
    }
  }
}

test(
  'nothing that was acknowledged is lost, and everything happens once, whatever fails or dies',
  { timeout: 60_000 },
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 80, size: 'max' }), async (script) => {
        const bench = await Bench.openAt(new ManualClock());
        try {
          const model = new Model(bench);
          await bench.start('w0');
          for (const each of script) await model.step(each);
          await model.end();
          examine(await all(bench), model.acknowledged);
        } finally {
          await bench.close();
        }
      }),
      { numRuns: Number(process.env['MODEL_RUNS'] ?? 40) },
    );
  },
);
