import type { coresdk } from '@temporalio/proto';
import type { HistoryEvent } from '../../proto.ts';
import { fatal } from '../errors.ts';
import type { Annotations } from '../machines/machine.ts';
import { LocalActivityMachine } from '../machines/local-activity.ts';
import type { RunState } from '../run-state.ts';
import { isLocalActivityMarker, localMarkerOf } from './marker.ts';
import { validSchedule } from './schedule.ts';
import type { LocalActivityHost, LocalResolution } from './types.ts';

const KIND = 'LocalActivity';

/** Applies a command about a local activity. Returns false for any other. */
export function applyLocalActivity(
  run: RunState,
  command: coresdk.workflow_commands.IWorkflowCommand,
  annotations: Annotations,
): boolean {
  const { scheduleLocalActivity, requestCancelLocalActivity } = command;
  if (scheduleLocalActivity) {
    const schedule = validSchedule(scheduleLocalActivity, annotations, hostOf(run).now());
    const { replaying, time: workflowTime } = run;
    const machine = new LocalActivityMachine(schedule, run.flags, { replaying, workflowTime });
    run.registry.name(KIND, schedule.seq, machine);
    if (replaying) run.locals.awaitMarker(machine);
    else run.locals.enqueue(machine);
    return true;
  }
  if (requestCancelLocalActivity) {
    const machine = run.registry.find(KIND, requestCancelLocalActivity.seq ?? 0, LocalActivityMachine);
    machine.cancel(run.localEmitterFor(machine));
    return true;
  }
  return false;
}

/** Has the worker do what the run's activities need. */
export function requestLocalWork(run: RunState): void {
  const { runId } = run.identity;
  if (run.locals.isEnding) {
    run.config.locals?.forget(runId);
    return;
  }
  const { starts, cancels } = run.locals.takeRequests();
  if (starts.length + cancels.length === 0) return;
  const host = hostOf(run);
  for (const seq of cancels) resolveLocalActivity(run, host.cancel(runId, seq));
  for (const { schedule } of starts) resolveLocalActivity(run, host.start(run.identity, schedule));
}

/** An activity of the run is over. */
export function resolveLocalActivity(run: RunState, resolution: LocalResolution | undefined): void {
  if (resolution === undefined) return;
  const machine = run.registry.find(KIND, resolution.seq, LocalActivityMachine);
  machine.finish(resolution, run.localEmitterFor(machine));
  run.locals.finished(resolution.seq);
}

/** Remembers a marker of the next workflow task, unless its activity is known to run here. */
export function noteMarkerAhead(run: RunState, event: HistoryEvent): void {
  const marker = localMarkerOf(event);
  const machine = run.registry.lookup(KIND, marker.seq);
  if (machine instanceof LocalActivityMachine && !machine.awaitsMarker) return;
  run.locals.noteMarker(marker);
  applyKnownResolutions(run);
}

/** Resolves activities from their markers, in the order of these, up to one that the workflow has not asked for yet. */
export function applyKnownResolutions(run: RunState): void {
  for (let seq = run.locals.nextKnownSeq; seq !== undefined; seq = run.locals.nextKnownSeq) {
    if (run.registry.lookup(KIND, seq) === undefined) return;
    const machine = run.registry.find(KIND, seq, LocalActivityMachine);
    const known = run.locals.takeKnown(seq);
    if (known) machine.recall(known, run.localEmitterFor(machine));
  }
}

/** Compares the marker of an activity that was resolved from it. Returns false when a command has to be matched with the event. */
export function applyKnownMarker(run: RunState, event: HistoryEvent, isLastTask: boolean): boolean {
  if (!isLocalActivityMarker(event)) return false;
  const machine = run.registry.find(KIND, localMarkerOf(event).seq, LocalActivityMachine);
  if (machine.sentMarker) return false;
  if (!machine.isKnown) {
    throw fatal(`Attempted to check for LA marker handling in invalid state ${machine.state}`);
  }
  run.feed(machine, event, isLastTask);
  return true;
}

function hostOf(run: RunState): LocalActivityHost {
  const { locals } = run.config;
  if (locals === undefined) throw fatal('Local activities are not enabled on this worker');
  return locals;
}
