import proto from '@temporalio/proto';
import { beforeEach, describe, expect, test } from 'vitest';
import { applyAnswer, isDroppedWhenRefused, refuseAnswer } from '../../../src/core/decisions/answer.ts';
import { eventTypeName } from '../../../src/core/history/event-type.ts';
import { validateHistory } from '../../../src/core/history/validate.ts';
import { CommandType, toDuration, toLong, WorkflowTaskFailedCause } from '../../../src/core/proto.ts';
import type { Command, ProtocolMessage } from '../../../src/core/proto.ts';
import { completeActivity, failActivity, startActivity } from '../../../src/core/run/activity.ts';
import { terminateRun } from '../../../src/core/run/close.ts';
import type { RunDraft } from '../../../src/core/run/draft.ts';
import { applyDue } from '../../../src/core/run/due.ts';
import { WorkflowTaskRefused } from '../../../src/core/run/refused.ts';
import { requestCancelRun, signalRun } from '../../../src/core/run/signal.ts';
import {
  failWorkflowTask,
  scheduleWorkflowTask,
  startWorkflowTask,
  taskTimeout,
} from '../../../src/core/run/workflow-task.ts';
import { Simulation } from '../run/simulation.ts';

const taker = { identity: 'worker', buildId: '', requestId: 'taken' };
const timer = (timerId: string, ms = 100): Command => ({
  commandType: CommandType.COMMAND_TYPE_START_TIMER,
  startTimerCommandAttributes: { timerId, startToFireTimeout: toDuration(ms) },
});
const cancelTimer = (timerId: string): Command => ({
  commandType: CommandType.COMMAND_TYPE_CANCEL_TIMER,
  cancelTimerCommandAttributes: { timerId },
});
const activity = (activityId: string, more: object = {}): Command => ({
  commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
  scheduleActivityTaskCommandAttributes: {
    activityId,
    activityType: { name: 'act' },
    startToCloseTimeout: toDuration(1000),
    ...more,
  },
});
const cancelActivity = (id: number): Command => ({
  commandType: CommandType.COMMAND_TYPE_REQUEST_CANCEL_ACTIVITY_TASK,
  requestCancelActivityTaskCommandAttributes: { scheduledEventId: toLong(id) },
});
const builder = 'invalid history builder state for action:';
const complete: Command = { commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION };

