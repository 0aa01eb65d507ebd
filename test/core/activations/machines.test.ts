import { describe, expect, it } from 'vitest';
import { MachineRegistry } from '../../../src/core/activations/machine-registry.ts';
import { ActivityMachine } from '../../../src/core/activations/machines/activity.ts';
import { TimerMachine } from '../../../src/core/activations/machines/timer.ts';
import { CommandType } from '../../../src/core/proto.ts';
import { History, type LangCommand, payload, replay } from './history.ts';

const start: LangCommand = { startTimer: { seq: 1, startToFireTimeout: {} } };
const activity = (cancellationType = 0): LangCommand => ({
  scheduleActivity: { seq: 1, activityId: 'a', activityType: 'Act', taskQueue: 'tq', cancellationType },
});
const child = (cancellationType = 0): LangCommand => ({
  startChildWorkflowExecution: { seq: 1, workflowId: 'c', workflowType: 'Child', cancellationType },
});
const scheduled = { activityId: 'a', activityType: { name: 'Act' } };
const initiated = { workflowId: 'c', workflowType: { name: 'Child' } };

/** Gives one list of commands to each activation in turn. */
const script =
  (...answers: LangCommand[][]) =>
  (_: unknown, count: number): LangCommand[] =>
    answers[count - 1] ?? [];

describe('timers', () => {
  const upToStarted = () => History.started().completed().add('TIMER_STARTED', { timerId: '1' });

  it('fire', () => {
    const history = upToStarted().after(5, 'TIMER_FIRED', { timerId: '1' }).task();
    const { jobs, activations } = replay(history, script([start]));
    expect(jobs).toEqual([['initializeWorkflow'], ['fireTimer']]);
    expect(activations.map((a) => a.isReplaying)).toEqual([true, false]);
    expect(activations.map((a) => a.historyLength)).toEqual([3, 8]);
  });

  it('must have the id that the code gave them', () => {
    const history = upToStarted().after(5, 'TIMER_FIRED', { timerId: '2' }).task();
    expect(() => replay(history, script([start]))).toThrow(
      '[TMPRL1100] Nondeterminism error: Timer fired event did not have expected timer id 1, it was 2!',
    );
  });

  it('are cancelled', () => {
    const history = upToStarted()
      .add('WORKFLOW_EXECUTION_SIGNALED', { signalName: 's' })
      .task()
      .completed()
      .after(5, 'TIMER_CANCELED', { timerId: '1' })
      .add('WORKFLOW_EXECUTION_COMPLETED');
    const { run } = replay(
      history,
      script([start], [{ cancelTimer: { seq: 1 } }, { cancelTimer: { seq: 1 } }, { completeWorkflowExecution: {} }]),
    );
    expect(run.sawFinalEvent).toBe(true);
  });

  it('leave nothing behind when cancelled before they were sent', () => {
    const { run } = replay(
      History.started(),
      script([start, { cancelTimer: { seq: 1 } }, { cancelTimer: { seq: 1 } }]),
    );
    expect(run.commandsToSend()).toEqual([]);
  });

  it('cannot be cancelled once the cancellation was sent', () => {
    const history = upToStarted()
      .add('WORKFLOW_EXECUTION_SIGNALED', { signalName: 's' })
      .task()
      .completed()
      .add('WORKFLOW_EXECUTION_SIGNALED', { signalName: 's' })
      .task();
    const cancel = { cancelTimer: { seq: 1 } };
    expect(() => replay(history, script([start], [cancel], [cancel]))).toThrow('Invalid transition in state machine');
  });

  it('that nobody started cannot be cancelled', () => {
    expect(() => replay(History.started(), script([{ cancelTimer: { seq: 9 } }]))).toThrow(
      'Missing associated machine for Timer(9)',
    );
  });
});

