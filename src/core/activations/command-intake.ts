import proto from '@temporalio/proto';
import type { coresdk } from '@temporalio/proto';
import type { Command } from '../proto.ts';
import * as to from './commands.ts';
import { fatal } from './errors.ts';
import { CoreFlag } from './internal-flags.ts';
import type { CommandKind } from './machine-registry.ts';
import { applyLocalActivity } from './local/intake.ts';
import { ActivityMachine } from './machines/activity.ts';
import { ChildWorkflowMachine } from './machines/child-workflow.ts';
import { CancelExternalMachine, SignalExternalMachine } from './machines/external.ts';
import type { Annotations, Machine } from './machines/machine.ts';
import { patchCommand, PatchMachine, patchUpsertCommand, VERSION_SEARCH_ATTRIBUTE } from './machines/patch.ts';
import { SimpleMachine } from './machines/simple.ts';
import { TimerMachine } from './machines/timer.ts';
import type { RunState } from './run-state.ts';

const { VersioningIntent } = proto.coresdk.common;

type Lang = coresdk.workflow_commands.IWorkflowCommand;

/** Turns the commands of an activation's answer into machines and commands for the server. */
export function applyLangCommands(run: RunState, commands: readonly Lang[]): void {
  for (const command of commands) {
    const annotations: Annotations = {
      ...(command.userMetadata && { userMetadata: command.userMetadata }),
      ...(command.eventGroupMarkers?.length && { eventGroupMarkers: command.eventGroupMarkers }),
    };
    const handled =
      applyScheduling(run, command, annotations) ||
      applyCancellation(run, command, annotations) ||
      applyLocalActivity(run, command, annotations) ||
      applyBookkeeping(run, command, annotations) ||
      applyTerminal(run, command, annotations);
    if (!handled) throw unsupported(command);
  }
}

/** Whether the command ends the run. */
export function isTerminal(command: Lang): boolean {
  return Boolean(
    command.completeWorkflowExecution ??
    command.failWorkflowExecution ??
    command.cancelWorkflowExecution ??
    command.continueAsNewWorkflowExecution,
  );
}

function unsupported(command: Lang): Error {
  if (command.scheduleNexusOperation ?? command.requestCancelNexusOperation) {
    return fatal('UNIMPLEMENTED: Nexus operations are not supported by this engine yet');
  }
  return fatal(`UNIMPLEMENTED: workflow command ${Object.keys(command).join(', ')}`);
}

function add(
  run: RunState,
  machine: Machine,
  command: Command,
  id?: { kind: CommandKind; seq: number | null | undefined },
): boolean {
  if (id) run.registry.name(id.kind, id.seq ?? 0, machine);
  run.registry.add(machine, command);
  return true;
}

/** An empty task queue means the run's own; there, the build id is kept by default. */
function keepsBuildId(
  run: RunState,
  intent: coresdk.common.VersioningIntent | null | undefined,
  taskQueue: string | null | undefined,
): boolean {
  if (intent === VersioningIntent.COMPATIBLE) return true;
  if (intent === VersioningIntent.DEFAULT) return false;
  return !taskQueue || taskQueue === run.config.taskQueue;
}

