import { afterEach, beforeEach, expect, test } from 'vitest';
import { toDuration, toLong } from '../../../src/core/proto.ts';
import { Bench, commands, namespace } from './harness.ts';

const hour = 3_600_000;

let bench: Bench;
beforeEach(async () => {
  bench = await Bench.open();
});
afterEach(() => bench.close());

const ids = async (): Promise<readonly string[]> => {
  const { executions } = await bench.service.listWorkflowExecutions({ namespace });
  return (executions ?? []).map(({ execution }) => execution?.workflowId ?? '').toSorted((a, b) => (a < b ? -1 : 1));
};

test('closed runs are deleted when their time is over, open ones and younger ones stay', async () => {
  const workflowExecutionRetentionTtl = toDuration(24 * hour);
  await bench.service.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
  for (const id of ['old', 'open', 'younger']) await bench.start(id);
  await bench.terminate('old');
  await bench.clock.sleep(20 * hour);
  await bench.terminate('younger');
  expect(await ids()).toEqual(['old', 'open', 'younger']);
  await bench.clock.sleep(6 * hour);
  await expect.poll(ids).toEqual(['open', 'younger']);
  // It is stored: whoever takes over the store goes on with it.
  await bench.restart();
  await bench.clock.sleep(22 * hour);
  await expect.poll(ids).toEqual(['open']);
});

test('a run that was reset stays while the run in its place may hear from children by it', async () => {
  const { service } = bench;
  const workflowExecutionRetentionTtl = toDuration(24 * hour);
  await service.updateNamespace({ namespace, config: { workflowExecutionRetentionTtl } });
  await bench.start('parent');
  await bench.complete(await bench.poll(), [commands.child('child')]);
  // What the child has begun with comes to the parent before its own task.
  await bench.settle();
  const tasks = [await bench.poll(), await bench.poll()];
  for (const task of tasks) {
    const isChild = task.workflowExecution?.workflowId === 'child';
    await bench.complete(task, isChild ? [commands.continueAsNew()] : []);
  }
  const workflowExecution = { workflowId: 'parent' };
  const reset = { namespace, workflowExecution, workflowTaskFinishEventId: toLong(9) };
  for (const requestId of ['once', 'again']) await service.resetWorkflowExecution({ ...reset, requestId });
  await bench.clock.sleep(50 * hour);
  await bench.settle();
  for (let left = 2; left > 0; left -= 1) {
    const task = await bench.poll();
    const isChild = task.workflowExecution?.workflowId === 'child';
    await bench.complete(task, isChild ? [commands.complete()] : []);
  }
  await bench.settle();
  expect(await bench.types('parent')).toContain('ChildWorkflowExecutionCompleted');
});

test('namespaces are registered, described, changed and deleted', async () => {
  const { service } = bench;
  const workflowExecutionRetentionPeriod = toDuration(24 * hour);
  const registration = { namespace: 'mine', description: 'd', data: { a: 'b' }, workflowExecutionRetentionPeriod };
  await service.registerNamespace(registration);
  await expect(service.registerNamespace(registration)).rejects.toMatchObject({
    code: 6,
    details: 'Namespace "mine" already exists',
  });
  await expect(service.registerNamespace({ namespace: 'other' })).rejects.toMatchObject({
    code: 3,
    details: 'A valid retention period is not set on request.',
  });
  await service.updateNamespace({ namespace: 'mine', updateInfo: { description: 'e', data: { c: 'd' } } });
  const start = { workflowId: 'w', requestId: 'r', workflowType: { name: 'any' }, taskQueue: { name: 'work' } };
  await service.startWorkflowExecution({ ...start, namespace: 'mine' });
  expect(await ids()).toEqual([]);
  const { executions } = await service.listWorkflowExecutions({ namespace: 'mine' });
  expect(executions).toHaveLength(1);
  await bench.restart();
  const { namespaceInfo, config } = await bench.service.describeNamespace({ namespace: 'mine' });
  expect(namespaceInfo).toMatchObject({ name: 'mine', description: 'e', data: { a: 'b', c: 'd' }, state: 1 });
  expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(86_400);
  await expect(bench.service.deleteNamespace({ namespace: 'mine' })).rejects.toMatchObject({ code: 12 });
  await bench.service.deleteWorkflowExecution({ namespace: 'mine', workflowExecution: { workflowId: 'w' } });
  await createSchedule('mine');
  await expect(bench.service.deleteNamespace({ namespace: 'mine' })).rejects.toMatchObject({ code: 12 });
  await bench.service.deleteSchedule({ namespace: 'mine', scheduleId: 's' });
  await bench.service.deleteNamespace({ namespace: 'mine' });
  await expect(bench.service.describeNamespace({ namespace: 'mine' })).rejects.toMatchObject({ code: 5 });
});

test('nobody starts workflows in a deprecated namespace, but what is there goes on', async () => {
  const { service } = bench;
  const workflowExecutionRetentionPeriod = toDuration(24 * hour);
  await service.registerNamespace({ namespace: 'mine', workflowExecutionRetentionPeriod });
  const workflow = { namespace: 'mine', workflowType: { name: 'any' }, taskQueue: { name: 'work' }, requestId: 'r' };
  await service.startWorkflowExecution({ ...workflow, workflowId: 'before' });
  await service.deprecateNamespace({ namespace: 'mine' });
  const refused = { code: 9, details: 'Namespace has invalid state: Deprecated. Must be Registered.' };
  await expect(service.startWorkflowExecution({ ...workflow, workflowId: 'after' })).rejects.toMatchObject(refused);
  const signal = { ...workflow, workflowId: 'after', signalName: 's' };
  await expect(service.signalWithStartWorkflowExecution(signal)).rejects.toMatchObject(refused);
  await service.signalWithStartWorkflowExecution({ ...signal, namespace: 'default' });
  const workflowExecution = { workflowId: 'before' };
  await service.signalWorkflowExecution({ namespace: 'mine', workflowExecution, signalName: 's' });
});

test('schedules that are over are deleted like closed runs', async () => {
  const { service } = bench;
  await createSchedule('default');
  const workflowExecutionRetentionTtl = toDuration(24 * hour);
  await service.updateNamespace({ namespace: 'default', config: { workflowExecutionRetentionTtl } });
  await service.deleteSchedule({ namespace: 'default', scheduleId: 's' });
  const left = (): Promise<number> => bench.store.count({ namespace: 'default', schedules: true });
  expect(await left()).toBe(1);
  await bench.clock.sleep(26 * hour);
  await expect.poll(left).toBe(0);
});

async function createSchedule(inNamespace: string): Promise<void> {
  const startWorkflow = { workflowId: 'w', workflowType: { name: 'any' }, taskQueue: { name: 'work' } };
  const schedule = { spec: {}, action: { startWorkflow } };
  await bench.service.createSchedule({ namespace: inNamespace, scheduleId: 's', requestId: 'r', schedule });
}
