import assert from 'node:assert/strict';
import { Client } from '@temporalio/client';
import type { WorkflowClientInterceptor } from '@temporalio/client';
import { defaultPayloadConverter } from '@temporalio/common';
import type { Headers } from '@temporalio/common';
import { scenario, topic } from '../scenario.ts';
import type { HistoryEvent, Scenario, ScenarioContext, ScenarioWorkerOptions } from '../scenario.ts';
import { traced } from '../workflows/intercepted.ts';
import { finish, list } from '../workflows/messages.ts';
import { deposit } from '../workflows/updates.ts';

/** A client that gives each call a header `trace` with the name of the call. */
function tracing(t: ScenarioContext): Client {
  const headers = (trace: string): Headers => ({ trace: defaultPayloadConverter.toPayload(trace) });
  const interceptor: WorkflowClientInterceptor = {
    startWithDetails: async (input, next) => await next({ ...input, headers: headers('start') }),
    signal: async (input, next) => await next({ ...input, headers: headers('signal') }),
    signalWithStart: async (input, next) => await next({ ...input, headers: headers('signalWithStart') }),
    query: async (input, next) => await next({ ...input, headers: headers('query') }),
    startUpdate: async (input, next) => await next({ ...input, headers: headers('update') }),
  };
  return new Client({
    connection: t.client.connection,
    namespace: t.namespace,
    interceptors: { workflow: [interceptor] },
  });
}

/** A worker whose activity `trace` gives back the header that its interceptor saw. */
function worker(): ScenarioWorkerOptions {
  let trace = 'nothing';
  return {
    activities: { trace: async () => trace },
    interceptors: {
      activity: [
        () => ({
          inbound: {
            async execute(input, next) {
              const payload = input.headers['trace'];
              if (payload) trace = defaultPayloadConverter.fromPayload(payload);
              return await next(input);
            },
          },
        }),
      ],
    },
  };
}

function traceOf(header: { fields?: Headers | null } | null | undefined): unknown {
  const payload = header?.fields?.['trace'];
  return payload ? defaultPayloadConverter.fromPayload(payload) : undefined;
}

function first<T>(events: readonly HistoryEvent[], pick: (event: HistoryEvent) => T | null | undefined): T | undefined {
  return events.map(pick).find((value) => value !== null && value !== undefined) ?? undefined;
}

const quick = {
  history: { compare: 'none', reason: 'a child that is quick may end while the parent is told of its start' },
} as const;

/** Interceptors of client, workflow and activity, and the headers that they pass. */
export const interceptors: readonly Scenario[] = topic('interceptors', [
  scenario(
    'a header travels from the client to the workflow, its activity and its child',
    async (t) => {
      await t.startWorker(worker());
      const handle = await tracing(t).workflow.start(traced, { workflowId: t.workflowId(), taskQueue: t.taskQueue });
      t.track(handle.workflowId, handle.firstExecutionRunId);
      await t.waitForEvent(handle, 'ChildWorkflowExecutionCompleted');
      await handle.signal(finish);
      const result = (await handle.result()) as { seen: string[]; activityTrace: string; childTrace: string[] };
      assert.deepEqual(result.seen, ['execute start', 'signal finish signal']);
      assert.equal(result.activityTrace, 'start');
      assert.deepEqual(result.childTrace, ['execute start']);
      const events = await t.history(handle);
      assert.equal(traceOf(first(events, (event) => event.workflowExecutionStartedEventAttributes)?.header), 'start');
      assert.equal(traceOf(first(events, (event) => event.activityTaskScheduledEventAttributes)?.header), 'start');
      assert.equal(
        traceOf(first(events, (event) => event.startChildWorkflowExecutionInitiatedEventAttributes)?.header),
        'start',
      );
      assert.equal(traceOf(first(events, (event) => event.workflowExecutionSignaledEventAttributes)?.header), 'signal');
    },
    quick,
  ),
  scenario(
    'a query has a header',
    async (t) => {
      await t.startWorker(worker());
      const handle = await tracing(t).workflow.start(traced, { workflowId: t.workflowId(), taskQueue: t.taskQueue });
      t.track(handle.workflowId, handle.firstExecutionRunId);
      await t.waitForEvent(handle, 'ChildWorkflowExecutionCompleted');
      assert.deepEqual(await handle.query(list), ['asked', 'query']);
      assert.deepEqual(await t.client.workflow.getHandle(handle.workflowId).query(list), ['asked']);
    },
    quick,
  ),
  scenario(
    'an update has a header',
    async (t) => {
      await t.startWorker(worker());
      const handle = await tracing(t).workflow.start(traced, { workflowId: t.workflowId(), taskQueue: t.taskQueue });
      t.track(handle.workflowId, handle.firstExecutionRunId);
      await t.waitForEvent(handle, 'ChildWorkflowExecutionCompleted');
      assert.equal(await handle.executeUpdate(deposit, { args: [3], updateId: 'u' }), 3);
      const events = await t.history(handle);
      const accepted = first(events, (event) => event.workflowExecutionUpdateAcceptedEventAttributes);
      assert.equal(traceOf(accepted?.acceptedRequest?.input?.header), 'update');
      await handle.signal(finish);
      const { seen } = (await handle.result()) as { seen: string[] };
      assert.deepEqual(seen, ['execute start', 'update deposit update', 'signal finish signal']);
    },
    quick,
  ),
  scenario('signal with start has one header for both', async (t) => {
    const workflowId = t.workflowId();
    const handle = await tracing(t).workflow.signalWithStart(traced, {
      workflowId,
      taskQueue: t.taskQueue,
      signal: finish,
    });
    t.track(workflowId, handle.signaledRunId);
    const events = await t.history({ workflowId });
    assert.equal(traceOf(events[0]?.workflowExecutionStartedEventAttributes?.header), 'signalWithStart');
    assert.equal(
      traceOf(first(events, (event) => event.workflowExecutionSignaledEventAttributes)?.header),
      'signalWithStart',
    );
  }),
]);
