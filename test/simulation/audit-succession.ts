import { ContinueAsNewInitiator as Initiator, durationMs, toMillis } from '../../src/core/proto.ts';
import { WorkflowExecutionStatus as Status } from '../../src/core/proto.ts';
import type { Report, Whole } from './whole.ts';
import type { Ledger } from './ledger.ts';

/** Runs know the ones before and after them. */
export function examineChain({ record, events }: Whole, byId: ReadonlyMap<string, Whole>, report: Report): void {
  const next = record.nextRunId === undefined ? undefined : byId.get(record.nextRunId);
  if (record.nextRunId !== undefined && next?.record.previousRunId !== record.runId) report('its next run is missing');
  const continues = events.at(-1)?.workflowExecutionContinuedAsNewEventAttributes;
  if (continues && continues.newExecutionRunId !== record.nextRunId) report('goes on as another run');
  const { previousRunId, resetFrom } = record;
  // A run that was reset takes the place of another one, which the previous run knows.
  if (
    previousRunId !== undefined &&
    resetFrom === undefined &&
    byId.get(previousRunId)?.record.nextRunId !== record.runId
  )
    report('its previous run does not know it');
}

/** I6: retries and cron workflows go on as they have to, once for each end, not early and not late. */
export function examineSuccession(
  { record, events }: Whole,
  byId: ReadonlyMap<string, Whole>,
  ledger: Ledger,
  report: Report,
): void {
  const started = events[0]?.workflowExecutionStartedEventAttributes ?? {};
  const attempt = started.attempt ?? 1;
  const { maximumAttempts = 0 } = started.retryPolicy ?? {};
  const failed =
    record.status === Status.WORKFLOW_EXECUTION_STATUS_FAILED ||
    record.status === Status.WORKFLOW_EXECUTION_STATUS_TIMED_OUT;
  const completed = record.status === Status.WORKFLOW_EXECUTION_STATUS_COMPLETED;
  const next = byId.get(record.nextRunId ?? '');
  const mayRetry = failed && started.retryPolicy && attempt < (maximumAttempts ?? 0);
  const wanted = mayRetry
    ? Initiator.CONTINUE_AS_NEW_INITIATOR_RETRY
    : (completed || failed) && started.cronSchedule
      ? Initiator.CONTINUE_AS_NEW_INITIATOR_CRON_SCHEDULE
      : undefined;
  if (record.status === Status.WORKFLOW_EXECUTION_STATUS_CONTINUED_AS_NEW) return;
  const follows = next?.events[0]?.workflowExecutionStartedEventAttributes;
  if (follows?.initiator !== wanted) report(`was to be followed by ${wanted}, not ${follows?.initiator}`);
  if (next === undefined || !follows) return;
  const wantedAttempt = mayRetry ? attempt + 1 : 1;
  if ((follows.attempt ?? 1) !== wantedAttempt) report(`attempt ${follows.attempt} follows attempt ${attempt}`);
  const begin = (toMillis(next.events[0]?.eventTime) ?? 0) + durationMs(follows.firstWorkflowTaskBackoff);
  const [, second] = next.events;
  // An update does not wait for the time of its workflow.
  const isWoken = ledger.updated.has(record.workflowId) || !second?.workflowTaskScheduledEventAttributes;
  if (!isWoken && (toMillis(second.eventTime) ?? 0) < begin) report('its next run began early');
  if (mayRetry && begin < (record.closeTime ?? 0) + 100) report('its retry did not wait');
  if (!mayRetry) examineCron(started.cronSchedule ?? '', record, begin, report);
  const result = events.at(-1)?.workflowExecutionCompletedEventAttributes?.result;
  const handedOn = JSON.stringify(follows.lastCompletionResult ?? null);
  if (!mayRetry && handedOn !== JSON.stringify((completed ? result : started.lastCompletionResult) ?? null))
    report('its result was not handed on');
}

/** Times of cron schedules are on whole seconds, of the minute or counted from the time before; a task may begin up to a second later. */
function examineCron(
  schedule: string,
  { executionTime, closeTime = 0 }: Whole['record'],
  begin: number,
  report: Report,
): void {
  const [, seconds] = /^@every (\d+)s$/.exec(schedule) ?? [];
  const every = Number(seconds ?? 60) * 1000;
  // One that ended before its time leaves that to the next one.
  if (closeTime < executionTime) {
    if (begin < executionTime || begin >= executionTime + 1000) report('its next cron run has not its time');
    return;
  }
  if (begin < closeTime) report('its next cron run began before its end');
  if (begin >= closeTime + every + 1000) report(`its next cron run was ${begin - closeTime} ms later`);
  if (begin < executionTime + (seconds === undefined ? 0 : every - 1000)) report('its next cron run was early');
  if (seconds === undefined && begin % 60_000 >= 1000)
    report(`its next cron run was at ${new Date(begin).toISOString()}`);
}
