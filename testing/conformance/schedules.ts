import type { ScheduleOverlapPolicy } from '@temporalio/client';
import type { ScheduleDescription, ScheduleHandle, ScheduleOptions, WorkflowHandle } from '@temporalio/client';
import { scenario } from './scenario.ts';
import type { Scenario, ScenarioContext } from './scenario.ts';
import { nothing } from './workflows/basics.ts';

/** Ids and search attributes of the runs tell the time; what matters of them is asserted. */
const timed = { history: { compare: 'none', reason: 'workflow ids and search attributes hold the time' } } as const;

/** A scenario about the schedule that has the id of its task queue; it is deleted at the end. */
export const scheduleScenario = (name: string, run: Scenario['run']): ReturnType<typeof scenario> =>
  scenario(
    name,
    async (t) => {
      try {
        await run(t);
      } finally {
        await t.client.schedule
          .getHandle(t.taskQueue)
          .delete()
          .catch(() => undefined);
      }
    },
    timed,
  );

type Options = Partial<Omit<ScheduleOptions, 'action'>> & {
  readonly workflow?: (...args: never[]) => Promise<unknown>;
  readonly args?: unknown[];
};

/** Each hour of a day long ago: nothing happens by itself. */
const longAgo = { calendars: [{ year: 2020, month: 'JANUARY', dayOfMonth: 1, hour: '*' }] } as const;
/** An hour of that day. */
export const at: (hour: number) => Date = (hour) => new Date(Date.UTC(2020, 0, 1, hour));

/** Makes the scenario's schedule. */
export async function create(t: ScenarioContext, options: Options = {}): Promise<ScheduleHandle> {
  const { workflow = nothing, args = [], ...rest } = options;
  return await t.client.schedule.create({
    scheduleId: t.taskQueue,
    spec: { ...longAgo, calendars: [...longAgo.calendars] },
    action: { type: 'startWorkflow', workflowType: workflow.name, taskQueue: t.taskQueue, workflowId: runId(t), args },
    ...rest,
  });
}

/** The id of the schedule's workflow, or of its run for a time. */
export function runId(t: ScenarioContext, time?: Date): string {
  const base = `${t.taskQueue}-run`;
  return time === undefined ? base : `${base}-${time.toISOString().slice(0, 19)}Z`;
}

/** The run for an hour. */
export function runOf(t: ScenarioContext, hour: number): WorkflowHandle {
  return t.client.workflow.getHandle(runId(t, at(hour)));
}

/** Waits until the description says so. */
export async function until(
  t: ScenarioContext,
  handle: ScheduleHandle,
  check: (description: ScheduleDescription) => void,
): Promise<ScheduleDescription> {
  return await t.eventually(async () => {
    const description = await handle.describe();
    check(description);
    return description;
  });
}

/** Asks for the runs of some hours, the bounds included. */
export async function backfill(
  handle: ScheduleHandle,
  from: number,
  to: number,
  overlap: ScheduleOverlapPolicy,
): Promise<void> {
  await handle.backfill({ start: at(from), end: at(to), overlap });
}

/** Workflow ids that have been started, oldest first. */
export function started({ info }: ScheduleDescription): string[] {
  return info.recentActions.map(({ action }) => action.workflow.workflowId);
}

/** Bytes as text. */
export function asText(bytes: Uint8Array | null | undefined): string {
  return Buffer.from(bytes ?? []).toString();
}

/** How the run for an hour is. */
export async function statusOf(t: ScenarioContext, hour: number): Promise<string> {
  return (await runOf(t, hour).describe()).status.name;
}