describe('activities', () => {
  const upToScheduled = (attributes: object = scheduled) =>
    History.started().completed().add('ACTIVITY_TASK_SCHEDULED', attributes);
  const cancelRequested = () =>
    upToScheduled()
      .add('WORKFLOW_EXECUTION_SIGNALED', { signalName: 's' })
      .task()
      .completed()
      .after(5, 'ACTIVITY_TASK_CANCEL_REQUESTED');
  const cancel: LangCommand = { requestCancelActivity: { seq: 1 } };

  it.each([
    ['ACTIVITY_TASK_COMPLETED', { result: { payloads: [payload('r')] } }, 'completed'],
    ['ACTIVITY_TASK_COMPLETED', {}, 'completed'],
    ['ACTIVITY_TASK_FAILED', { failure: { message: 'f' }, identity: 'i', retryState: 5 }, 'failed'],
    ['ACTIVITY_TASK_TIMED_OUT', { failure: { message: 't' } }, 'failed'],
  ] as const)('resolve with %s', (type, attributes, status) => {
    const history = upToScheduled().after(5, 'ACTIVITY_TASK_STARTED').after(5, type, attributes).task();
    const { activations } = replay(history, script([activity()]));
    expect(activations[1]?.jobs?.[0]?.resolveActivity?.result).toHaveProperty(status);
  });

  it('may time out before they start', () => {
    const history = upToScheduled().after(5, 'ACTIVITY_TASK_TIMED_OUT', {}).task();
    const { activations } = replay(history, script([activity()]));
    const failure = activations[1]?.jobs?.[0]?.resolveActivity?.result?.failed?.failure;
    expect(failure).toMatchObject({ message: 'Activity task timed out', activityFailureInfo: { activityId: 'a' } });
  });

  it('have one result', () => {
    const result = { payloads: [payload('1'), payload('2')] };
    const history = upToScheduled()
      .after(5, 'ACTIVITY_TASK_STARTED')
      .after(5, 'ACTIVITY_TASK_COMPLETED', { result })
      .task();
    expect(() => replay(history, script([activity()]))).toThrow('Not exactly one payload');
  });

  it('must be of the type and id that history has', () => {
    const otherType = upToScheduled({ ...scheduled, activityType: { name: 'Other' } }).task();
    expect(() => replay(otherType, script([activity()]))).toThrow("type of scheduled event 'Other' does not match");
    const otherId = upToScheduled({ ...scheduled, activityId: 'b' }).task();
    expect(() => replay(otherId, script([activity()]))).toThrow("id of scheduled event 'b' does not match");
  });

  it('are not compared with histories of cores that did not yet do so', () => {
    const history = History.started()
      .completed([])
      .add('ACTIVITY_TASK_SCHEDULED', { ...scheduled, activityId: 'b' });
    history.add('WORKFLOW_EXECUTION_SIGNALED', {}).task().completed([]).add('WORKFLOW_EXECUTION_COMPLETED');
    expect(() => replay(history, script([activity()], [{ completeWorkflowExecution: {} }]))).not.toThrow();
  });

  it('do not take the place of a timer', () => {
    expect(() => replay(upToScheduled().task(), script([start]))).toThrow(
      'Timer machine does not handle this event: HistoryEvent(id: 5, ActivityTaskScheduled)',
    );
    expect(() => replay(upToScheduled().task(), script([]))).toThrow(
      'No command scheduled for event HistoryEvent(id: 5, ActivityTaskScheduled)',
    );
  });

  it('resolve at once when cancelled, or when the server says so', () => {
    const tryCancel = replay(cancelRequested().task(), script([activity(0)], [cancel]));
    expect(tryCancel.jobs).toEqual([['initializeWorkflow'], ['signalWorkflow'], ['resolveActivity']]);
    const waiting = cancelRequested().after(5, 'ACTIVITY_TASK_CANCELED', { details: {} }).task();
    const wait = replay(waiting, script([activity(1)], [cancel]));
    expect(wait.activations[2]?.jobs?.[0]?.resolveActivity?.result?.cancelled?.failure).toMatchObject({
      message: 'Activity cancelled',
    });
    const abandoned = upToScheduled().add('WORKFLOW_EXECUTION_SIGNALED', {}).task().completed();
    abandoned.after(5, 'ACTIVITY_TASK_STARTED').after(5, 'ACTIVITY_TASK_COMPLETED').task();
    expect(replay(abandoned, script([activity(2)], [cancel, cancel])).jobs).toHaveLength(3);
  });

  it.each([
    ['ACTIVITY_TASK_COMPLETED', 'completed'],
    ['ACTIVITY_TASK_FAILED', 'failed'],
    ['ACTIVITY_TASK_TIMED_OUT', 'failed'],
    ['ACTIVITY_TASK_CANCELED', 'cancelled'],
  ] as const)('may end with %s although cancelled', (type, status) => {
    const history = () => cancelRequested().after(5, 'ACTIVITY_TASK_STARTED').after(5, type, {}).task();
    const waiting = replay(history(), script([activity(1)], [cancel]));
    expect(waiting.activations[2]?.jobs?.[0]?.resolveActivity?.result).toHaveProperty(status);
    const trying = replay(history(), script([activity(0)], [cancel]));
    expect(trying.jobs.filter((jobs) => jobs.includes('resolveActivity'))).toHaveLength(1);
  });

  it('leave nothing behind when cancelled before they were sent', () => {
    const { run, jobs } = replay(History.started(), script([activity(), cancel]));
    expect(run.commandsToSend()).toEqual([]);
    expect(jobs).toEqual([['initializeWorkflow'], ['resolveActivity']]);
  });

  it('are cancelled once', () => {
    const history = upToScheduled().add('WORKFLOW_EXECUTION_SIGNALED', {}).task();
    expect(() => replay(history, script([activity()], [cancel, cancel]))).toThrow('Invalid transition');
  });

  it('that were cancelled cannot start', () => {
    const history = upToScheduled().after(5, 'ACTIVITY_TASK_STARTED');
    history.after(5, 'ACTIVITY_TASK_STARTED').task();
    expect(() => replay(history, script([activity()]))).toThrow(
      'ActivityMachine in state Started says the transition is invalid during event EventInfo { event_id: 7, event_type: ActivityTaskStarted }',
    );
    const cancelled = cancelRequested().after(5, 'ACTIVITY_TASK_CANCELED').after(5, 'ACTIVITY_TASK_STARTED').task();
    expect(() => replay(cancelled, script([activity()], [cancel]))).toThrow('Non-Abandon cancel mode');
    const late = cancelRequested().after(5, 'ACTIVITY_TASK_CANCELED').after(5, 'ACTIVITY_TASK_COMPLETED').task();
    expect(() => replay(late, script([activity()], [cancel]))).toThrow('cannot be completed');
  });

  it('keep what the code attached to them for their cancellation', () => {
    const history = upToScheduled().add('WORKFLOW_EXECUTION_SIGNALED', {}).task();
    const summary = payload('s');
    const { run } = replay(
      history,
      script(
        [{ ...activity(), userMetadata: { summary } }],
        [{ ...cancel, userMetadata: { details: payload('d') }, eventGroupMarkers: [{}] }],
      ),
    );
    expect(run.commandsToSend()[0]).toMatchObject({ userMetadata: { summary, details: payload('d') } });
  });
});

