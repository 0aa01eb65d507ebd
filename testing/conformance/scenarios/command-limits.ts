import assert from 'node:assert/strict';
import type { temporal } from '@temporalio/proto';
import { CommandType } from '../../../src/core/proto.ts';
import { duration, memo, payloads, startByHand } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { answerTask, takeTask } from '../tasks.ts';

type Command = temporal.api.command.v1.ICommand;

const text = 'x'.repeat(2 * 1024 * 1024 + 1);
const long = 'x'.repeat(1001);
const seconds = duration(5);

function activity(t: ScenarioContext, attributes: object = {}): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK,
    scheduleActivityTaskCommandAttributes: {
      activityId: '1',
      activityType: { name: 'any' },
      taskQueue: { name: t.taskQueue },
      startToCloseTimeout: seconds,
      ...attributes,
    },
  };
}

function child(attributes: object = {}): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_START_CHILD_WORKFLOW_EXECUTION,
    startChildWorkflowExecutionCommandAttributes: { workflowId: 'child', workflowType: { name: 'any' }, ...attributes },
  };
}

function signal(attributes: object = {}): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION,
    signalExternalWorkflowExecutionCommandAttributes: {
      execution: { workflowId: 'absent' },
      signalName: 'any',
      ...attributes,
    },
  };
}

function cancelExternal(attributes: object = {}): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_REQUEST_CANCEL_EXTERNAL_WORKFLOW_EXECUTION,
    requestCancelExternalWorkflowExecutionCommandAttributes: { workflowId: 'absent', ...attributes },
  };
}

function marker(attributes: object = {}): Command {
  return {
    commandType: CommandType.COMMAND_TYPE_RECORD_MARKER,
    recordMarkerCommandAttributes: { markerName: 'm', ...attributes },
  };
}

const large = (what: string): string => `TERMINATED, INVALID_ARGUMENT: ${what} exceeds size limit.`;
const wrong = (what: string): string => `RUNNING, INVALID_ARGUMENT: ${what}`;

interface Outcome {
  readonly refusal: string | undefined;
  readonly status: string;
}

/** A run whose first task is answered with these commands. */
async function answerWith(t: ScenarioContext, commands: Command[]): Promise<Outcome & { workflowId: string }> {
  const workflowId = t.workflowId();
  // A queue of its own, in which no earlier run has left anything.
  await startByHand(t, { workflowId, taskQueue: { name: workflowId }, workflowTaskTimeout: duration(60) });
  const refusal = await answerTask(t, await takeTask(t, workflowId), { commands });
  const { status } = await t.client.workflow.getHandle(workflowId).describe();
  return { workflowId, refusal: refusal && `${refusal.code}: ${refusal.details}`, status: status.name };
}

/** What becomes of runs one after another, each of whose first task is answered with one command. */
async function refusals(t: ScenarioContext, commands: Record<string, Command>): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const [name, command] of Object.entries(commands)) {
    const { refusal, status, workflowId } = await answerWith(t, [command]);
    const told = refusal?.replaceAll(long, '<long>').replaceAll(`Namespace=${t.namespace}`, 'Namespace=<own>');
    found[name] = `${status}, ${told}`;
    if (status === 'RUNNING') await t.client.workflow.getHandle(workflowId).terminate();
  }
  return found;
}

const oneTask = { noReplay: { reason: 'no workflow has said so' } } as const;

