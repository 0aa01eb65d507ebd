import {
  ApplicationFailure,
  CancellationScope,
  condition,
  ContinueAsNew,
  defineQuery,
  defineSignal,
  isCancellation,
  log,
  setHandler,
  TemporalFailure,
  workflowInfo,
} from '@temporalio/workflow';
import {
  CANCEL_RUN,
  CARRIED,
  CHILD_ENDED,
  FAILURE,
  STEER,
  type AgentResult,
  type AgentRunInput,
  type CarriedNow,
  type ChildEnd,
  type ChildReport,
  type Json,
  type Resolved,
} from '../protocol/index.ts';
import { readCancelRequest, readUserContent } from '../session/reading.ts';
import { openSession, type Session } from '../session/session.ts';
import { carryTrace } from '../trace/carried-trace.ts';
import { isTooLarge } from '../waits/checking.ts';
import { lookups } from './activity-options.ts';
import { AgentRun, type Control } from './agent-run.ts';
import { endAsCancelled } from './cancelled-status.ts';
import { CANCEL_DEADLINE, cleanUp } from './cleaning-up.ts';
import { carriedNow } from './hand-over.ts';
import { runFailure, type FailureDetails } from './failures.ts';
import { checkLimits } from './limits.ts';
import { turn } from './loop.ts';
import { userMessage } from './outputs.ts';

const steer = defineSignal<[unknown]>(STEER);
const cancelRun = defineSignal<[unknown]>(CANCEL_RUN);
const carried = defineQuery<CarriedNow>(CARRIED);

/**
 * Runs an agent: resolves its definition, and calls its model until the model has completed its work; on the way it makes the calls that the model
 * decides on. Everything that it learns stands in history, so it survives the death of every process.
 *
 * A sub-agent is a child run with parent close policy ABANDON, because it has to outlive a caller that continues as new. When its caller or its root
 * was terminated, it notices before one of its next steps, or when it wants to tell the root something, and ends itself as cancelled.
 * @throws ApplicationFailure of a type of `FAILURE`
 * @throws CancelledFailure when it was cancelled, by Temporal's cancel or by the signal `cancelRun`, and everything was undone; otherwise
 *   `CompensationFailed`
 */
export async function perdureAgent(input: AgentRunInput): Promise<AgentResult> {
  const control: Control = { main: new CancellationScope(), steered: [...(input.carried?.state.steered ?? [])] };
  const session = openSession({
    agent: input.agent,
    lineage: input.lineage,
    carried: input.carried?.state,
    spent: input.carried?.state.spent,
    onOrphaned: () => control.main.cancel(),
  });
  setHandler(steer, (argument) => {
    const content = readUserContent(argument);
    if (content === undefined || isTooLarge(content))
      log.warn('A signal to steer was ignored: it is neither text nor text with files, says nothing, or is too large.');
    else control.steered.push(content);
  });
  setHandler(cancelRun, (request) => {
    control.cancelled ??= readCancelRequest(request);
    control.main.cancel();
  });
  let run: AgentRun | undefined;
  setHandler(carried, () => carriedNow(run));
  try {
    const result = await control.main.run(async () => {
      run = await begin(input, session, control);
      return await turn(run);
    });
    await report(session, { type: 'completed', result: result as unknown as Json });
    return result;
  } catch (error) {
    // Anything else is a mistake in code, not an end of the run: its workflow task fails, and is tried again.
    if (error instanceof ContinueAsNew || !(error instanceof TemporalFailure)) throw error;
    return await CancellationScope.nonCancellable(() => endBadly(error, session, control, run));
  }
}

async function begin(input: AgentRunInput, session: Session, control: Control): Promise<AgentRun> {
  if (input.carried) return new AgentRun(input, input.carried.definition, session, control);
  const { agent, metadata, limits } = input;
  checkLimits(limits);
  const { definition, opening, trace } = await resolve({
    agent,
    input: input.input,
    ...(metadata ? { metadata } : {}),
  });
  carryTrace(trace);
  const run = new AgentRun(input, definition, session, control);
  run.transcript.add([userMessage(opening)]);
  return run;
}

async function resolve(...[input]: Parameters<ReturnType<typeof lookups>['agent.resolve']>): Promise<Resolved> {
  try {
    return await lookups()['agent.resolve'](input);
  } catch (error) {
    if (isCancellation(error) || !(error instanceof TemporalFailure)) throw error;
    throw runFailure(error, FAILURE.agentUnknown);
  }
}

/** Cleans up, tells the caller, and fails or ends as cancelled. */
async function endBadly(
  error: TemporalFailure,
  session: Session,
  control: Control,
  run: AgentRun | undefined,
): Promise<never> {
  const cancelled = isCancellation(error);
  const { reason = cancelled ? error.message : 'The run has failed.', deadline = CANCEL_DEADLINE } =
    control.cancelled ?? {};
  const notUndone = run ? await cleanUp(run, reason, cancelled ? deadline : undefined) : [];
  const why = cancelled && notUndone.length > 0 ? leftUndone(reason) : error;
  const failure = isCancellation(why) ? undefined : failed(why, { spent: session.spent, notUndone });
  await report(session, { type: 'failed', message: failure?.message ?? `Cancelled: ${reason}`, spent: session.spent });
  if (failure) throw failure;
  return endAsCancelled(reason);
}

/** A run that was cancelled and could not clean up must not look as if it had: somebody has to see to it. */
function leftUndone(reason: string): ApplicationFailure {
  return ApplicationFailure.nonRetryable(
    `Cancelled: ${reason} But not everything was undone:`,
    FAILURE.compensationFailed,
  );
}

function failed(error: TemporalFailure, { spent, notUndone = [] }: FailureDetails): ApplicationFailure {
  const known = error instanceof ApplicationFailure ? error : runFailure(error, FAILURE.modelFailed);
  const { type, message, nonRetryable, cause } = known;
  return ApplicationFailure.create({
    ...(type == null ? {} : { type }),
    message: notUndone.length > 0 ? `${message}\n${notUndone.join('\n')}` : message,
    nonRetryable: nonRetryable ?? false,
    details: [{ spent, ...(notUndone.length > 0 ? { notUndone } : {}) }],
    ...(cause ? { cause } : {}),
  });
}

/** Tells the caller of a sub-agent how it ended, once everything else that it had to tell has arrived. */
async function report(session: Session, end: ChildEnd): Promise<void> {
  const { lineage, outbox } = session;
  if (lineage) {
    const { workflowId } = workflowInfo();
    const ended: ChildReport = { workflowId, toolCallId: lineage.toolCallId, end };
    void outbox.send(lineage.parentWorkflowId, CHILD_ENDED, ended);
  }
  await CancellationScope.nonCancellable(() => condition(() => outbox.idle));
}
