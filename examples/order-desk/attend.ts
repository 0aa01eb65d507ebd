import { setTimeout as delay } from 'node:timers/promises';
import {
  AnswerRefusedError,
  RunNotFoundError,
  type Perdure,
  type Run,
  type RunEvent,
  type TokenEvent,
  type Wait,
} from 'perdure';
import { type AnswerSource, toDecision } from './ask.ts';

/** An event, and how deep in the tree of agents it has happened: 0 is the agent that was asked. */
export type Watch = (event: RunEvent | TokenEvent, depth: number, runId: string) => void | Promise<void>;

/** How a run went on while it was attended. */
export type Ending =
  | { readonly type: 'answered'; readonly output: unknown }
  | { readonly type: 'failed'; readonly message: string }
  /** It goes on without us, and waits for an answer that nobody gave. */
  | { readonly type: 'waiting'; readonly wait: Wait };

/** How a run is attended. */
export interface Attendance {
  readonly perdure: Perdure;
  readonly watch: Watch;
  readonly answer: AnswerSource;
  /** Tells that an answer was not understood, or not taken. */
  readonly hint: (text: string) => void;
}

/** Watches a run and answers what it asks, until it has ended or nobody knows an answer. */
export async function attend(run: Run<unknown>, attendance: Attendance): Promise<Ending> {
  const stop = new AbortController();
  const waiting = Promise.withResolvers<Ending>();
  // One question after the other, though several may be open.
  let questions = Promise.resolve();
  const watch: Watch = async (event, depth, runId) => {
    await attendance.watch(event, depth, runId);
    if (depth > 0 || (event.type !== 'input_requested' && event.type !== 'approval_requested')) return;
    questions = questions.then(async () => {
      if (!(await answerWait(run, event.wait, attendance, stop.signal)))
        waiting.resolve({ type: 'waiting', wait: event.wait });
    });
    questions.catch(waiting.reject);
  };
  try {
    return await Promise.race([watchTree(attendance.perdure, run, watch, stop.signal), waiting.promise]);
  } finally {
    stop.abort();
  }
}

async function watchTree(
  perdure: Perdure,
  run: Run<unknown>,
  watch: Watch,
  signal: AbortSignal,
  depth = 0,
): Promise<Ending> {
  const children = new Map<string, Promise<unknown>>();
  let ending: Ending = { type: 'failed', message: 'The run has ended.' };
  for await (const event of run.events({ tokens: true, signal })) {
    // What a sub-agent did is shown before its result.
    if (event.type === 'agent_completed' || event.type === 'agent_failed') await children.get(event.workflowId);
    await watch(event, depth, run.id);
    if (event.type === 'agent_called') {
      const child = begun(perdure.run(event.workflowId)).then((begunRun) =>
        watchTree(perdure, begunRun, watch, signal, depth + 1),
      );
      children.set(
        event.workflowId,
        child.catch(() => {}),
      );
    }
    ending = endingOf(event) ?? ending;
  }
  return ending;
}

/** A sub-agent's run begins a moment after it was called. */
async function begun(run: Run<unknown>): Promise<Run<unknown>> {
  for (let attempt = 1; ; attempt++) {
    try {
      await run.describe();
      return run;
    } catch (error) {
      if (!RunNotFoundError.is(error) || attempt === 100) throw error;
      await delay(50);
    }
  }
}

function endingOf(event: RunEvent | TokenEvent): Ending | undefined {
  switch (event.type) {
    case 'run_completed':
      return { type: 'answered', output: event.output };
    case 'run_failed':
      return { type: 'failed', message: event.error.message };
    case 'run_cancelled':
    case 'run_terminated':
    case 'run_timed_out':
      return { type: 'failed', message: `The run was ${event.type.slice('run_'.length).replace('_', ' ')}.` };
    default:
      return undefined;
  }
}

/** @returns whether it is answered, by whomever. */
async function answerWait(
  run: Run<unknown>,
  wait: Wait,
  { answer, hint }: Attendance,
  signal: AbortSignal,
): Promise<boolean> {
  while ((await run.pending()).some(({ id }) => id === wait.id)) {
    const text = await answer(wait, signal);
    if (signal.aborted) return true;
    if (text === undefined) return false;
    const decision = wait.kind === 'approval' ? toDecision(text) : undefined;
    if (wait.kind === 'approval' && decision === undefined) {
      hint(`Please say yes or no, not "${text}".`);
      continue;
    }
    const { id: waitId } = wait;
    try {
      if (decision === undefined) await run.reply(text, { waitId });
      else await (decision ? run.approve({ waitId }) : run.reject({ waitId }));
    } catch (error) {
      if (!AnswerRefusedError.is(error)) throw error;
      hint(error.message);
    }
  }
  return true;
}
