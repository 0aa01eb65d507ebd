import { EventType, type HistoryEvent } from '../proto.ts';
import { fatal, nondeterminism } from './errors.ts';
import {
  describeEvent,
  eventId,
  eventType,
  initiatingEventId,
  isCommandEvent,
  isFinalEvent,
  isIgnorable,
} from './events.ts';
import type { HistoryUpdate } from './history-update.ts';
import { initializeWorkflowJob } from './initialize-job.ts';
import { applyKnownMarker, noteMarkerAhead } from './local/intake.ts';
import { isLocalActivityMarker } from './local/marker.ts';
import { PatchMachine, patchMarkerOf, VERSION_SEARCH_ATTRIBUTE } from './machines/patch.ts';
import { isDueBefore, type UpdateRequest, updateRequestOfEvent } from './machines/update.ts';
import { WorkflowTaskMachine } from './machines/workflow-task.ts';
import type { RunState } from './run-state.ts';

/** The events of one logical workflow task on their way into the machines. */
interface Task {
  readonly events: readonly HistoryEvent[];
  readonly isLast: boolean;
}

/** Applies the next logical workflow task of the run's history. Returns how many events it had. */
export function applyNextTask(run: RunState): number {
  const { history } = run;
  if (history === undefined) return 0;
  if (run.sawFinalEvent) {
    run.replaying = false;
    return 0;
  }
  const fromStartedId = run.currentStartedId;
  const task = takeTask(run, history, fromStartedId);
  noteCompletions(run, history, task.events);
  if (task.events.length === 0) run.replaying = false;
  const last = task.events.at(-1);
  if (eventType(last) === EventType.EVENT_TYPE_WORKFLOW_TASK_STARTED) {
    run.nextStartedId = eventId(last);
  }
  const admitted = applyEvents(run, history, task);
  announceAhead(run, history.peekNextTask(fromStartedId), admitted);
  return task.events.length;
}

function takeTask(run: RunState, history: HistoryUpdate, fromStartedId: number): Task {
  const places = run.pendingRequests.map(({ sequencedAfter = 0 }) => sequencedAfter);
  const next = history.takeNextTask(fromStartedId, places.length > 0 ? Math.min(...places) : undefined);
  if (next.kind === 'need-fetch') throw fatal('History must be fetched before it is applied');
  if (next.kind === 'replay-over') return { events: [], isLast: true };
  const events = next.events.filter((event) => eventId(event) > run.lastProcessedEvent);
  return { events, isLast: next.isLast };
}

/** Flags count from the workflow task on that used them, which history tells only at its completion. */
function noteCompletions(run: RunState, history: HistoryUpdate, events: readonly HistoryEvent[]): void {
  for (const event of events) {
    const completed = event.workflowTaskCompletedEventAttributes;
    if (completed) run.noteTaskCompleted(completed);
  }
  const last = events.at(-1);
  const ahead = last && history.peekNextCompleted(eventId(last));
  if (ahead) run.noteTaskCompleted(ahead);
}

/** Returns the requests of admitted updates, by protocol instance, that were met on replay. */
function applyEvents(run: RunState, history: HistoryUpdate, task: Task): Map<string, UpdateRequest> {
  const admitted = new Map<string, UpdateRequest>();
  let skip = false;
  for (const [index, event] of task.events.entries()) {
    const id = eventId(event);
    if (id !== run.lastProcessedEvent + 1) {
      throw fatal(`History is out of order. Last processed event: ${run.lastProcessedEvent}, event id: ${id}`);
    }
    // Replay ends with the first thing in the newest task that this worker did not bring about itself.
    if (
      run.replaying &&
      task.isLast &&
      id > history.previousStartedId &&
      eventType(event) !== EventType.EVENT_TYPE_WORKFLOW_TASK_COMPLETED &&
      !isCommandEvent(event)
    ) {
      run.replaying = false;
    }
    const isAdmission = event.workflowExecutionUpdateAdmittedEventAttributes;
    if (isAdmission) admit(run, event, admitted);
    startDueUpdates(run, id);
    if (skip) skip = false;
    else if (!isAdmission) skip = applyEvent(run, event, task.events[index + 1], task.isLast);
    run.lastProcessedEvent = id;
  }
  return admitted;
}

function admit(run: RunState, event: HistoryEvent, admitted: Map<string, UpdateRequest>): void {
  const request = updateRequestOfEvent(event);
  if (run.replaying) admitted.set(request.protocolInstanceId, request);
  else run.pendingRequests.push(request);
}

function startDueUpdates(run: RunState, beforeEventId: number): void {
  const due = run.pendingRequests.filter((request) => isDueBefore(request, beforeEventId));
  if (due.length === 0) return;
  run.pendingRequests = run.pendingRequests.filter((request) => !due.includes(request));
  for (const request of due) run.startUpdate(request);
}

