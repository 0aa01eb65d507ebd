import assert from 'node:assert/strict';
import type { temporal } from '@temporalio/proto';
import { refusalOf } from '../rpc.ts';
import { eventTypeName } from '../../../src/core/history/event-type.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { failureOf } from '../support.ts';
import { nothing } from '../workflows/basics.ts';
import { continueAtFinish } from '../workflows/children.ts';
import { add, collect, finish, waitForever } from '../workflows/messages.ts';

type Request = Omit<temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryRequest, 'namespace' | 'execution'>;
interface Page {
  readonly types: string[];
  readonly token: Uint8Array;
}
const closeEvent = 2;

/** One page by hand. */
async function page(t: ScenarioContext, workflowId: string, request: Request = {}, runId?: string): Promise<Page> {
  const { history, nextPageToken } = await t.raw.getWorkflowExecutionHistory({
    namespace: t.namespace,
    execution: { workflowId, ...(runId ? { runId } : {}) },
    ...request,
  });
  return { types: (history?.events ?? []).map(eventTypeName), token: nextPageToken };
}

/** Reading histories: whole, in pages, as they grow, backwards. */
export const historyReads: readonly Scenario[] = topic('history-reads', [
  scenario('a history is read in pages', async (t) => {
    const handle = await t.start(collect);
    for (let i = 0; i < 5; i++) await handle.signal(add, i);
    await handle.signal(finish);
    await t.startWorker();
    await handle.result();
    const types: string[] = [];
    let pages = 0;
    for (let token = new Uint8Array(); ; pages++) {
      const next = await page(t, handle.workflowId, { maximumPageSize: 1, nextPageToken: token });
      types.push(...next.types);
      token = next.token as Uint8Array<ArrayBuffer>;
      if (token.length === 0) break;
    }
    assert.deepEqual(types, await t.eventTypes(handle));
    assert.ok(pages > 1);
  }),
  scenario('a long poll gives what there is, then what comes', async (t) => {
    const { workflowId } = await t.start(collect);
    const handle = t.client.workflow.getHandle(workflowId);
    const first = await page(t, workflowId, { waitNewEvent: true });
    assert.deepEqual(first.types, ['WorkflowExecutionStarted', 'WorkflowTaskScheduled']);
    assert.ok(first.token.length > 0);
    const waiting = page(t, workflowId, { waitNewEvent: true, nextPageToken: first.token });
    await t.sleep(100);
    await handle.signal(add, 1);
    const second = await waiting;
    assert.deepEqual(second.types, ['WorkflowExecutionSignaled']);
    await handle.signal(add, 2);
    const third = await page(t, workflowId, { waitNewEvent: true, nextPageToken: second.token });
    assert.deepEqual(third.types, ['WorkflowExecutionSignaled']);
  }),
  scenario('a long poll ends with the run', async (t) => {
    const { workflowId } = await t.start(collect);
    const first = await page(t, workflowId, { waitNewEvent: true });
    const waiting = page(t, workflowId, { waitNewEvent: true, nextPageToken: first.token });
    await t.client.workflow.getHandle(workflowId).terminate();
    const second = await waiting;
    assert.deepEqual(second.types, ['WorkflowExecutionTerminated']);
    assert.equal(second.token.length, 0);
  }),
  scenario('a long poll of a closed run gives all and no token', async (t) => {
    await t.startWorker();
    const handle = await t.start(nothing);
    await handle.result();
    const { types, token } = await page(t, handle.workflowId, { waitNewEvent: true });
    assert.equal(types.length, 5);
    assert.equal(token.length, 0);
  }),
  scenario('the same token gives the same events again', async (t) => {
    const handle = await t.start(collect);
    const first = await page(t, handle.workflowId, { waitNewEvent: true });
    await handle.signal(add, 1);
    const request = { waitNewEvent: true, nextPageToken: first.token };
    const second = await page(t, handle.workflowId, request);
    assert.deepEqual((await page(t, handle.workflowId, request)).types, second.types);
  }),
  scenario('the close event can be waited for', async (t) => {
    const handle = await t.start(collect);
    const waiting = page(t, handle.workflowId, { waitNewEvent: true, historyEventFilterType: closeEvent });
    await t.sleep(50);
    await handle.signal(finish);
    await t.startWorker();
    const { types, token } = await waiting;
    assert.deepEqual(types, ['WorkflowExecutionCompleted']);
    assert.equal(token.length, 0);
  }),
  scenario('who asks for the close event waits for it, even without asking to wait', async (t) => {
    const handle = await t.start(collect);
    const waiting = page(t, handle.workflowId, { historyEventFilterType: closeEvent });
    await t.sleep(100);
    await handle.terminate();
    const { types, token } = await waiting;
    assert.deepEqual(types, ['WorkflowExecutionTerminated']);
    assert.equal(token.length, 0);
  }),
  scenario('the close event of a closed run is there at once', async (t) => {
    const handle = await t.start(collect);
    await handle.terminate();
    for (const waitNewEvent of [true, false]) {
      const { types, token } = await page(t, handle.workflowId, { waitNewEvent, historyEventFilterType: closeEvent });
      assert.deepEqual(types, ['WorkflowExecutionTerminated']);
      assert.equal(token.length, 0);
    }
  }),
  scenario('a token of the wrong kind is refused', async (t) => {
    const { workflowId } = await t.start(waitForever);
    const nextPageToken = Buffer.from('no token');
    assert.deepEqual(await refusalOf(page(t, workflowId, { nextPageToken })), {
      code: 'INVALID_ARGUMENT',
      details: 'Invalid NextPageToken.',
    });
  }),
  scenario('a history can be read backwards', async (t) => {
    const handle = await t.start(collect);
    for (let i = 0; i < 3; i++) await handle.signal(add, i);
    const { history } = await t.raw.getWorkflowExecutionHistoryReverse({
      namespace: t.namespace,
      execution: { workflowId: handle.workflowId },
      maximumPageSize: 100,
    });
    const ids = (history?.events ?? []).map(({ eventId }) => Number(eventId));
    assert.deepEqual(ids, [5, 4, 3, 2, 1]);
  }),
  scenario('each run of a chain has its own history', async (t) => {
    await t.startWorker();
    const handle = await t.start(continueAtFinish, { args: [1] });
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.signal(finish);
    await t.eventually(async () => (await handle.describe()).runId !== handle.firstExecutionRunId);
    await t.waitForEvent(handle, 'WorkflowTaskCompleted');
    await handle.signal(finish);
    assert.equal(await handle.result(), 'last');
    const first = await t.eventTypes(handle, handle.firstExecutionRunId);
    assert.equal(first.at(-1), 'WorkflowExecutionContinuedAsNew');
    assert.equal((await t.eventTypes(handle)).at(-1), 'WorkflowExecutionCompleted');
  }),
  scenario('who waits for the result of an open run gets it when it is there', async (t) => {
    const handle = await t.start(collect);
    const results = Promise.all([handle.result(), handle.result(), t.client.workflow.result(handle.workflowId)]);
    await t.sleep(50);
    await handle.signal(finish);
    await t.startWorker();
    assert.deepEqual(await results, [[], [], []]);
  }),
  scenario('who waits for the result of a run that is terminated learns it', async (t) => {
    const handle = await t.start(collect);
    const failure = failureOf(handle.result());
    await t.sleep(50);
    await handle.terminate('gone');
    assert.deepEqual((await failure)[1], { name: 'TerminatedFailure', message: 'gone' });
  }),
]);
