import {
  ApplicationFailure,
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  setHandler,
  sleep,
} from '@temporalio/workflow';
import type { QueryDefinition, SignalDefinition } from '@temporalio/workflow';
import { activity, brief, gate } from './support.ts';

export const repair: SignalDefinition = defineSignal('repair');
export const end: SignalDefinition<[string?]> = defineSignal<[string?]>('end');
export const note: SignalDefinition<[string]> = defineSignal<[string]>('note');
export const notes: QueryDefinition<string[]> = defineQuery<string[]>('notes');

/** Throws what is no failure, which fails the task and not the run, until the signal is there. */
export async function brokenUntilRepaired(): Promise<string> {
  let repaired = false;
  setHandler(repair, () => void (repaired = true));
  for (let i = 0; i < 10; i++) await Promise.resolve(); // a signal that is there already gets through
  if (!repaired) throw new TypeError('broken');
  return 'repaired';
}

/** Works for a while, then breaks until the signal is there. */
export async function breaksLater(): Promise<string> {
  let repaired = false;
  setHandler(repair, () => void (repaired = true));
  await sleep(20);
  for (let i = 0; i < 10; i++) await Promise.resolve();
  if (!repaired) throw new TypeError('broken later');
  return 'repaired';
}

/** Holds its first task at gate `first`, then ends. */
export async function slowFirstTask(): Promise<string> {
  gate.hold('first');
  return 'done';
}

/** At signal `end`, holds the task at gate `ending` and ends in it as it is told. Gives back all notes that came. */
export async function endAtGate(again = false): Promise<string[]> {
  const seen: string[] = [];
  let how: string | undefined;
  setHandler(note, (text) => void seen.push(text));
  setHandler(end, (value = 'complete') => void (how = value));
  if (again) return ['continued'];
  await condition(() => how !== undefined);
  gate.hold('ending');
  if (how === 'fail') throw ApplicationFailure.create({ message: `failed after ${seen.length} notes` });
  if (how === 'continue') await continueAsNew<typeof endAtGate>(true);
  return seen;
}

/** Calls an activity, and ends at signal `end` without its result unless that is there. */
export async function endOverActivity(type: string): Promise<string> {
  let ended = false;
  let result: unknown = 'no result';
  setHandler(end, () => void (ended = true));
  activity(type, brief)().then(
    (value) => (result = value),
    () => {},
  );
  await condition(() => ended);
  gate.hold('ending');
  return String(result);
}

/** Ends, while another coroutine still has commands to give in the same activation. */
export async function commandsAfterTheEnd(type: string): Promise<string> {
  void (async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    sleep('1 hour').catch(() => {});
    await activity(type, brief)();
  })();
  return 'ended';
}

/** Fails, while another coroutine still has commands to give in the same activation. */
export async function commandsAfterFailure(): Promise<void> {
  void (async () => {
    for (let i = 0; i < 20; i++) await Promise.resolve();
    await sleep('1 hour');
  })().catch(() => {});
  throw ApplicationFailure.create({ message: 'failed' });
}

/** Notes what comes, until signal `end`. Waits for nothing else. */
export async function takeNotes(): Promise<string[]> {
  const seen: string[] = [];
  let ended = false;
  setHandler(note, (text) => void seen.push(text));
  setHandler(end, () => void (ended = true));
  setHandler(notes, () => seen);
  await condition(() => ended);
  return seen;
}

/** An unhandled rejection somewhere in the workflow fails the task, until the signal is there. */
export async function rejectsUnhandled(): Promise<string> {
  let repaired = false;
  setHandler(repair, () => void (repaired = true));
  for (let i = 0; i < 10; i++) await Promise.resolve();
  if (!repaired) void Promise.reject(new Error('nobody cares'));
  await sleep(1);
  return 'repaired';
}

/** The newer code of a workflow whose older code (`before`) slept: it calls an activity. */
export async function changedInTheMiddle(): Promise<string> {
  let ended = false;
  setHandler(end, () => void (ended = true));
  await activity('any', brief)();
  await condition(() => ended);
  return 'newer';
}

/** The newer code of a workflow whose older code called an activity of another type. */
export async function changedActivity(): Promise<string> {
  await activity('newType', brief)();
  return 'newer';
}