/** What commands of workers may say, and how much. */
export const commandLimits: readonly Scenario[] = topic('command-limits', [
  scenario(
    'a command with more than 2 MB ends its run',
    async (t) => {
      const input = payloads(text);
      const failure = { message: 'm', applicationFailureInfo: { type: 'T', details: input } };
      assert.deepEqual(
        await refusals(t, {
          activity: activity(t, { input }),
          complete: {
            commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
            completeWorkflowExecutionCommandAttributes: { result: input },
          },
          fail: {
            commandType: CommandType.COMMAND_TYPE_FAIL_WORKFLOW_EXECUTION,
            failWorkflowExecutionCommandAttributes: { failure },
          },
          continue: {
            commandType: CommandType.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
            continueAsNewWorkflowExecutionCommandAttributes: { input },
          },
          child: child({ input }),
          childMemo: child({ memo: memo({ text }) }),
          signal: signal({ input }),
          marker: marker({ details: { d: input } }),
          memo: {
            commandType: CommandType.COMMAND_TYPE_MODIFY_WORKFLOW_PROPERTIES,
            modifyWorkflowPropertiesCommandAttributes: { upsertedMemo: memo({ text }) },
          },
        }),
        {
          activity: large('BadScheduleActivityAttributes: ScheduleActivityTaskCommandAttributes.Input'),
          complete: large('BadScheduleActivityAttributes: CompleteWorkflowExecutionCommandAttributes.Result'),
          fail: large('BadFailWorkflowExecutionAttributes: FailWorkflowExecutionCommandAttributes.Failure'),
          continue: large('BadContinueAsNewAttributes: ContinueAsNewWorkflowExecutionCommandAttributes. Input'),
          child: large('BadStartChildExecutionAttributes: StartChildWorkflowExecutionCommandAttributes. Input'),
          childMemo: large('BadStartChildExecutionAttributes: StartChildWorkflowExecutionCommandAttributes.Memo'),
          signal: large('BadSignalWorkflowExecutionAttributes: SignalExternalWorkflowExecutionCommandAttributes.Input'),
          marker: large('BadRecordMarkerAttributes: RecordMarkerCommandAttributes.Details'),
          memo: large('BadModifyWorkflowPropertiesAttributes: ModifyWorkflowPropertiesCommandAttributes'),
        },
      );
    },
    oneTask,
  ),
  scenario(
    'ids and names of commands are at most 1,000 bytes long',
    async (t) => {
      assert.deepEqual(
        await refusals(t, {
          activityId: activity(t, { activityId: long }),
          activityType: activity(t, { activityType: { name: long } }),
          timer: {
            commandType: CommandType.COMMAND_TYPE_START_TIMER,
            startTimerCommandAttributes: { timerId: long, startToFireTimeout: seconds },
          },
          cancelTimer: {
            commandType: CommandType.COMMAND_TYPE_CANCEL_TIMER,
            cancelTimerCommandAttributes: { timerId: long },
          },
          marker: marker({ markerName: long }),
          childId: child({ workflowId: long }),
          childType: child({ workflowType: { name: long } }),
          signal: signal({ execution: { workflowId: long } }),
          cancel: cancelExternal({ workflowId: long }),
          continue: {
            commandType: CommandType.COMMAND_TYPE_CONTINUE_AS_NEW_WORKFLOW_EXECUTION,
            continueAsNewWorkflowExecutionCommandAttributes: { workflowType: { name: long } },
          },
        }),
        {
          activityId: wrong(
            'BadScheduleActivityAttributes: ActivityId on ScheduleActivityTaskCommand exceeds length limit. ActivityId=<long> ActivityType=any Length=1001 Limit=1000',
          ),
          activityType: wrong(
            'BadScheduleActivityAttributes: ActivityType on ScheduleActivityTaskCommand exceeds length limit. ActivityId=1 ActivityType=<long> Length=1001 Limit=1000',
          ),
          timer: wrong(
            'BadStartTimerAttributes: TimerId on StartTimerCommand exceeds length limit. TimerId=<long> Length=1001 Limit=1000',
          ),
          cancelTimer: wrong(
            'BadCancelTimerAttributes: TimerId on CancelTimerCommand exceeds length limit. TimerId=<long> Length=1001 Limit=1000',
          ),
          marker: wrong(
            'BadRecordMarkerAttributes: MarkerName on RecordMarkerCommand exceeds length limit. MarkerName=<long> Length=1001 Limit=1000',
          ),
          childId: wrong(
            'BadStartChildExecutionAttributes: WorkflowId on StartChildWorkflowExecutionCommand exceeds length limit. WorkflowId=<long> Length=1001 Limit=1000 WorkflowType=any Namespace=<own>',
          ),
          childType: wrong(
            'BadStartChildExecutionAttributes: WorkflowType on StartChildWorkflowExecutionCommand exceeds length limit. WorkflowId=child WorkflowType=<long> Length=1001 Limit=1000 Namespace=<own>',
          ),
          signal: wrong(
            'BadSignalWorkflowExecutionAttributes: WorkflowId on SignalExternalWorkflowExecutionCommand exceeds length limit. WorkflowId=<long> Length=1001 Limit=1000 Namespace= RunId= SignalName=any',
          ),
          cancel: wrong(
            'BadRequestCancelExternalWorkflowExecutionAttributes: WorkflowId on RequestCancelExternalWorkflowExecutionCommand exceeds length limit. WorkflowId=<long> Length=1001 Limit=1000 RunId= Namespace=',
          ),
          continue: wrong(
            'BadContinueAsNewAttributes: WorkflowType on ContinueAsNewWorkflowExecutionCommand exceeds length limit. WorkflowType=<long> Length=1001 Limit=1000',
          ),
        },
      );
    },
    oneTask,
  ),
  scenario(
    'commands that are wrong are refused with the cause and what is wrong',
    async (t) => {
      const timer = (timerId: string): Command => ({
        commandType: CommandType.COMMAND_TYPE_START_TIMER,
        startTimerCommandAttributes: { timerId, startToFireTimeout: seconds },
      });
      const twice = {
        'ScheduleActivityDuplicateId: invalid history builder state for action: add-activitytask-scheduled-event, ActivityID: 1':
          activity(t),
        'StartTimerDuplicateId: invalid history builder state for action: add-timer-started-event, TimerID: a':
          timer('a'),
      };
      for (const [what, command] of Object.entries(twice)) {
        const { refusal, status, workflowId } = await answerWith(t, [command, command]);
        assert.equal(`${status}, ${refusal}`, wrong(what));
        await t.client.workflow.getHandle(workflowId).terminate();
      }
      assert.deepEqual(
        await refusals(t, {
          activityId: activity(t, { activityId: '' }),
          timerId: timer(''),
          timeout: activity(t, { startToCloseTimeout: null }),
          cancelTimer: {
            commandType: CommandType.COMMAND_TYPE_CANCEL_TIMER,
            cancelTimerCommandAttributes: { timerId: 'none' },
          },
        }),
        {
          activityId: wrong(
            'BadScheduleActivityAttributes: ActivityId is not set on ScheduleActivityTaskCommand. ActivityType=any',
          ),
          timerId: wrong('BadStartTimerAttributes: TimerId is not set on StartTimerCommand.'),
          timeout: wrong(
            'BadScheduleActivityAttributes: A valid StartToClose or ScheduleToCloseTimeout is not set on ScheduleActivityTaskCommand. ActivityId=1 ActivityType=any',
          ),
          cancelTimer: wrong(
            'BadCancelTimerAttributes: invalid history builder state for action: add-timer-canceled-event, TimerID: none',
          ),
        },
      );
    },
    oneTask,
  ),
  scenario(
    'a run has at most 2,000 pending activities, children, signals and cancel requests',
    async (t) => {
      const ids = Array.from({ length: 2001 }, (_, i) => `${t.workflowId('other')}-${i}`);
      const many: Command[][] = [
        ids.map((activityId) => activity(t, { activityId })),
        ids.map((workflowId) => child({ workflowId })),
        ids.map((workflowId) => signal({ execution: { workflowId } })),
        ids.map((workflowId) => cancelExternal({ workflowId })),
      ];
      const found: string[] = [];
      for (const commands of many) {
        const { refusal, status, workflowId } = await answerWith(t, commands);
        found.push(`${status}, ${refusal}`);
        await t.client.workflow.getHandle(workflowId).terminate();
      }
      assert.deepEqual(
        found,
        Object.entries({
          PendingActivitiesLimitExceeded: 'pending activities',
          PendingChildWorkflowsLimitExceeded: 'pending child workflow executions',
          PendingSignalsLimitExceeded: 'pending signals to external workflows',
          PendingRequestCancelLimitExceeded: 'pending requests to cancel external workflows',
        }).map(([cause, what]) =>
          wrong(`${cause}: the number of ${what}, 2000, has reached the per-workflow limit of 2000`),
        ),
      );
    },
    oneTask,
  ),
  scenario(
    'a run with more than 51,200 events is terminated',
    async (t) => {
      const { refusal, status } = await answerWith(t, Array<Command>(51_200).fill(marker()));
      assert.equal(`${status}, ${refusal}`, 'TERMINATED, INVALID_ARGUMENT: Workflow history count exceeds limit.');
    },
    oneTask,
  ),
  scenario(
    'a run of 4,096 events is told to continue as new',
    async (t) => {
      const suggestions: unknown[] = [];
      // With four events before and a task scheduled after them.
      for (const markers of [4089, 4090]) {
        const workflowId = t.workflowId();
        await startByHand(t, { workflowId });
        const commands = Array<Command>(markers).fill(marker());
        const first = await takeTask(t);
        assert.equal(await answerTask(t, first, { commands, forceCreateNewWorkflowTask: true }), undefined);
        suggestions.push([first, await takeTask(t)].map(suggestion));
        await t.client.workflow.getHandle(workflowId).terminate();
      }
      // What counts is the event that the task begins with: 4,095 and 4,096.
      assert.deepEqual(suggestions, [
        [false, false],
        [false, true],
      ]);
    },
    { ...oneTask, history: { compare: 'none', reason: 'it is long' } },
  ),
]);

function suggestion({ history }: Awaited<ReturnType<typeof takeTask>>): boolean | null | undefined {
  return history?.events?.at(-1)?.workflowTaskStartedEventAttributes?.suggestContinueAsNew;
}