function applyScheduling(run: RunState, command: Lang, annotations: Annotations): boolean {
  const { startTimer, scheduleActivity } = command;
  const child = command.startChildWorkflowExecution;
  const signal = command.signalExternalWorkflowExecution;
  const cancel = command.requestCancelExternalWorkflowExecution;
  if (startTimer) {
    const id = { kind: 'Timer', seq: startTimer.seq } as const;
    const machine = new TimerMachine(startTimer, annotations);
    return add(run, machine, to.startTimer(startTimer, annotations), id);
  }
  if (scheduleActivity) {
    const id = { kind: 'Activity', seq: scheduleActivity.seq } as const;
    const { versioningIntent, taskQueue } = scheduleActivity;
    const keeps = keepsBuildId(run, versioningIntent, taskQueue);
    const machine = new ActivityMachine(scheduleActivity, run.flags, annotations);
    return add(run, machine, to.scheduleActivity(scheduleActivity, keeps, annotations), id);
  }
  if (child) {
    const id = { kind: 'ChildWorkflowStart', seq: child.seq } as const;
    const keeps = keepsBuildId(run, child.versioningIntent, child.taskQueue);
    const machine = new ChildWorkflowMachine(child, run.flags, annotations);
    return add(run, machine, to.startChildWorkflow(child, keeps, annotations), id);
  }
  if (signal) {
    const id = { kind: 'SignalExternal', seq: signal.seq } as const;
    const machine = new SignalExternalMachine(signal.seq ?? 0);
    return add(run, machine, to.signalExternal(signal, run.config.namespace, annotations), id);
  }
  if (cancel) {
    const id = { kind: 'CancelExternal', seq: cancel.seq } as const;
    const machine = new CancelExternalMachine(cancel.seq ?? 0);
    return add(run, machine, cancelExternalCommand(run, cancel, annotations), id);
  }
  return false;
}

function cancelExternalCommand(
  run: RunState,
  cancel: NonNullable<Lang['requestCancelExternalWorkflowExecution']>,
  annotations: Annotations,
): Command {
  const target = cancel.workflowExecution;
  if (!target) throw fatal('Cancel external workflow command had no workflow_execution field');
  const attributes = {
    namespace: target.namespace ?? '',
    workflowId: target.workflowId ?? '',
    runId: target.runId ?? '',
    childWorkflowOnly: false,
    reason: `Cancel requested by workflow with run id ${run.identity.runId} with reason: ${cancel.reason ?? ''}`,
  };
  return to.cancelExternal(attributes, annotations);
}

function applyCancellation(run: RunState, command: Lang, annotations: Annotations): boolean {
  const { registry } = run;
  if (command.cancelTimer) {
    const machine = registry.find('Timer', command.cancelTimer.seq ?? 0, TimerMachine);
    machine.cancel(annotations, run.emitterFor(machine));
  } else if (command.requestCancelActivity) {
    const seq = command.requestCancelActivity.seq ?? 0;
    const machine = registry.find('Activity', seq, ActivityMachine);
    machine.cancel(annotations, run.emitterFor(machine));
  } else if (command.cancelChildWorkflowExecution) {
    const { childWorkflowSeq, reason } = command.cancelChildWorkflowExecution;
    const machine = registry.find('ChildWorkflowStart', childWorkflowSeq ?? 0, ChildWorkflowMachine);
    machine.cancel(reason ?? '', annotations, run.emitterFor(machine));
  } else if (command.cancelSignalWorkflow) {
    const seq = command.cancelSignalWorkflow.seq ?? 0;
    const machine = registry.find('SignalExternal', seq, SignalExternalMachine);
    machine.cancel(run.emitterFor(machine));
  } else {
    return false;
  }
  return true;
}

function applyBookkeeping(run: RunState, command: Lang, annotations: Annotations): boolean {
  const { setPatchMarker, updateResponse } = command;
  const upsert = command.upsertWorkflowSearchAttributes;
  const modify = command.modifyWorkflowProperties;
  if (setPatchMarker) return applyPatch(run, setPatchMarker, annotations);
  if (upsert) return applyUpsert(run, upsert, annotations);
  if (modify) {
    const machine = simple('ModifyWorkflowProperties', 'WorkflowPropertiesModified');
    return add(run, machine, to.modifyProperties(modify, annotations));
  }
  if (updateResponse) {
    const machine = run.registry.findUpdate(updateResponse.protocolInstanceId ?? '');
    machine.handleResponse(updateResponse, run.emitterFor(machine));
    return true;
  }
  return false;
}

function simple(command: string, event: string, label = `${command} machine`): SimpleMachine {
  return new SimpleMachine(`${command}Machine`, label, command, event);
}

