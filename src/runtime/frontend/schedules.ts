import type { temporal } from '@temporalio/proto';
import { toLong, toMillis, toTimestamp } from '../../core/proto.ts';
import type { RunRecord } from '../../core/record.ts';
import type { RunDraft } from '../../core/run/draft.ts';
import { endSchedule, pauseSchedule, startSchedule, timesOf, wakeSchedule } from '../../core/run/schedule.ts';
import { isNewRequest } from '../../core/run/signal.ts';
import { withPaused } from '../../core/schedule/attributes.ts';
import { addBackfill, addStart } from '../../core/schedule/process.ts';
import { scheduleIdPrefix } from '../../core/schedule/state.ts';
import type { CompleteSchedule, ScheduleState } from '../../core/schedule/state.ts';
import { invalidArgument, notFound, workflowAlreadyStarted, workflowCompleted, workflowNotFound } from '../errors.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { requireId, requireNamespace } from './context.ts';
import { keyOf } from './keys.ts';
import { describeSchedule, scheduleListEntry, tokenOf } from './schedule-info.ts';
import { countSchedules, listSchedules } from './schedule-lists.ts';
import { checkedSchedule } from './schedule-request.ts';
import { acceptAttributes } from './search-attributes.ts';

type Patch = temporal.api.schedule.v1.ISchedulePatch;
type Place = { readonly namespace: string; readonly workflowId: string };

/** Times that are listed at once. */
const mostTimes = 1000;
const longestNotes = 1000;

/** The RPCs of schedules. */
export function scheduleHandlers(
  context: FrontendContext,
): ReturnType<typeof changingHandlers> & ReturnType<typeof readingHandlers> {
  return { ...changingHandlers(context), ...readingHandlers(context) };
}

function changingHandlers(
  context: FrontendContext,
): Handlers<'createSchedule' | 'updateSchedule' | 'patchSchedule' | 'deleteSchedule'> {
  return {
    async createSchedule(request) {
      const place = placeOf(context, request);
      const requestId = requireId('RequestId', request.requestId);
      const schedule = checkedSchedule(request.schedule ?? {});
      await refuseAttributes(context, schedule, place);
      await create(context, place, { ...request, requestId, schedule });
      return { conflictToken: tokenOf(1) };
    },
    async updateSchedule(request) {
      const place = placeOf(context, request);
      const changed = checkedSchedule(request.schedule ?? {});
      await refuseAttributes(context, changed, place);
      const { searchAttributes: asked } = request;
      const searchAttributes = asked ? await acceptAttributes(context, asked, place.namespace) : null;
      await change(context, place, request.requestId, (draft) =>
        update(draft, changed, { ...request, searchAttributes }),
      );
      return {};
    },
    async patchSchedule(request) {
      const place = placeOf(context, request);
      const patch = checkedPatch(request.patch);
      await change(context, place, request.requestId, (draft) =>
        wakeSchedule(draft, (schedule) => applyPatch(schedule, patch, draft.now)),
      );
      return {};
    },
    async deleteSchedule(request) {
      await change(context, placeOf(context, request), '', (draft) => endSchedule(draft));
      return {};
    },
  };
}

function readingHandlers(
  context: FrontendContext,
): Handlers<'describeSchedule' | 'listSchedules' | 'countSchedules' | 'listScheduleMatchingTimes'> {
  return {
    async describeSchedule(request) {
      const { record, schedule } = await find(context, placeOf(context, request));
      if (record.closeTime !== undefined) throw notFound('schedule not found');
      return describeSchedule(record, schedule, context.clock.now());
    },
    async listSchedules(request) {
      const namespace = requireNamespace(context, request.namespace);
      const { records, nextPageToken } = await listSchedules(context, namespace, request);
      const now = context.clock.now();
      const schedules = records.flatMap((record) =>
        record.schedule === undefined ? [] : [scheduleListEntry(record, record.schedule, now)],
      );
      return { schedules, nextPageToken };
    },
    async countSchedules(request) {
      const namespace = requireNamespace(context, request.namespace);
      return { count: toLong(await countSchedules(context, namespace, request.query)), groups: [] };
    },
    async listScheduleMatchingTimes(request) {
      const place = placeOf(context, request);
      const { schedule } = await find(context, place);
      if (!request.startTime || !request.endTime) throw invalidArgument('missing or invalid query');
      const [from, to] = [toMillis(request.startTime) ?? 0, toMillis(request.endTime) ?? 0];
      return { startTime: matchingTimes(place.namespace, schedule, from, to).map(toTimestamp) };
    },
  };
}

function placeOf(
  context: FrontendContext,
  request: {
    readonly namespace?: string | null;
    readonly scheduleId?: string | null;
    readonly requestId?: string | null;
  },
): Place {
  const workflowId = requireId('WorkflowId', `${scheduleIdPrefix}${request.scheduleId ?? ''}`);
  if (request.requestId) requireId('RequestId', request.requestId);
  return { namespace: requireNamespace(context, request.namespace), workflowId };
}

