import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { WorkflowUpdateFailedError, WorkflowUpdateRPCTimeoutOrCancelledError } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import {
  ANSWER_REFUSED,
  ANSWER_WAIT,
  type Wait,
  type WaitAnswer,
  type WaitKind,
  type WaitOutcome,
} from '../workflow/protocol/index.ts';
import {
  type ClientContext,
  isNotFound,
  isOfChain,
  isUnavailable,
  type RunReference,
  serverError,
  toRunError,
  translated,
} from './context.ts';
import { AnswerRefusedError, RunEndedError, RunPausedError } from './errors.ts';
import { noWorker } from './no-worker.ts';
import { wasAccepted } from './accepted.ts';
import { jsonProblem, tooLarge } from './sendable.ts';
import { ofKind, waitsOf } from './events/waits.ts';

/** Which wait is meant. Without any of these: the only one that is open. */
export interface WaitChoice {
  /** Its id. */
  readonly waitId?: string;
  /** The call that it is about. */
  readonly toolCallId?: string;
}

/** How an answer is given. */
export interface AnswerOptions {
  /** How long to wait until the run has taken it, in milliseconds. Default: 30,000. */
  readonly timeout?: number;
}

/** An answer to be given. */
export interface Answer extends WaitChoice, AnswerOptions {
  readonly kind: WaitKind;
  readonly outcome: WaitOutcome;
}

const FAILED_PRECONDITION = 9;
const DEFAULT_TIMEOUT_MS = 30_000;
const PAUSE_MS = 100;

/**
 * Gives an answer, and resolves when the run has taken it. It is the same answer however often it is given, by whichever process: an id made of
 * its content tells. So it is simply given again when the engine's owner changes or the run goes on as new in the middle.
 * @throws AnswerRefusedError, RunNotFoundError, RunEndedError, RunPausedError, NoWorkerError, EngineUnavailableError
 */
export async function giveAnswer(context: ClientContext, run: RunReference, answer: Answer): Promise<void> {
  const { timeout = DEFAULT_TIMEOUT_MS } = answer;
  const deadline = Date.now() + timeout;
  let sent: SentAnswer | undefined;
  for (;;) {
    const now = await translated(run.workflowId, () => describe(context, run));
    sent ??= toSend(run.workflowId, answer, now);
    if (!now.isRunning || now.isPaused) {
      if (await wasAccepted(context.client, run.workflowId, sent.updateId)) return;
      throw now.isRunning ? new RunPausedError(run.workflowId) : new RunEndedError(run.workflowId);
    }
    try {
      await send(context, run, sent, deadline);
      return;
    } catch (error) {
      const large = tooLarge('answer', error);
      if (large !== undefined) throw new AnswerRefusedError(run.workflowId, 'invalid', large.message, { cause: error });
      // However late: whoever refuses has answered.
      const refusal = refusalOf(run.workflowId, error);
      if (refusal !== undefined) {
        // Perhaps it was this very answer that closed the wait: given before, or taken while its confirmation got lost.
        if (refusal.reason === 'not_open' && (await wasAccepted(context.client, run.workflowId, sent.updateId))) return;
        throw refusal;
      }
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError || Date.now() >= deadline) {
        if (isUnavailable(error)) throw toRunError(run.workflowId, error);
        throw await noWorker(context.client, { runId: run.workflowId, taskQueue: now.taskQueue, timeout }, error);
      }
      if (!isPassing(error)) throw error;
    }
    await delay(PAUSE_MS);
  }
}

interface Described {
  readonly isRunning: boolean;
  readonly isPaused: boolean;
  readonly taskQueue: string;
  readonly waits: readonly Wait[];
}

async function describe({ client }: ClientContext, { workflowId, firstRunId }: RunReference): Promise<Described> {
  const { status, taskQueue, memo, raw } = await client.workflow.getHandle(workflowId).describe();
  // The id was used again: the run that is meant has ended.
  const isAnother = !isOfChain(firstRunId, raw.workflowExecutionInfo?.firstRunId, memo);
  const isRunning = ['RUNNING', 'CONTINUED_AS_NEW', 'PAUSED'].includes(status.name) && !isAnother;
  return { isRunning, isPaused: status.name === 'PAUSED', taskQueue, waits: waitsOf(memo) };
}

