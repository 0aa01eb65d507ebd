import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, test } from 'vitest';
import proto from '@temporalio/proto';
import { validateHistory } from '../../src/core/history/validate.ts';
import type { WorkflowServiceApi } from '../../src/runtime/service.ts';
import { quiet } from '../conformance/targets/quiet.ts';
import { openPlace } from './fixtures/place.ts';

const { CommandType, EventType } = proto.temporal.api.enums.v1;
const namespace = 'default';
const taskQueue = { name: 'repeats' };
const url = process.env['PERDURE_TEST_REDIS_URL'] ?? '';

beforeAll(() => quiet());

describe.skipIf(url === '')('the same call twice, in two processes', () => {
  test('counts once, or is refused the second time', async ({ onTestFinished }) => {
    const prefix = `chaos-${randomUUID()}`;
    const services: WorkflowServiceApi[] = [];
    for (let i = 0; i < 2; i++) {
      const engine = await openPlace({ kind: 'redis', url, prefix });
      onTestFinished(() => engine.close());
      services.push((engine.client.connection as unknown as { workflowService: WorkflowServiceApi }).workflowService);
    }
    const [service] = services;
    if (service === undefined) return;
    /** What both processes answer; what is refused, by its code. */
    const twice = async <T>(call: (one: WorkflowServiceApi) => Promise<T>): Promise<(T | number)[]> =>
      await Promise.all(services.map((one) => call(one).catch((error: { code: number }) => error.code)));
    const start = { namespace, workflowId: 'w', workflowType: { name: 'any' }, taskQueue, requestId: 'start' };
    const started = await twice((one) => one.startWorkflowExecution(start));
    const runIds = new Set(started.map((answer) => (typeof answer === 'number' ? answer : answer.runId)));
    expect(runIds.size).toBe(1);
    const workflowExecution = { workflowId: 'w' };
    await twice((one) =>
      one.signalWorkflowExecution({ namespace, workflowExecution, signalName: 'told', requestId: 'signal' }),
    );
    await twice((one) => one.requestCancelWorkflowExecution({ namespace, workflowExecution, requestId: 'cancel' }));
    const commandType = CommandType.COMMAND_TYPE_SCHEDULE_ACTIVITY_TASK;
    const scheduleActivityTaskCommandAttributes = {
      activityId: 'a',
      activityType: { name: 'step' },
      taskQueue,
      startToCloseTimeout: { seconds: 60 as never },
      scheduleToCloseTimeout: { seconds: 60 as never },
    };
    const task = await service.pollWorkflowTaskQueue({ namespace, taskQueue });
    const commands = [{ commandType, scheduleActivityTaskCommandAttributes }];
    const taskToken = task.taskToken ?? null;
    const decided = await twice((one) => one.respondWorkflowTaskCompleted({ namespace, taskToken, commands }));
    expect(decided.filter((answer) => answer === 5)).toHaveLength(1);
    const activity = await service.pollActivityTaskQueue({ namespace, taskQueue });
    const done = await twice((one) =>
      one.respondActivityTaskCompleted({ namespace, taskToken: activity.taskToken ?? null }),
    );
    expect(done.filter((answer) => answer === 5)).toHaveLength(1);
    const last = await service.pollWorkflowTaskQueue({ namespace, taskQueue });
    const complete = [
      {
        commandType: CommandType.COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION,
        completeWorkflowExecutionCommandAttributes: {},
      },
    ];
    const completed = await twice((one) =>
      one.respondWorkflowTaskCompleted({ namespace, taskToken: last.taskToken ?? null, commands: complete }),
    );
    expect(completed.filter((answer) => answer === 5)).toHaveLength(1);
    const { history } = await service.getWorkflowExecutionHistory({ namespace, execution: workflowExecution });
    const events = history?.events ?? [];
    expect(validateHistory(events)).toEqual([]);
    expect(events.map(({ eventType }) => EventType[eventType ?? 0]?.slice('EVENT_TYPE_'.length))).toEqual([
      'WORKFLOW_EXECUTION_STARTED',
      'WORKFLOW_TASK_SCHEDULED',
      'WORKFLOW_EXECUTION_SIGNALED',
      'WORKFLOW_EXECUTION_CANCEL_REQUESTED',
      'WORKFLOW_TASK_STARTED',
      'WORKFLOW_TASK_COMPLETED',
      'ACTIVITY_TASK_SCHEDULED',
      'ACTIVITY_TASK_STARTED',
      'ACTIVITY_TASK_COMPLETED',
      'WORKFLOW_TASK_SCHEDULED',
      'WORKFLOW_TASK_STARTED',
      'WORKFLOW_TASK_COMPLETED',
      'WORKFLOW_EXECUTION_COMPLETED',
    ]);
  });
});
