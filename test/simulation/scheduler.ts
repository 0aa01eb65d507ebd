import { toDuration, toTimestamp } from '../../src/core/proto.ts';
import type { WorkflowServiceApi } from '../../src/runtime/service.ts';
import { Asking } from './asking.ts';
import { encode } from './flow.ts';
import type { Ledger, ScheduleModel } from './ledger.ts';
import { makeProgram } from './program.ts';
import { Owner } from './world.ts';
import type { World } from './world.ts';

type Patch = NonNullable<Parameters<WorkflowServiceApi['patchSchedule']>[0]['patch']>;

const allowAll = 6;
/** What somebody asks a schedule for has times that are not those of its spec. */
const [backfillsFrom, triggersFrom] = [Date.UTC(2029, 0, 1), Date.UTC(2031, 0, 1)];

/** Somebody who makes a schedule, and pauses, triggers and backfills it. */
export class ModelScheduler {
  readonly owner: Owner;
  readonly #world: World;
  readonly #service: WorkflowServiceApi;
  readonly #asking: Asking;
  readonly #ledger: Ledger;

  constructor(world: World, service: (owner: Owner) => WorkflowServiceApi, ledger: Ledger) {
    this.owner = new Owner(world, 'scheduler');
    this.#world = world;
    this.#service = service(this.owner);
    this.#asking = new Asking(world, this.owner, ledger);
    this.#ledger = ledger;
  }

  /** Makes a schedule and does so many things to it. */
  async run(times: number): Promise<void> {
    const { random } = this.#world;
    const model = await this.#create();
    if (model === undefined) return;
    for (let time = 0; time < times; time++) {
      await this.owner.sleep(random.int(3000));
      await this.#something(model, time);
    }
  }

  async #create(): Promise<ScheduleModel | undefined> {
    const { random } = this.#world;
    const interval = 1000 * (1 + random.int(4));
    const model: ScheduleModel = {
      scheduleId: 'schedule',
      interval,
      until: this.#world.now + interval * (2 + random.int(6)),
      overlapPolicy: 1 + random.int(allowAll),
      pauses: [],
      triggers: [],
      backfills: [],
    };
    const program = makeProgram(random, 2);
    const input = { payloads: [encode({ ...program, end: random.pick(['complete', 'complete', 'fail']) })] };
    const request = {
      namespace: 'default',
      scheduleId: model.scheduleId,
      requestId: random.uuid(),
      schedule: {
        spec: { interval: [{ interval: toDuration(interval) }], endTime: toTimestamp(model.until) },
        action: {
          startWorkflow: {
            workflowId: model.scheduleId,
            workflowType: { name: 'program' },
            taskQueue: { name: 'work' },
            input,
          },
        },
        policies: {
          overlapPolicy: model.overlapPolicy,
          catchupWindow: toDuration(random.pick([10_000, 3_600_000])),
        },
      },
    };
    if ((await this.#asking.ask(() => this.#service.createSchedule(request))) === undefined) return undefined;
    this.#ledger.schedules.push(model);
    return model;
  }

  async #something(model: ScheduleModel, time: number): Promise<void> {
    const { random } = this.#world;
    switch (random.int(3)) {
      case 0: {
        const at = triggersFrom + 1000 * time;
        const triggerImmediately = { overlapPolicy: allowAll, scheduledTime: toTimestamp(at) };
        if (await this.#patch(model, { triggerImmediately })) model.triggers.push(at);
        return;
      }
      case 1: {
        const from = backfillsFrom + 100_000 * time + random.int(5000);
        const to = from + random.int(10_000);
        const range = { overlapPolicy: allowAll, startTime: toTimestamp(from), endTime: toTimestamp(to) };
        if (await this.#patch(model, { backfillRequest: [range] })) model.backfills.push({ from, to });
        return;
      }
      default:
        return this.#pause(model);
    }
  }

  async #pause(model: ScheduleModel): Promise<void> {
    const pause = { from: Infinity, to: Infinity };
    model.pauses.push(pause);
    if (!(await this.#patch(model, { pause: 'why' }))) return;
    pause.from = this.#world.now;
    await this.owner.sleep(this.#world.random.int(8000));
    pause.to = this.#world.now;
    await this.#patch(model, { unpause: 'why' });
  }

  /** @returns whether it was done. */
  async #patch({ scheduleId }: ScheduleModel, patch: Patch): Promise<boolean> {
    const request = { namespace: 'default', scheduleId, requestId: this.#world.random.uuid(), patch };
    return (await this.#asking.ask(() => this.#service.patchSchedule(request))) !== undefined;
  }
}
