import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import proto from '@temporalio/proto';
import type { temporal } from '@temporalio/proto';
import { toStatus } from '../../../src/runtime/errors.ts';
import { grpcStatusName, payloads, refusalOf } from '../rpc.ts';
import type { Refusal } from '../rpc.ts';
import { scenario, topic } from '../scenario.ts';
import type { Scenario, ScenarioContext } from '../scenario.ts';
import { errorOf } from '../support.ts';
import { finish } from '../workflows/messages.ts';
import { go, takeUpdates } from '../workflows/updates.ts';

const none = { history: { compare: 'none', reason: 'about answers; messages may share a task or not' } } as const;
const { WorkflowIdConflictPolicy, WorkflowIdReusePolicy } = proto.temporal.api.enums.v1;
const {
  WORKFLOW_ID_CONFLICT_POLICY_FAIL: fail,
  WORKFLOW_ID_CONFLICT_POLICY_USE_EXISTING: useExisting,
  WORKFLOW_ID_CONFLICT_POLICY_TERMINATE_EXISTING: terminateExisting,
} = WorkflowIdConflictPolicy;
const {
  WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE: rejectDuplicate,
  WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY: allowFailedOnly,
} = WorkflowIdReusePolicy;

interface Both {
  readonly workflowId: string;
  readonly type?: string;
  readonly requestId?: string;
  readonly conflict?: number;
  readonly reuse?: number;
  readonly update?: string;
  readonly updateId?: string;
  readonly args?: readonly unknown[];
}

interface Answers {
  readonly runId: string;
  readonly started: boolean;
  readonly status: number;
  readonly stage: number;
  readonly outcome: unknown;
}

/** Both operations by hand, until the update has an outcome. */
async function both(t: ScenarioContext, options: Both): Promise<Answers> {
  const { responses } = await t.raw.executeMultiOperation(requestOf(t, options));
  const start = responses[0]?.startWorkflow;
  const update = responses[1]?.updateWorkflow;
  const { runId = '', started = false, status = 0 } = start ?? {};
  t.track(options.workflowId, runId ?? '');
  assert.equal(update?.updateRef?.workflowExecution?.runId, runId);
  const { success, failure } = update?.outcome ?? {};
  const [first] = success?.payloads ?? [];
  const value = first?.data ? (JSON.parse(Buffer.from(first.data).toString()) as unknown) : null;
  return {
    runId: runId ?? '',
    started: started ?? false,
    status: status ?? 0,
    stage: update?.stage ?? 0,
    outcome: failure ? (failure.message ?? '') : value,
  };
}

function requestOf(t: ScenarioContext, options: Both): temporal.api.workflowservice.v1.IExecuteMultiOperationRequest {
  const { workflowId, type = 'takeUpdates', requestId = randomUUID(), conflict = 0, reuse = 0 } = options;
  const { update = 'deposit', updateId = randomUUID(), args = [1] } = options;
  const { namespace } = t;
  return {
    namespace,
    operations: [
      {
        startWorkflow: {
          namespace,
          workflowId,
          workflowType: { name: type },
          taskQueue: { name: t.taskQueue },
          requestId,
          workflowIdConflictPolicy: conflict,
          workflowIdReusePolicy: reuse,
        },
      },
      {
        updateWorkflow: {
          namespace,
          workflowExecution: { workflowId },
          waitPolicy: { lifecycleStage: 3 },
          request: { meta: { updateId, identity: 'me' }, input: { name: update, args: payloads(...args) } },
        },
      },
    ],
  };
}

/** What both are refused with, and each of them. */
async function refused(t: ScenarioContext, options: Both): Promise<Refusal & { readonly each: readonly string[] }> {
  const promise = t.raw.executeMultiOperation(requestOf(t, options));
  const refusal = await refusalOf(promise);
  const [detail] = toStatus(await errorOf(promise)).details;
  const { statuses } = proto.temporal.api.errordetails.v1.MultiOperationExecutionFailure.decode(
    detail?.value ?? new Uint8Array(),
  );
  const each = statuses.map(({ code, message }) => `${grpcStatusName(code ?? 0)}: ${message ?? ''}`);
  return { ...refusal, each };
}