interface SentAnswer {
  readonly updateId: string;
  readonly answer: WaitAnswer;
}

function toSend(workflowId: string, answer: Answer, { waits, isRunning }: Described): SentAnswer {
  const { kind, outcome } = answer;
  const problem = jsonProblem(outcome);
  if (problem !== undefined) {
    const message = `The answer cannot be written as JSON (${problem}). Give plain objects, lists, texts and numbers only.`;
    throw new AnswerRefusedError(workflowId, 'invalid', message);
  }
  const waitId = answer.waitId ?? chosen(workflowId, answer, waits, isRunning);
  const content = JSON.stringify([waitId, kind, outcome]);
  const updateId = `answer-${createHash('sha256').update(content).digest('hex').slice(0, 32)}`;
  return { updateId, answer: { waitId, kind, outcome } };
}

/** The wait is chosen here, not by the run: an answer must not be taken for another question than the one that was open when it was given. */
function chosen(workflowId: string, answer: Answer, waits: readonly Wait[], isRunning: boolean): string {
  const { kind, toolCallId } = answer;
  if (!isRunning) throw new RunEndedError(workflowId);
  const all = ofKind(waits, kind).filter((wait) => toolCallId === undefined || wait.call?.toolCallId === toolCallId);
  // Calls of sub-agents may have the ids of the run's own calls; those go first.
  const own = toolCallId === undefined ? [] : all.filter((wait) => wait.workflowId === workflowId);
  const [wait, ...others] = own.length === 1 ? own : all;
  // Nobody may have been told yet that this result is awaited; the run knows.
  if (wait === undefined && kind === 'tool' && toolCallId !== undefined) return toolCallId;
  if (wait === undefined) {
    const what =
      toolCallId === undefined ? `no wait of kind '${kind}'` : `no wait of kind '${kind}' for the call '${toolCallId}'`;
    throw new AnswerRefusedError(
      workflowId,
      'not_open',
      `In the run '${workflowId}' there is ${what}: nothing is asked yet, or it is answered already. pending() lists what is open.`,
    );
  }
  if (others.length === 0) return wait.id;
  const ids = [wait, ...others].map(({ id }) => `'${id}'`).join(', ');
  throw new AnswerRefusedError(
    workflowId,
    'ambiguous',
    `In the run '${workflowId}' ${others.length + 1} waits of kind '${kind}' are open: ${ids}. Say which one by waitId.`,
  );
}

async function send({ client }: ClientContext, run: RunReference, sent: SentAnswer, deadline: number): Promise<void> {
  const { updateId, answer } = sent;
  // By id alone: should the run go on as new, the newest one of the chain is meant.
  const handle = client.workflow.getHandle(run.workflowId);
  await client.withDeadline(deadline, () => handle.executeUpdate(ANSWER_WAIT, { updateId, args: [answer] }));
}

const REASONS = {
  [ANSWER_REFUSED.notOpen]: 'not_open',
  [ANSWER_REFUSED.ambiguous]: 'ambiguous',
  [ANSWER_REFUSED.invalid]: 'invalid',
} as const;

function refusalOf(workflowId: string, error: unknown): AnswerRefusedError | undefined {
  if (!(error instanceof WorkflowUpdateFailedError) || !(error.cause instanceof ApplicationFailure)) return undefined;
  const reason = REASONS[error.cause.type as keyof typeof REASONS];
  return reason && new AnswerRefusedError(workflowId, reason, error.cause.message, { cause: error });
}

/** The run ended, went on as new or was paused while the answer was on its way, or the engine went away: looking again shows what became of it. */
function isPassing(error: unknown): boolean {
  if (isNotFound(error) || isUnavailable(error) || isRefusedByPause(error)) return true;
  const { cause } = error as { readonly cause?: unknown };
  return cause instanceof ApplicationFailure && cause.type === 'AcceptedUpdateCompletedWorkflow';
}

function isRefusedByPause(error: unknown): boolean {
  const said = serverError(error);
  return said?.code === FAILED_PRECONDITION && /paused/i.test(said.details);
}