describe('an answer', () => {
  let run: Simulation;
  beforeEach(() => {
    run = new Simulation();
  });

  const start = (): void => void run.change((draft) => startWorkflowTask(draft, taker));
  const wake = (): void => run.change((draft) => signalRun(draft, { signalName: 's' }, ''));
  const answer = (commands: Command[], messages: ProtocolMessage[] = []): ReturnType<typeof applyAnswer> =>
    run.change((draft) => applyAnswer(draft, { commands, messages }, { newId: run.newId, updateRequests: new Map() }));
  const turn = (...commands: Command[]): ReturnType<typeof applyAnswer> => {
    if (run.record.workflowTask === undefined) wake();
    start();
    return answer(commands);
  };
  const types = (from: number): string[] => run.history.slice(from).map((event) => eventTypeName(event));
  const refused = (body: () => unknown): WorkflowTaskRefused => {
    try {
      body();
    } catch (error) {
      if (error instanceof WorkflowTaskRefused) return error;
      throw error;
    }
    throw new Error('it was accepted');
  };

  test.each<[string, Command, string]>([
    [
      'SCHEDULE_ACTIVITY_ATTRIBUTES',
      activity(''),
      'ActivityId is not set on ScheduleActivityTaskCommand. ActivityType=act',
    ],
    [
      'SCHEDULE_ACTIVITY_ATTRIBUTES',
      activity('a', { activityType: null }),
      'ActivityType is not set on ScheduleActivityTaskCommand. ActivityID=a',
    ],
    [
      'SCHEDULE_ACTIVITY_ATTRIBUTES',
      activity('a', { startToCloseTimeout: null }),
      'A valid StartToClose or ScheduleToCloseTimeout is not set on ScheduleActivityTaskCommand. ActivityId=a ActivityType=act',
    ],
    [
      'SCHEDULE_ACTIVITY_ATTRIBUTES',
      activity('a', { retryPolicy: { backoffCoefficient: 0.1 } }),
      'invalid ActivityRetryPolicy on SechduleActivityTaskCommand: BackoffCoefficient cannot be less than 1 on retry policy.. ActivityId=a ActivityType=act',
    ],
    [
      'REQUEST_CANCEL_ACTIVITY_ATTRIBUTES',
      cancelActivity(0),
      'ScheduledEventId is not set on RequestCancelActivityTaskCommand.',
    ],
    ['REQUEST_CANCEL_ACTIVITY_ATTRIBUTES', cancelActivity(77), 'ScheduledEventID: 77'],
    ['START_TIMER_ATTRIBUTES', timer(''), 'TimerId is not set on StartTimerCommand.'],
    [
      'START_TIMER_ATTRIBUTES',
      timer('t', -1),
      'An invalid StartToFireTimeout is set on StartTimerCommand: negative duration. TimerId=t',
    ],
    ['CANCEL_TIMER_ATTRIBUTES', cancelTimer(''), 'TimerId is not set on CancelTimerCommand.'],
    ['CANCEL_TIMER_ATTRIBUTES', cancelTimer('t'), `${builder} add-timer-canceled-event, TimerID: t`],
    [
      'RECORD_MARKER_ATTRIBUTES',
      { commandType: CommandType.COMMAND_TYPE_RECORD_MARKER },
      'MarkerName is not set on RecordMarkerCommand.',
    ],
    [
      'FAIL_WORKFLOW_EXECUTION_ATTRIBUTES',
      { commandType: CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION },
      'Failure is not set on FailWorkflowExecutionCommand.',
    ],
    ['SCHEDULE_ACTIVITY_ATTRIBUTES', activity('a', { priority: { priorityKey: -1 } }), "PriorityKey can't be negative"],
    [
      'START_CHILD_EXECUTION_ATTRIBUTES',
      {
        commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
        startChildWorkflowExecutionCommandAttributes: {
          workflowId: 'c',
          workflowType: { name: 'child' },
          priority: { fairnessKey: 'x'.repeat(65) },
        },
      },
      'FairnessKey length exceeds limit',
    ],
    [
      'START_CHILD_EXECUTION_ATTRIBUTES',
      { commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION },
      'Required field WorkflowId is not set on StartChildWorkflowExecutionCommand. WorkflowType= Namespace=default',
    ],
    [
      'START_CHILD_EXECUTION_ATTRIBUTES',
      {
        commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
        startChildWorkflowExecutionCommandAttributes: { workflowId: 'c' },
      },
      'Required field WorkflowType is not set on StartChildWorkflowExecutionCommand. WorkflowId=c Namespace=default',
    ],
    [
      'START_CHILD_EXECUTION_ATTRIBUTES',
      {
        commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
        startChildWorkflowExecutionCommandAttributes: {
          workflowId: 'c',
          workflowType: { name: 't' },
          retryPolicy: { maximumAttempts: -1 },
        },
      },
      'invalid WorkflowRetryPolicy on StartChildWorkflowExecutionCommand: MaximumAttempts cannot be negative on retry policy.',
    ],
    [
      'START_CHILD_EXECUTION_ATTRIBUTES',
      {
        commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
        startChildWorkflowExecutionCommandAttributes: {
          workflowId: 'c',
          workflowType: { name: 't' },
          cronSchedule: 'often',
        },
      },
      'invalid CronSchedule on StartChildWorkflowExecutionCommand: invalid CronSchedule.. WorkflowId=c WorkflowType=t Namespace=default',
    ],
    [
      'SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
      { commandType: CommandType.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION },
      'WorkflowId is not set on SignalExternalWorkflowExecutionCommand. Namespace= RunId= SignalName=',
    ],
    [
      'SIGNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
      {
        commandType: CommandType.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
        signalExternalWorkflowExecutionCommandAttributes: { execution: { workflowId: 'o' } },
      },
      'SignalName is not set on SignalExternalWorkflowExecutionCommand. WorkflowId=o Namespace= RunId=',
    ],
    [
      'REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_ATTRIBUTES',
      { commandType: CommandType.COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION },
      'WorkflowId is not set on RequestCancelExternalWorkflowExecutionCommand. Namespace= RunId=',
    ],
    [
      'UPDATE_WORKFLOW_EXECUTION_MESSAGE',
      { commandType: CommandType.COMMAND_TYPE_PROTOCOL_MESSAGE },
      'ProtocolMessageCommand referenced absent message ID ',
    ],
  ])('is refused: BAD_%s (%#)', (cause, command, message) => {
    const before = run.history.length;
    const error = refused(() => turn(command));
    expect(WorkflowTaskFailedCause[error.failedCause]).toBe(`WORKFLOW_TASK_FAILED_CAUSE_BAD_${cause}`);
    expect(error.message.replace(/^Bad\w+: /, '')).toBe(message);
    run.change((draft) => refuseAnswer(draft, error, 'worker'));
    expect(types(before)).toEqual(['WorkflowTaskStarted', 'WorkflowTaskFailed']);
    expect(run.record.workflowTask).toMatchObject({ kind: 'transient', attempt: 2 });
    expect(validateHistory(run.history)).toEqual([]);
  });

  test('with an unknown command is refused by its name', () => {
    const nexus = { commandType: CommandType.COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION };
    expect(refused(() => turn(nexus)).message).toContain('COMMAND_TYPE_SCHEDULE_NEXUS_OPERATION');
    expect(refused(() => answer([{ commandType: 99 as never }])).message).toContain('99');
  });

  test.each(['Something', 'Response', 'Acceptance'])('with a wrong message about an update (%s) is refused', (type) => {
    const value = proto.temporal.api.update.v1.Response.encode({}).finish();
    const message = {
      id: 'm',
      protocolInstanceId: 'u',
      body: { type_url: `type.googleapis.com/temporal.api.update.v1.${type}`, value },
    };
    start();
    const messages = type === 'Acceptance' ? [message, { ...message, id: 'n' }] : [message];
    expect(refused(() => answer([], messages)).failedCause).toBe(
      WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_BAD_UPDATE_WORKFLOW_EXECUTION_MESSAGE,
    );
  });

  test('with ids that are in use is refused', () => {
    turn(timer('t', 10_000), activity('a'));
    const timerId = `StartTimerDuplicateId: ${builder} add-timer-started-event, TimerID: t`;
    expect(refused(() => turn(timer('t'))).message).toBe(timerId);
    const activityId = `ScheduleActivityDuplicateId: ${builder} add-activitytask-scheduled-event, ActivityID: a`;
    expect(refused(() => answer([activity('a')])).message).toBe(activityId);
  });

  test('that is refused again is dropped, so that it times out', () => {
    const bad = (): WorkflowTaskRefused => refused(() => turn(cancelTimer('t')));
    const first = bad();
    expect(isDroppedWhenRefused(run.draft(), first)).toBe(false);
    run.change((draft) => refuseAnswer(draft, first, 'worker'));
    expect(isDroppedWhenRefused(run.draft(), bad())).toBe(true);
  });

  test('that cancels a timer whose fire waits in the inbox takes the fire away', () => {
    turn(timer('t'), timer('u'));
    wake();
    start();
    run.now += 200;
    run.change((draft) => applyDue(draft, run.newId));
    expect(run.record.buffered).toHaveLength(2);
    const before = run.history.length;
    answer([cancelTimer('t')]);
    expect(types(before)).toEqual(['WorkflowTaskCompleted', 'TimerCanceled', 'TimerFired', 'WorkflowTaskScheduled']);
    expect(validateHistory(run.history)).toEqual([]);
  });

  test('may close the run when it cancels all that waits unseen', () => {
    turn(timer('t'));
    wake();
    start();
    run.now += 200;
    run.change((draft) => applyDue(draft, run.newId));
    answer([cancelTimer('t'), complete]);
    expect(types(run.history.length - 2)).toEqual(['TimerCanceled', 'WorkflowExecutionCompleted']);
  });

  test('that closes the run while a signal waits unseen is refused', () => {
    start();
    wake();
    const error = refused(() => answer([complete]));
    expect(error.failedCause).toBe(WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND);
    expect(isDroppedWhenRefused(run.draft(), error)).toBe(false);
    run.change((draft) => refuseAnswer(draft, error, 'worker'));
    expect(types(3)).toEqual(['WorkflowTaskFailed', 'WorkflowExecutionSignaled', 'WorkflowTaskScheduled']);
  });

  test('after the first closing command nothing counts', () => {
    turn(complete, timer('t'));
    expect(types(run.history.length - 1)).toEqual(['WorkflowExecutionCompleted']);
    expect(run.record.timers.size).toBe(0);
  });

  test('cancels an activity that nobody took at once, and the workflow sees it', () => {
    turn(activity('a'));
    const [id = 0] = run.record.activities.keys();
    const before = run.history.length + 3;
    turn(cancelActivity(id));
    expect(types(before)).toEqual([
      'WorkflowTaskCompleted',
      'ActivityTaskCancelRequested',
      'ActivityTaskCanceled',
      'WorkflowTaskScheduled',
    ]);
    expect(validateHistory(run.history)).toEqual([]);
  });

  test('may ask once to cancel an activity that runs; the activity is not tried again', () => {
    turn(activity('a', { retryPolicy: {} }));
    const [id = 0] = run.record.activities.keys();
    const pending = (draft: RunDraft) =>
      draft.record.activities.get(id) as NonNullable<ReturnType<typeof draft.record.activities.get>>;
    run.change((draft) => startActivity(draft, pending(draft), taker));
    turn(cancelActivity(id));
    expect(refused(() => turn(cancelActivity(id))).message).toBe(
      `BadRequestCancelActivityAttributes: ScheduledEventID: ${id}`,
    );
    answer([]);
    expect(run.change((draft) => failActivity(draft, pending(draft), {}, taker))).toBe(false);
    expect(run.record.activities.size).toBe(0);
  });

  test('may cancel an activity whose end waits unseen', () => {
    turn(activity('a'));
    const [id = 0] = run.record.activities.keys();
    run.change((draft) => {
      const pending = draft.record.activities.get(id);
      if (pending) startActivity(draft, pending, taker);
    });
    wake();
    start();
    run.change((draft) => {
      const pending = draft.record.activities.get(id);
      if (pending) completeActivity(draft, pending, undefined, taker);
    });
    const before = run.history.length;
    answer([cancelActivity(id)]);
    expect(types(before)).toEqual([
      'WorkflowTaskCompleted',
      'ActivityTaskCancelRequested',
      'ActivityTaskStarted',
      'ActivityTaskCompleted',
      'WorkflowTaskScheduled',
    ]);
    expect(validateHistory(run.history)).toEqual([]);
  });
});

