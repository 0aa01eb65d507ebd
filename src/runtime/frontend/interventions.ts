import { terminateRun } from '../../core/run/close.ts';
import { requestCancelRun, signalRun } from '../../core/run/signal.ts';
import type { temporal } from '@temporalio/proto';
import type { RunKey, RunRecord } from '../../core/record.ts';
import { unavailable } from '../errors.ts';
import { changeOpen } from './change-open.ts';
import type { FrontendContext, Handlers } from './context.ts';
import { longPollMs, requireId, requireNamespace } from './context.ts';
import { keyOf } from './keys.ts';
import { requireBlob, requireLinks } from './sizes.ts';

/** The RPCs by which others act on a run: signal, cancel, terminate, delete. */
export function interventionHandlers(
  context: FrontendContext,
): Handlers<
  | 'signalWorkflowExecution'
  | 'requestCancelWorkflowExecution'
  | 'terminateWorkflowExecution'
  | 'deleteWorkflowExecution'
> {
  return {
    async signalWorkflowExecution(request) {
      requireId('SignalName', request.signalName);
      if (request.requestId) requireId('RequestId', request.requestId);
      requireLinks(request.links);
      requireBlob(request.input);
      const { signalName, input, identity, header } = request;
      await changeOpen(
        context,
        { namespace: request.namespace ?? null, execution: request.workflowExecution },
        (draft) =>
          signalRun(
            draft,
            { signalName: signalName ?? '', input: input ?? null, identity: identity ?? '', header: header ?? null },
            request.requestId ?? '',
            request.links?.length ? { links: request.links } : {},
          ),
      );
      return {};
    },
    async requestCancelWorkflowExecution(request) {
      const { reason, identity } = request;
      const target = { ...request, namespace: request.namespace ?? null, execution: request.workflowExecution };
      // What has ended needs no cancelling.
      await changeOpen(
        context,
        target,
        (draft) => requestCancelRun(draft, { cause: reason ?? '', identity: identity ?? '' }),
        () => undefined,
      );
      return {};
    },
    async terminateWorkflowExecution(request) {
      const target = { ...request, namespace: request.namespace ?? null, execution: request.workflowExecution };
      await changeOpen(context, target, (draft) =>
        terminateRun(
          draft,
          request.reason || 'terminated by user via frontend',
          request.details ?? undefined,
          request.identity ?? '',
        ),
      );
      return {};
    },
    async deleteWorkflowExecution(request, options = {}) {
      await deleteRun(context, request, options.signal);
      return {};
    },
  };
}

async function deleteRun(
  context: FrontendContext,
  request: temporal.api.workflowservice.v1.IDeleteWorkflowExecutionRequest,
  signal: AbortSignal | undefined,
): Promise<void> {
  const namespace = requireNamespace(context, request.namespace);
  const workflowId = requireId('WorkflowId', request.workflowExecution?.workflowId);
  const record = await context.runs.resolve({ namespace, workflowId }, request.workflowExecution?.runId);
  if (record.closeTime === undefined) {
    await context.runs.change(keyOf(record), (draft) => {
      if (draft.isOpen) terminateRun(draft, 'Delete workflow execution', undefined, 'history-service');
    });
  }
  await settled(context, keyOf(record), signal);
  await context.runs.transact([record], () => context.store.delete(keyOf(record)));
}

/** Waits until a closed run has told everybody: its parent, and the children that end with it. */
async function settled(context: FrontendContext, key: RunKey, signal: AbortSignal | undefined): Promise<void> {
  const wait = context.waits.begin(longPollMs, signal);
  const isSettled = ({ effects }: RunRecord): boolean => effects.length === 0;
  try {
    const change = context.histories.untilReady(key, isSettled, wait.signal);
    const record = await context.runs.load(key);
    if (record === undefined || isSettled(record)) return;
    await change;
    if (wait.signal.aborted) throw unavailable('The end of the workflow has not reached its parent and children yet.');
  } finally {
    wait.done();
  }
}