/** Applies one event. Returns whether the next one is to be skipped. */
function applyEvent(run: RunState, event: HistoryEvent, next: HistoryEvent | undefined, isLastTask: boolean): boolean {
  if (isFinalEvent(event)) run.sawFinalEvent = true;
  if (isIgnorable(event)) return false;
  const type = eventType(event);
  if (
    type === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TERMINATED ||
    type === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIMED_OUT
  ) {
    if (next !== undefined || !isLastTask) throw fatal('History goes on after its closing event');
    return false;
  }
  if (type === EventType.EVENT_TYPE_UNSPECIFIED) {
    if (event.workerMayIgnore) return false;
    throw fatal(`Event type is unspecified! This history is invalid. ${describeEvent(event)}`);
  }
  if (isCommandEvent(event)) return applyCommandEvent(run, event, next, isLastTask);
  if (event.workflowTaskStartedEventAttributes) {
    run.noteTaskStarted(event.workflowTaskStartedEventAttributes);
  }
  const initiating = initiatingEventId(event);
  if (initiating === undefined) {
    applyEventOfRun(run, event, isLastTask);
    return false;
  }
  const machine = run.registry.byEventId.get(initiating);
  if (machine === undefined) {
    throw nondeterminism(
      `During event handling, this event had an initial command ID but we could not find a matching command for it: ${describeEvent(event)}`,
    );
  }
  run.feed(machine, event, isLastTask);
  return false;
}

/** Matches an event that mirrors a command with the next command that the code gave. */
function applyCommandEvent(
  run: RunState,
  event: HistoryEvent,
  next: HistoryEvent | undefined,
  isLastTask: boolean,
): boolean {
  const { registry } = run;
  if (applyKnownMarker(run, event, isLastTask)) return false;
  for (;;) {
    const verdict = matchPatch(event, registry.queue[0]?.machine);
    if (verdict === 'skip-command') {
      registry.queue.shift();
      continue;
    }
    if (verdict === 'skip-event') return isVersionUpsert(next);
    const queued = registry.queue.shift();
    if (queued === undefined) {
      throw nondeterminism(`No command scheduled for event ${describeEvent(event)}`);
    }
    if (queued.machine.cancelledBeforeSent) continue;
    run.feed(queued.machine, event, isLastTask);
    if (!queued.machine.isFinal) registry.byEventId.set(eventId(event), queued.machine);
    return false;
  }
}

/** Patches may come and go: a deprecated marker needs no call, a call without a marker is no error. */
function matchPatch(event: HistoryEvent, machine: unknown): 'match' | 'skip-command' | 'skip-event' {
  const marker = patchMarkerOf(event);
  const patch = machine instanceof PatchMachine ? machine : undefined;
  if (marker === undefined) return patch ? 'skip-command' : 'match';
  if (patch) {
    return patch.patchId !== marker.id && marker.deprecated ? 'skip-event' : 'match';
  }
  if (marker.deprecated) return 'skip-event';
  throw nondeterminism(
    `Non-deprecated patch marker encountered for change ${marker.id}, but there is no corresponding change command!`,
  );
}

function isVersionUpsert(event: HistoryEvent | undefined): boolean {
  const upsert = event?.upsertWorkflowSearchAttributesEventAttributes;
  return VERSION_SEARCH_ATTRIBUTE in (upsert?.searchAttributes?.indexedFields ?? {});
}

/** Applies an event that concerns the run as a whole. */
function applyEventOfRun(run: RunState, event: HistoryEvent, isLastTask: boolean): void {
  const type = eventType(event);
  if (type === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED) {
    run.started = event.workflowExecutionStartedEventAttributes ?? undefined;
    if (event.eventTime) run.advanceTime(event.eventTime);
    run.pushJob(initializeWorkflowJob(event, run.identity.workflowId));
  } else if (type === EventType.EVENT_TYPE_WORKFLOW_TASK_SCHEDULED) {
    run.feed(new WorkflowTaskMachine(run.nextStartedId), event, isLastTask);
  } else if (type === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED) {
    const signal = event.workflowExecutionSignaledEventAttributes;
    run.pushJob({
      signalWorkflow: {
        signalName: signal?.signalName ?? '',
        input: signal?.input?.payloads ?? [],
        identity: signal?.identity ?? '',
        headers: signal?.header?.fields ?? {},
        ...(event.eventId && { originatingEventId: event.eventId }),
      },
    });
  } else if (type === EventType.EVENT_TYPE_WORKFLOW_EXECUTION_CANCEL_REQUESTED) {
    const reason = event.workflowExecutionCancelRequestedEventAttributes?.cause ?? '';
    run.pushJob({ cancelWorkflow: { reason } });
  } else {
    throw fatal(`The event is not a non-stateful event, but we tried to handle it as one: ${describeEvent(event)}`);
  }
}

/** What the next task recorded without having waited for it: code must know it while the present task is replayed. */
function announceAhead(run: RunState, ahead: readonly HistoryEvent[], admitted: Map<string, UpdateRequest>): void {
  const later: Array<() => void> = [];
  for (const event of ahead) {
    const marker = patchMarkerOf(event);
    if (marker) {
      run.patches.set(marker.id, false);
      run.pushJob({ notifyHasPatch: { patchId: marker.id } });
    }
    if (isLocalActivityMarker(event)) later.push(() => noteMarkerAhead(run, event));
    const accepted = event.workflowExecutionUpdateAcceptedEventAttributes;
    if (accepted) {
      const known = admitted.get(accepted.protocolInstanceId ?? '');
      const request = known ?? updateRequestOfEvent(event);
      later.push(() => run.startUpdate(request));
    }
  }
  for (const apply of later) apply();
}
