import {
  ApplicationFailure,
  CancellationScope,
  condition,
  continueAsNew,
  defineSignal,
  executeChild,
  getExternalWorkflowHandle,
  proxyActivities,
  setHandler,
  startChild,
  workflowInfo,
} from '@temporalio/workflow';

import type { ChildWorkflowHandle, ChildWorkflowOptions, SignalDefinition, Workflow } from '@temporalio/workflow';
import { explain } from '../explain.ts';
import { finish } from './messages.ts';

/** A child to be. */
export interface Child {
  readonly type: string;
  readonly options?: ChildWorkflowOptions;
  readonly args?: unknown[];
}

/** Asks for the child's cancellation. */
export const cancelChild: SignalDefinition = defineSignal('cancelChild');
/** Asks for a signal `add` with this value to the child. */
export const signalChild: SignalDefinition<[string, unknown]> = defineSignal('signalChild');

const started = (child: Child): Promise<ChildWorkflowHandle<Workflow>> =>
  startChild<Workflow>(child.type, { ...child.options, args: child.args ?? [] });

/** Runs a child; gives back its result, or what its failure says. */
export async function callChild(child: Child): Promise<unknown> {
  try {
    return { result: (await executeChild(child.type, { ...child.options, args: child.args ?? [] })) ?? 'undefined' };
  } catch (error) {
    return { failure: explain(error) };
  }
}

/** Runs children at once; gives back their results. */
export async function callChildren(children: readonly Child[]): Promise<unknown[]> {
  return await Promise.all(children.map(callChild));
}

/** Runs a child and lets its failure through. */
export async function failByChild(child: Child): Promise<unknown> {
  return await executeChild(child.type, { ...child.options, args: child.args ?? [] });
}

/** Starts a child, passes signals on to it, and gives back its result. */
export async function talkToChild(child: Child): Promise<unknown> {
  const handle = await started(child);
  const outcomes: unknown[] = [];
  setHandler(signalChild, async (name, value) => {
    try {
      await handle.signal(name, value);
      outcomes.push('sent');
    } catch (error) {
      outcomes.push(explain(error));
    }
  });
  const ids = [handle.workflowId, typeof handle.firstExecutionRunId];
  return { result: await handle.result(), ids, outcomes };
}

/** Runs a child in a scope of its own, which `cancelChild` cancels; tells what became of it, and whether `finish` came before. */
export async function cancelThatChild(child: Child): Promise<unknown> {
  let finished = false;
  const scope = new CancellationScope();
  setHandler(cancelChild, () => scope.cancel());
  setHandler(finish, () => void (finished = true));
  try {
    return { result: await scope.run(() => failByChild(child)), finished };
  } catch (error) {
    return { failure: explain(error), finished };
  }
}

/** Starts a child and cancels it before the task is answered. */
export async function cancelChildAtOnce(child: Child): Promise<unknown> {
  const scope = new CancellationScope();
  const outcome = scope.run(() => callChild(child));
  scope.cancel();
  return await outcome;
}

/** How `startThenEnd` ends. */
export type End = 'complete' | 'fail' | 'continue' | 'never';

/** Starts a child, waits for `finish`, and ends. */
export async function startThenEnd(child: Child | null, end: End): Promise<string> {
  let finished = false;
  setHandler(finish, () => void (finished = true));
  if (child) await started(child);
  else return 'continued';
  await condition(() => finished);
  if (end === 'fail') throw ApplicationFailure.nonRetryable('parent failed', 'Parent');
  if (end === 'continue') await continueAsNew<typeof startThenEnd>(null, 'complete');
  return 'ended';
}

/** Ends in the very task in which it starts a child. */
export async function startAndLeave(child: Child): Promise<string> {
  started(child).catch(() => {});
  await condition(() => true);
  return 'left';
}

/** Continues as new at `finish`, this many times, then completes at `finish`. */
export async function continueAtFinish(left: number): Promise<string> {
  let finished = false;
  setHandler(finish, () => void (finished = true));
  await condition(() => finished);
  if (left > 0) await continueAsNew<typeof continueAtFinish>(left - 1);
  return 'last';
}

/** What a child knows about its family, its memo included. */
export async function family(): Promise<Record<string, unknown>> {
  const { parent, root, memo, workflowId } = workflowInfo();
  return { parent: parent?.workflowId, root: root?.workflowId, memo, workflowId };
}

/** Tells about its family, and what a child of its own tells. */
export async function family2(childId: string): Promise<unknown[]> {
  return [await family(), await executeChild(family, { workflowId: childId, memo: { of: 'grandchild' } })];
}

/** What to do to another workflow. */
export interface ExternalAct {
  readonly workflowId: string;
  readonly runId?: string;
  readonly signal?: string;
  readonly args?: unknown[];
}

/** Signals, or (no signal given) cancels another workflow; tells how that went. */
export async function actOnOther({ workflowId, runId, signal, args = [] }: ExternalAct): Promise<unknown> {
  const handle = getExternalWorkflowHandle(workflowId, runId);
  try {
    await (signal ? handle.signal(signal, ...args) : handle.cancel());
    return 'done';
  } catch (error) {
    return explain(error);
  }
}

/** Signals itself and waits for the signal. */
export async function signalItself(): Promise<unknown> {
  let came = false;
  setHandler(finish, () => void (came = true));
  const outcome = await actOnOther({ workflowId: workflowInfo().workflowId, signal: 'finish' });
  return { outcome, came };
}

/** Asks for the cancellation of a signal that it sends. */
export async function cancelSignalAtOnce(workflowId: string): Promise<unknown> {
  const scope = new CancellationScope();
  const outcome = scope
    .run(() => getExternalWorkflowHandle(workflowId).signal('finish'))
    .then(
      () => 'sent',
      (error: unknown) => explain(error),
    );
  scope.cancel();
  return await outcome;
}

/** Its priority, or that of the run that it goes on as. */
export async function ownPriority(goesOn: boolean): Promise<number | undefined> {
  if (goesOn) return await continueAsNew<typeof ownPriority>(false);
  return workflowInfo().priority?.priorityKey;
}

/** Priorities of itself, an activity, a child, a child's next run, and a child and an activity that ask for one themselves. */
export async function priorities(): Promise<unknown[]> {
  const priority = { priorityKey: 5 };
  const options = { startToCloseTimeout: '1 minute' } as const;
  const { tellPriority } = proxyActivities<{ tellPriority(): Promise<number> }>(options);
  const { tellPriority: tellOther } = proxyActivities<{ tellPriority(): Promise<number> }>({ ...options, priority });
  return [
    await ownPriority(false),
    await tellPriority(),
    await executeChild(ownPriority, { args: [false] }),
    await executeChild(ownPriority, { args: [true] }),
    await executeChild(ownPriority, { args: [false], priority }),
    await tellOther(),
  ];
}