const refusedText = 'Update-with-Start could not be executed.';
const abortedText = 'ABORTED: Operation was aborted.';

/** Updates that come with the start of their run: policies, repeated requests, ends. */
export const updateWithStart: readonly Scenario[] = topic('update-with-start', [
  scenario(
    'an open run is used, left alone or replaced, as the conflict policy says',
    async (t) => {
      await t.startWorker();
      const workflowId = t.workflowId();
      const { runId, ...first } = await both(t, { workflowId });
      assert.deepEqual(first, { started: true, status: 1, stage: 3, outcome: 1 });
      for (const conflict of [0, fail]) {
        const running = `WorkflowId: ${workflowId}, RunId: ${runId}.`;
        assert.deepEqual(await refused(t, { workflowId, conflict }), {
          code: 'ALREADY_EXISTS',
          details: refusedText,
          each: [`ALREADY_EXISTS: Workflow execution is already running. ${running}`, abortedText],
        });
      }
      const used = await both(t, { workflowId, conflict: useExisting });
      assert.deepEqual(used, { runId, started: false, status: 1, stage: 3, outcome: 2 });
      const replaced = await both(t, { workflowId, conflict: terminateExisting });
      assert.notEqual(replaced.runId, runId);
      assert.deepEqual(replaced, { runId: replaced.runId, started: true, status: 1, stage: 3, outcome: 1 });
      const { status } = await t.client.workflow.getHandle(workflowId, runId).describe();
      assert.equal(status.name, 'TERMINATED');
      await t.client.workflow.getHandle(workflowId).signal(finish);
      assert.deepEqual(await t.client.workflow.getHandle(workflowId).result(), [1]);
    },
    none,
  ),
  scenario(
    'a repeated request finds its run and its update',
    async (t) => {
      await t.startWorker();
      const workflowId = t.workflowId();
      const first = await both(t, { workflowId, requestId: 'start', updateId: 'update' });
      const again = { runId: first.runId, started: false, status: 1, stage: 3, outcome: 1 };
      assert.deepEqual(await both(t, { workflowId, requestId: 'start', updateId: 'update' }), again);
      // The update is enough, whatever the policy.
      for (const conflict of [fail, useExisting, terminateExisting]) {
        assert.deepEqual(await both(t, { workflowId, conflict, updateId: 'update' }), again);
      }
      // So is the start.
      for (const [conflict, outcome] of [
        [fail, 2],
        [terminateExisting, 3],
      ] as const) {
        assert.deepEqual(await both(t, { workflowId, conflict, requestId: 'start' }), { ...again, outcome });
      }
      const handle = t.client.workflow.getHandle(workflowId);
      await handle.signal(finish);
      assert.deepEqual(await handle.result(), [1, 1, 1]);
      // The outcome outlives the run, and comes before any policy.
      const closed = { ...again, status: 2 };
      for (const reuse of [0, rejectDuplicate]) {
        assert.deepEqual(await both(t, { workflowId, reuse, updateId: 'update' }), closed);
      }
      assert.deepEqual(await both(t, { workflowId, requestId: 'start', updateId: 'update' }), closed);
    },
    none,
  ),
  scenario(
    'an update that is on its way is found, whatever the policy',
    async (t) => {
      await t.startWorker();
      const workflowId = t.workflowId();
      const call = { workflowId, update: 'waitForGo', updateId: 'slow', args: ['x'] };
      const first = both(t, call);
      await t.waitForEvent({ workflowId }, 'WorkflowExecutionUpdateAccepted');
      const second = both(t, { ...call, conflict: terminateExisting });
      await t.client.workflow.getHandle(workflowId).signal(go);
      const { runId } = await first;
      const found = { runId, started: true, status: 1, stage: 3, outcome: 'x' };
      assert.deepEqual([await first, await second], [found, { ...found, started: false }]);
    },
    none,
  ),
  scenario(
    'the id of a closed run is used again as the reuse policy says',
    async (t) => {
      await t.startWorker();
      const workflowId = t.workflowId();
      const { runId } = await both(t, { workflowId });
      await t.client.workflow.getHandle(workflowId).signal(finish);
      await t.client.workflow.getHandle(workflowId).result();
      const closed = `. WorkflowId: ${workflowId}, RunId: ${runId}. Workflow Id reuse policy:`;
      for (const [reuse, text] of [
        [rejectDuplicate, `finished${closed} reject duplicate workflow Id.`],
        [allowFailedOnly, `finished successfully${closed} allow duplicate workflow Id if last run failed.`],
      ] as const) {
        assert.deepEqual(await refused(t, { workflowId, reuse }), {
          code: 'ALREADY_EXISTS',
          details: refusedText,
          each: [`ALREADY_EXISTS: Workflow execution already ${text}`, abortedText],
        });
      }
      const next = await both(t, { workflowId });
      assert.notEqual(next.runId, runId);
      assert.deepEqual(next, { runId: next.runId, started: true, status: 1, stage: 3, outcome: 1 });
    },
    none,
  ),
  scenario(
    'the run stays when the update is rejected',
    async (t) => {
      await t.startWorker();
      const workflowId = t.workflowId();
      const answer = await both(t, { workflowId, args: [-1] });
      assert.deepEqual(answer, { runId: answer.runId, started: true, status: 1, stage: 3, outcome: 'negative' });
      const handle = t.client.workflow.getHandle(workflowId);
      assert.equal((await handle.describe()).status.name, 'RUNNING');
      await handle.signal(finish);
      assert.deepEqual(await handle.result(), []);
    },
    none,
  ),
  scenario(
    'a run that is over with its first task has answered',
    async (t) => {
      await t.startWorker();
      const workflowId = t.workflowId();
      const call = { workflowId, type: 'endWithFirstTask', update: 'whoAmI', updateId: 'only' };
      const answer = await both(t, call);
      assert.deepEqual(answer, { runId: answer.runId, started: true, status: 1, stage: 3, outcome: 'first task' });
      assert.equal(await t.client.workflow.getHandle(workflowId).result(), 'over');
      assert.deepEqual(await both(t, call), { ...answer, started: false, status: 2 });
    },
    none,
  ),
  scenario(
    'a run that is over with its first task rejects an update that it does not know',
    async (t) => {
      await t.startWorker();
      const workflowId = t.workflowId();
      const { started, outcome } = await both(t, { workflowId, type: 'nothing', update: 'unknown' });
      assert.deepEqual({ started, outcome }, { started: true, outcome: 'No registered handler for update: unknown' });
      assert.equal(await t.client.workflow.getHandle(workflowId).result(), undefined);
    },
    none,
  ),
  scenario(
    'an open run that closes before it takes the update makes way for a new one',
    async (t) => {
      const workflowId = t.workflowId();
      const { firstExecutionRunId } = await t.start(takeUpdates, { workflowId });
      const answer = both(t, { workflowId, conflict: useExisting });
      await t.client.workflow.getHandle(workflowId).terminate();
      await t.startWorker();
      const { runId } = await answer;
      assert.notEqual(runId, firstExecutionRunId);
      assert.deepEqual(await answer, { runId, started: true, status: 1, stage: 3, outcome: 1 });
    },
    none,
  ),
  scenario(
    'a start that is not possible is said before the open run gets the update',
    async (t) => {
      await t.startWorker();
      const workflowId = t.workflowId();
      await both(t, { workflowId });
      assert.deepEqual(await refused(t, { workflowId, type: '', conflict: useExisting }), {
        code: 'INVALID_ARGUMENT',
        details: refusedText,
        each: ['INVALID_ARGUMENT: WorkflowType is not set on request.', abortedText],
      });
      const handle = t.client.workflow.getHandle(workflowId);
      await handle.signal(finish);
      assert.deepEqual(await handle.result(), [1]);
    },
    none,
  ),
]);
