import { ScheduleOverlapPolicy as Policy } from '../../src/core/proto.ts';
import type { RunRecord } from '../../src/core/record.ts';
import type { Report, Whole } from './whole.ts';
import type { ScheduleModel } from './ledger.ts';

/** A start of a schedule, by the time that it was for. */
interface Start {
  readonly slot: number;
  readonly at: number;
}

/** I6: each time of a schedule, and each that somebody asked for, was started once or counted as left out, in order, and none while it was paused. */
export function examineSchedule(
  model: ScheduleModel,
  record: RunRecord | undefined,
  runs: readonly Whole[],
  report: Report,
): void {
  const schedule = record?.schedule;
  if (schedule === undefined) return report('the schedule is lost');
  if (record?.closeTime === undefined) report('the schedule is still there');
  const starts = startsOf(model, runs);
  const started = new Set(starts.map(({ slot }) => slot));
  if (started.size !== starts.length) report('the schedule has started a time twice');
  const slots = timesBetween(model, schedule.createTime + 1, model.until);
  const own = starts.filter(({ slot }) => slots.includes(slot));
  const asked = [...model.triggers, ...model.backfills.flatMap(({ from, to }) => timesBetween(model, from, to))];
  const stops =
    model.overlapPolicy === Policy.SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER ||
    model.overlapPolicy === Policy.SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER;
  // While a run is to end for another one, a server drops starts that may overlap.
  const lost = stops ? [] : asked.filter((slot) => !started.has(slot));
  if (lost.length > 0) report(`the schedule did not start ${lost.map(toText).join(', ')}, which was asked for`);
  for (const { from, to } of model.pauses) {
    const during = own.filter(({ slot }) => slot > from && slot < to);
    if (during.length > 0)
      report(`the schedule started ${during.map(({ slot }) => toText(slot)).join(', ')} while paused`);
  }
  if (model.pauses.length === 0) examineTimes(model, schedule, { slots, own }, report);
  if (model.overlapPolicy === Policy.SCHEDULE_OVERLAP_POLICY_ALLOW_ALL) return;
  const order = own.toSorted((a, b) => a.at - b.at || a.slot - b.slot).map(({ slot }) => slot);
  if (String(order) !== String(order.toSorted((a, b) => a - b))) report('the schedule started times out of order');
}

/** What was not started was counted. */
function examineTimes(
  { overlapPolicy }: ScheduleModel,
  { missedCatchupWindow, overlapSkipped }: NonNullable<RunRecord['schedule']>,
  { slots, own }: { readonly slots: readonly number[]; readonly own: readonly Start[] },
  report: Report,
): void {
  const left = slots.length - own.length - missedCatchupWindow;
  switch (overlapPolicy) {
    case Policy.SCHEDULE_OVERLAP_POLICY_CANCEL_OTHER:
    case Policy.SCHEDULE_OVERLAP_POLICY_TERMINATE_OTHER: {
      const last = slots.at(-1);
      if (last !== undefined && missedCatchupWindow === 0 && own.every(({ slot }) => slot !== last))
        report('the schedule did not start the last of its times');
      return;
    }
    case Policy.SCHEDULE_OVERLAP_POLICY_SKIP:
    case Policy.SCHEDULE_OVERLAP_POLICY_BUFFER_ONE:
      if (left !== overlapSkipped) report(`the schedule left out ${left} times, and counted ${overlapSkipped}`);
      return;
    default:
      if (left !== 0) report(`the schedule left out ${left} times`);
  }
}

function startsOf({ scheduleId }: ScheduleModel, runs: readonly Whole[]): Start[] {
  const prefix = `${scheduleId}-`;
  return runs
    .filter(
      ({ record }) => record.workflowId.startsWith(prefix) && record.previousRunId === undefined && !record.parent,
    )
    .map(({ record }) => ({ slot: Date.parse(record.workflowId.slice(prefix.length)), at: record.startTime }));
}

/** Its times, the ends included. */
function timesBetween({ interval }: ScheduleModel, from: number, to: number): number[] {
  const times: number[] = [];
  for (let time = Math.ceil(from / interval) * interval; time <= to; time += interval) times.push(time);
  return times;
}

function toText(time: number): string {
  return new Date(time).toISOString();
}