describe('children', () => {
  const upToInitiated = (attributes: object = initiated) =>
    History.started().completed().add('START_CHILD_WORKFLOW_EXECUTION_INITIATED', attributes);
  const upToStarted = () =>
    upToInitiated().after(5, 'CHILD_WORKFLOW_EXECUTION_STARTED', { workflowExecution: { runId: 'cr' } });
  const cancel: LangCommand = { cancelChildWorkflowExecution: { childWorkflowSeq: 1, reason: 'why' } };

  it.each([
    ['CHILD_WORKFLOW_EXECUTION_COMPLETED', { result: { payloads: [payload('r')] } }, 'completed'],
    ['CHILD_WORKFLOW_EXECUTION_FAILED', { failure: { message: 'f' }, retryState: 4 }, 'failed'],
    ['CHILD_WORKFLOW_EXECUTION_TIMED_OUT', {}, 'failed'],
    ['CHILD_WORKFLOW_EXECUTION_TERMINATED', {}, 'failed'],
    ['CHILD_WORKFLOW_EXECUTION_CANCELED', {}, 'cancelled'],
  ] as const)('resolve with %s', (type, attributes, status) => {
    const { activations } = replay(upToStarted().after(5, type, attributes).task(), script([child()]));
    const jobs = activations[1]?.jobs ?? [];
    expect(jobs[0]?.resolveChildWorkflowExecutionStart?.succeeded).toEqual({ runId: 'cr' });
    expect(jobs[1]?.resolveChildWorkflowExecution?.result).toHaveProperty(status);
  });

  it('may fail to start', () => {
    const history = upToInitiated().after(5, 'START_CHILD_WORKFLOW_EXECUTION_FAILED', { cause: 1 }).task();
    const { activations } = replay(history, script([child()], [cancel]));
    expect(activations[1]?.jobs?.[0]?.resolveChildWorkflowExecutionStart?.failed).toMatchObject({ cause: 1 });
  });

  it('must be of the type and id that history has', () => {
    const otherId = upToInitiated({ ...initiated, workflowId: 'd' }).task();
    expect(() => replay(otherId, script([child()]))).toThrow("id of scheduled event 'd' does not match");
    const otherType = upToInitiated({ ...initiated, workflowType: { name: 'O' } }).task();
    expect(() => replay(otherType, script([child()]))).toThrow("type of scheduled event 'O' does not match");
  });

  it('leave nothing behind when cancelled before they were sent', () => {
    const { run, activations } = replay(History.started(), script([child(), cancel]));
    expect(run.commandsToSend()).toEqual([]);
    expect(activations[1]?.jobs?.[0]?.resolveChildWorkflowExecutionStart?.cancelled?.failure?.message).toBe(
      'Child Workflow Execution cancelled before scheduled: why',
    );
  });

  it.each([
    ['abandoned', 0, 0, true],
    ['asked to cancel', 1, 1, true],
    ['waited for', 2, 1, false],
  ])('that are %s resolve accordingly', (_, type, commands, atOnce) => {
    const history = upToStarted().add('WORKFLOW_EXECUTION_SIGNALED', {}).task();
    const { run, jobs } = replay(history, script([child(type)], [cancel]));
    expect(run.commandsToSend()).toHaveLength(commands);
    expect(jobs.at(-1)?.includes('resolveChildWorkflowExecution')).toBe(atOnce);
  });

  it('may end in any way after their cancellation has resolved them', () => {
    const requested = () =>
      upToStarted()
        .add('WORKFLOW_EXECUTION_SIGNALED', {})
        .task()
        .completed()
        .add('REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED');
    const done = requested().after(11, 'EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED');
    done.after(5, 'CHILD_WORKFLOW_EXECUTION_COMPLETED').task();
    expect(replay(done, script([child(1)], [cancel])).jobs).toHaveLength(3);

    const twice = requested().after(5, 'CHILD_WORKFLOW_EXECUTION_CANCELED');
    twice.after(5, 'CHILD_WORKFLOW_EXECUTION_CANCELED').task();
    expect(() => replay(twice, script([child(1)], [cancel]))).toThrow('cancelled twice');

    const late = requested().after(5, 'CHILD_WORKFLOW_EXECUTION_CANCELED');
    late.after(5, 'CHILD_WORKFLOW_EXECUTION_COMPLETED').task();
    expect(() => replay(late, script([child(2)], [cancel]))).toThrow('cannot complete after being cancelled');
  });

  it('have no cancellation that is not about them', () => {
    expect(() => replay(History.started(), script([start, { cancelSignalWorkflow: { seq: 1 } }]))).toThrow(
      'Missing associated machine for SignalExternal(1)',
    );
  });
});

