import { pauseRun, unpauseRun } from '../../core/run/pause.ts';
import type { PauseRequest } from '../../core/run/pause.ts';
import { LONGEST_ID } from '../../core/limits.ts';
import { utf8Length } from '../../core/sizes.ts';
import { isNewRequest } from '../../core/run/signal.ts';
import type { RunDraft } from '../../core/run/draft.ts';
import { failedPrecondition, invalidArgument } from '../errors.ts';
import { changeOpen } from './change-open.ts';
import type { Target } from './change-open.ts';
import type { FrontendContext, Handlers } from './context.ts';

interface Request {
  readonly namespace?: string | null;
  readonly workflowId?: string | null;
  readonly runId?: string | null;
  readonly identity?: string | null;
  readonly reason?: string | null;
  readonly requestId?: string | null;
}

/** The RPCs that pause a run and let it go on. */
export function pauseHandlers(
  context: FrontendContext,
): Handlers<'pauseWorkflowExecution' | 'unpauseWorkflowExecution'> {
  return {
    async pauseWorkflowExecution(request) {
      const pause = pauseOf(request);
      await changeOpen(context, targetOf(request), (draft) => {
        if (!isFirst(draft, 'pause', pause)) return 'unchanged';
        if (draft.isPaused) throw failedPrecondition('workflow is already paused.');
        return pauseRun(draft, pause);
      });
      return {};
    },
    async unpauseWorkflowExecution(request) {
      const pause = pauseOf(request);
      await changeOpen(context, targetOf(request), (draft) => {
        if (!isFirst(draft, 'unpause', pause)) return 'unchanged';
        if (!draft.isPaused) throw failedPrecondition('workflow is not paused.');
        return unpauseRun(draft, pause);
      });
      return {};
    },
  };
}

/** Whether this was not done before: its caller may have lost the answer, and others may have paused or resumed the run since. */
function isFirst(draft: RunDraft, what: 'pause' | 'unpause', { requestId }: PauseRequest): boolean {
  // Ids of signals are of another kind.
  return isNewRequest(draft, requestId === '' ? '' : `${what}/${requestId}`);
}

function targetOf({ namespace, workflowId, runId }: Request): Target {
  return { namespace: namespace ?? null, execution: { workflowId: workflowId ?? '', runId: runId ?? '' } };
}

/** @throws ServiceError when one of the texts is too long. */
function pauseOf({ identity, reason, requestId }: Request): PauseRequest {
  const texts = { identity: identity ?? '', reason: reason ?? '', requestId: requestId ?? '' };
  const limited = { reason: texts.reason, 'request id': texts.requestId, identity: texts.identity };
  for (const [name, text] of Object.entries(limited)) {
    if (utf8Length(text) > LONGEST_ID) throw invalidArgument(`${name} is too long.`);
  }
  return texts;
}