function applyUpsert(
  run: RunState,
  upsert: NonNullable<Lang['upsertWorkflowSearchAttributes']>,
  annotations: Annotations,
): boolean {
  const fields = upsert.searchAttributes?.indexedFields ?? {};
  Object.assign(run.searchAttributes, fields);
  const hasFlag = run.flags.tryUse(CoreFlag.upsertOnPatch, !run.replaying);
  // The patches of a run are the core's to list. The command stays, so that old histories still match.
  const taken = hasFlag && VERSION_SEARCH_ATTRIBUTE in fields;
  const command = to.upsertSearchAttributes(taken ? {} : upsert, annotations);
  return add(run, upsertMachine(), command);
}

function upsertMachine(): Machine {
  return simple('UpsertWorkflowSearchAttributes', 'UpsertWorkflowSearchAttributes');
}

function applyPatch(
  run: RunState,
  { patchId, deprecated }: NonNullable<Lang['setPatchMarker']>,
  annotations: Annotations,
): boolean {
  const id = patchId ?? '';
  const known = run.patches.get(id);
  if (known === true) return true; // one marker for all calls
  const marker = { id, deprecated: deprecated ?? false };
  add(run, new PatchMachine(id), patchCommand(marker, annotations));
  const mayUpsert = run.flags.tryUse(CoreFlag.upsertOnPatch, !run.replaying);
  const wasRecorded = !run.replaying || known !== undefined;
  if (mayUpsert && wasRecorded) {
    const created = [...run.patches].filter(([, isCreated]) => isCreated).map(([name]) => name);
    const upsert = patchUpsertCommand([...created, id], annotations);
    if (upsert) add(run, upsertMachine(), upsert);
  }
  run.patches.set(id, true);
  return true;
}

function applyTerminal(run: RunState, command: Lang, annotations: Annotations): boolean {
  if (!isTerminal(command)) return false;
  run.finished = true;
  run.locals.isEnding = true;
  if (command.completeWorkflowExecution) {
    const machine = terminal('CompleteWorkflow', 'Complete', 'Completed');
    return add(run, machine, to.completeWorkflow(command.completeWorkflowExecution, annotations));
  }
  if (command.failWorkflowExecution) {
    const machine = terminal('FailWorkflow', 'Fail', 'Failed');
    return add(run, machine, to.failWorkflow(command.failWorkflowExecution, annotations));
  }
  if (command.cancelWorkflowExecution) {
    const machine = terminal('CancelWorkflow', 'Cancel', 'Canceled');
    return add(run, machine, to.cancelWorkflow(command.cancelWorkflowExecution, annotations));
  }
  const attributes = withCurrentValues(run, command.continueAsNewWorkflowExecution ?? {});
  const keeps = keepsBuildId(run, attributes.versioningIntent, attributes.taskQueue);
  const machine = new SimpleMachine(
    'ContinueAsNewWorkflowMachine',
    'Continue as new workflow machine',
    'ContinueAsNewWorkflowExecution',
    'WorkflowExecutionContinuedAsNew',
  );
  return add(run, machine, to.continueAsNew(attributes, keeps, annotations));
}

function terminal(name: string, verb: string, outcome: string): SimpleMachine {
  return new SimpleMachine(
    `${name}Machine`,
    `${verb} workflow machine`,
    `${verb}WorkflowExecution`,
    `WorkflowExecution${outcome}`,
  );
}

/** The new run inherits what the command does not say: memo, retry policy, search attributes. */
function withCurrentValues(
  run: RunState,
  attributes: NonNullable<Lang['continueAsNewWorkflowExecution']>,
): NonNullable<Lang['continueAsNewWorkflowExecution']> {
  const { started } = run;
  const current = { ...started?.searchAttributes?.indexedFields, ...run.searchAttributes };
  const hasMemo = Object.keys(attributes.memo ?? {}).length > 0;
  const hasCurrent = Object.keys(current).length > 0;
  return {
    ...attributes,
    memo: hasMemo ? (attributes.memo ?? {}) : (started?.memo?.fields ?? {}),
    retryPolicy: attributes.retryPolicy ?? started?.retryPolicy ?? null,
    searchAttributes: attributes.searchAttributes ?? (hasCurrent ? { indexedFields: current } : null),
  };
}