describe('other workflows', () => {
  const signal: LangCommand = {
    signalExternalWorkflowExecution: {
      seq: 1,
      signalName: 's',
      workflowExecution: { workflowId: 'o' },
      headers: { h: {} },
    },
  };
  const cancel: LangCommand = {
    requestCancelExternalWorkflowExecution: { seq: 1, workflowExecution: { workflowId: 'o' }, reason: 'r' },
  };
  const unsend: LangCommand = { cancelSignalWorkflow: { seq: 1 } };
  const signalled = () => History.started().completed().add('SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED');
  const requested = () => History.started().completed().add('REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED');

  it('are signalled', () => {
    const history = signalled().after(5, 'EXTERNAL_WORKFLOW_EXECUTION_SIGNALED').task();
    const { activations } = replay(history, script([signal], [unsend]));
    expect(activations[1]?.jobs?.[0]?.resolveSignalExternalWorkflow).toEqual({ seq: 1 });
  });

  it.each([
    [0, 'unknown'],
    [1, 'it was not found'],
    [3, 'The per-workflow signal limit was exceeded'],
  ])('may be out of reach: cause %i', (cause, reason) => {
    const history = signalled().after(5, 'SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_FAILED', { cause }).task();
    const { activations } = replay(history, script([signal]));
    expect(activations[1]?.jobs?.[0]?.resolveSignalExternalWorkflow?.failure?.message).toBe(
      `Unable to signal external workflow because ${reason}`,
    );
  });

  it('do not hear of a signal that was taken back in time', () => {
    const { run, activations } = replay(History.started(), script([signal, unsend]));
    expect(run.commandsToSend()).toEqual([]);
    expect(activations[1]?.jobs?.[0]?.resolveSignalExternalWorkflow?.failure).toHaveProperty('canceledFailureInfo');
    const toChild = { signalExternalWorkflowExecution: { seq: 2, childWorkflowId: 'c' } };
    expect(replay(History.started(), script([toChild])).run.commandsToSend()[0]).toMatchObject({
      signalExternalWorkflowExecutionCommandAttributes: { childWorkflowOnly: true, namespace: 'default' },
    });
  });

  it('are cancelled', () => {
    const history = requested().after(5, 'EXTERNAL_WORKFLOW_EXECUTION_CANCEL_REQUESTED').task();
    const { activations } = replay(history, script([cancel]));
    expect(activations[1]?.jobs?.[0]?.resolveRequestCancelExternalWorkflow).toEqual({ seq: 1 });
    const failed = requested().after(5, 'REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION_FAILED', { cause: 1 }).task();
    const { activations: others } = replay(failed, script([cancel]));
    expect(others[1]?.jobs?.[0]?.resolveRequestCancelExternalWorkflow?.failure?.message).toContain('not found');
  });

  it('must be named', () => {
    const nobody = { requestCancelExternalWorkflowExecution: { seq: 1 } };
    expect(() => replay(History.started(), script([nobody]))).toThrow('no workflow_execution field');
  });
});

describe('any machine', () => {
  it('takes only commands that it knows, in a state that allows them', () => {
    const machine = new TimerMachine({ seq: 1 }, {});
    const command = { commandType: CommandType.COMMAND_TYPE_RECORD_MARKER };
    expect(() => machine.handleCommand(command)).toThrow('Unexpected command RecordMarker generated by');
    const cancel = { commandType: CommandType.COMMAND_TYPE_CANCEL_TIMER };
    expect(() => machine.handleCommand(cancel)).toThrow('invalid transition CancelTimer in state StartCommandCreated');
  });

  it('is found under its own kind only', () => {
    const registry = new MachineRegistry();
    registry.name('Timer', 1, new TimerMachine({ seq: 1 }, {}));
    expect(() => registry.find('Timer', 1, ActivityMachine)).toThrow('Machine was not a ActivityMachine');
  });
});