describe('a workflow task', () => {
  const started = (kind: 'transient' | 'speculative'): Simulation => {
    const run = new Simulation();
    if (kind === 'transient') {
      run.change((draft) => startWorkflowTask(draft, taker));
      run.change((draft) => {
        failWorkflowTask(draft, 1, undefined, '');
        scheduleWorkflowTask(draft);
      });
    } else {
      run.change((draft) => startWorkflowTask(draft, taker));
      run.change((draft) => applyAnswer(draft, {}, { newId: run.newId, updateRequests: new Map() }));
      run.change((draft) => scheduleWorkflowTask(draft, 'speculative'));
    }
    run.change((draft) => startWorkflowTask(draft, taker));
    expect(run.record.workflowTask?.kind).toBe(kind);
    return run;
  };

  test.each([
    ['transient', ['WorkflowExecutionSignaled', 'WorkflowExecutionTerminated']],
    [
      'speculative',
      [
        'WorkflowTaskScheduled',
        'WorkflowTaskStarted',
        'WorkflowTaskFailed',
        'WorkflowExecutionSignaled',
        'WorkflowExecutionTerminated',
      ],
    ],
  ] as const)('that is %s and out when the run is terminated', (kind, expected) => {
    const run = started(kind);
    run.change((draft) => signalRun(draft, { signalName: 's' }, ''));
    const before = run.history.length;
    run.change((draft) => terminateRun(draft, '', undefined, ''));
    expect(run.history.slice(before).map((event) => eventTypeName(event))).toEqual(expected);
    expect(validateHistory(run.history)).toEqual([]);
  });

  test('that is out when the run runs out of time fails first', () => {
    const run = new Simulation({ workflowRunTimeout: toDuration(1000), workflowTaskTimeout: toDuration(1000) });
    run.change((draft) => startWorkflowTask(draft, taker));
    run.now += 1000;
    run.change((draft) => applyDue(draft, run.newId));
    expect(run.history.slice(2).map((event) => eventTypeName(event))).toEqual([
      'WorkflowTaskStarted',
      'WorkflowTaskFailed',
      'WorkflowExecutionTimedOut',
    ]);
    expect(validateHistory(run.history)).toEqual([]);
  });

  test('is scheduled by a cancel request, but not by a signal, while the start is delayed', () => {
    const run = new Simulation({ firstWorkflowTaskBackoff: toDuration(5000) });
    run.change((draft) => signalRun(draft, { signalName: 's' }, ''));
    expect(run.record.workflowTask).toBeUndefined();
    run.change((draft) => requestCancelRun(draft, {}));
    expect(run.record.workflowTask).toBeDefined();
  });

  test('gets more time when it keeps failing, up to ten minutes', () => {
    expect([1, 10, 11, 13, 30].map((attempt) => taskTimeout(10_000, attempt))).toEqual([
      10_000, 10_000, 20_000, 80_000, 600_000,
    ]);
  });
});