/** @throws ServiceError INVALID_ARGUMENT for search attributes that none of the schedule's runs could have. */
async function refuseAttributes(
  context: FrontendContext,
  { action }: CompleteSchedule,
  { namespace }: Place,
): Promise<void> {
  const attributes = action.startWorkflow?.searchAttributes;
  if (attributes) await acceptAttributes(context, attributes, namespace);
}

/** The schedule of an id, open or ended. @throws ServiceError NOT_FOUND when there was never one. */
async function find(
  context: FrontendContext,
  place: Place,
): Promise<{ readonly record: RunRecord; readonly schedule: ScheduleState }> {
  const record = (await context.runs.current(place))?.record;
  if (record?.schedule === undefined) throw workflowNotFound(place.workflowId);
  return { record, schedule: record.schedule };
}

async function change(
  context: FrontendContext,
  place: Place,
  requestId: string | null | undefined,
  rule: (draft: RunDraft) => void,
): Promise<void> {
  await context.runs.transact([place], async (transaction) => {
    const { record } = await find(context, place);
    const draft = await transaction.draft(keyOf(record));
    if (draft?.isOpen !== true) throw workflowCompleted();
    if (isNewRequest(draft, requestId ?? '')) rule(draft);
    else transaction.discard(keyOf(record));
  });
}

type Creation = Omit<temporal.api.workflowservice.v1.ICreateScheduleRequest, 'schedule' | 'requestId'> & {
  readonly requestId: string;
  readonly schedule: CompleteSchedule;
};

async function create(context: FrontendContext, place: Place, request: Creation): Promise<void> {
  const patch = checkedPatch(request.initialPatch ?? {});
  const { requestId, schedule, memo, searchAttributes, scheduleId } = request;
  const accepted = searchAttributes && (await acceptAttributes(context, searchAttributes, place.namespace));
  await context.runs.transact([place], async (transaction) => {
    const current = (await context.runs.current(place))?.record;
    if (current?.closeTime === undefined && current !== undefined) {
      // The same request again: the answer may have been lost on its way.
      if (current.startRequestId === requestId) return;
      throw workflowAlreadyStarted('running', place.workflowId, current);
    }
    const draft = startSchedule(
      {
        ...place,
        runId: context.newId(),
        scheduleId: scheduleId ?? '',
        requestId,
        schedule,
        memo: memo ?? undefined,
        searchAttributes: accepted ?? undefined,
      },
      context.clock.now(),
      (state) => applyPatch(state, patch, context.clock.now()),
    );
    transaction.create(draft, current?.runId);
  });
}

function update(
  draft: RunDraft,
  changed: CompleteSchedule,
  request: temporal.api.workflowservice.v1.IUpdateScheduleRequest,
): void {
  wakeSchedule(draft, (schedule) => {
    const { conflictToken } = request;
    const expected = conflictToken && conflictToken.length >= 8 ? numberOf(conflictToken) : 0;
    // A server drops it, too: somebody else was faster.
    if (expected !== 0 && expected !== schedule.conflictToken) return;
    schedule.schedule = changed;
    schedule.updateTime = draft.now;
    schedule.conflictToken++;
    if (request.searchAttributes) {
      draft.record.searchAttributes = withPaused(request.searchAttributes, changed.state.paused);
    }
  });
}

function applyPatch(schedule: ScheduleState, patch: Patch, now: number): void {
  const { triggerImmediately: trigger, backfillRequest, pause, unpause } = patch;
  if (trigger) {
    const at = toMillis(trigger.scheduledTime) ?? now;
    addStart(schedule, { nominal: at, actual: at, overlapPolicy: trigger.overlapPolicy ?? 0, manual: true });
  }
  for (const { startTime, endTime, overlapPolicy } of backfillRequest ?? []) {
    // The first moment counts, too.
    const from = (toMillis(startTime) ?? 0) - 1;
    addBackfill(schedule, { from, to: toMillis(endTime) ?? 0, overlapPolicy: overlapPolicy ?? 0 });
  }
  if (pause) pauseSchedule(schedule, true, pause);
  if (unpause) pauseSchedule(schedule, false, unpause);
}

function checkedPatch(patch: Patch | null | undefined): Patch {
  if (!patch) throw invalidArgument('Patch is not set on request.');
  const longest = Math.max(byteLength(patch.pause), byteLength(patch.unpause));
  if (longest > longestNotes) throw invalidArgument('Schedule notes exceeds limit.');
  return patch;
}

function byteLength(text: string | null | undefined): number {
  return new TextEncoder().encode(text ?? '').length;
}

function matchingTimes(namespace: string, schedule: ScheduleState, from: number, to: number): number[] {
  const times = timesOf(namespace, schedule);
  const found: number[] = [];
  for (let time = times.after(from); time !== undefined && time.next <= to; time = times.after(time.next)) {
    found.push(time.next);
    if (found.length >= mostTimes) break;
  }
  return found;
}

function numberOf(token: Uint8Array): number {
  return Number(new DataView(token.buffer, token.byteOffset, token.byteLength).getBigUint64(0));
}
