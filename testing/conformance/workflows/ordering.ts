import { condition, defineSignal, defineUpdate, setHandler, sleep } from '@temporalio/workflow';
import type { SignalDefinition } from '@temporalio/workflow';
import { activity, brief, gate } from './support.ts';

export const hold: SignalDefinition = defineSignal('hold');
export const mark: SignalDefinition<[string]> = defineSignal<[string]>('mark');
export const markUpdate: ReturnType<typeof defineUpdate<string, [string]>> = defineUpdate<string, [string]>(
  'markUpdate',
);

/** What there is to wait for. */
export interface Waits {
  readonly activities: readonly string[];
  readonly timersMs: readonly number[];
  /** How many marks to wait for beside. */
  readonly marks: number;
}

/** Waits for many things, holds a task at gate `hold` when it is told to, and logs in which order things came. */
export async function logArrivals({ activities, timersMs, marks }: Waits): Promise<string[]> {
  const log: string[] = [];
  let marked = 0;
  const arrived = (what: string): void => void log.push(what);
  setHandler(mark, (text) => {
    marked += 1;
    arrived(`signal ${text}`);
  });
  setHandler(markUpdate, (text) => {
    marked += 1;
    arrived(`update ${text}`);
    return text;
  });
  setHandler(hold, () => gate.hold('hold'));
  const waits = [
    ...activities.map(async (type) => {
      try {
        arrived(`activity ${String(await activity(type, brief)())}`);
      } catch {
        arrived(`failed activity ${type}`);
      }
    }),
    ...timersMs.map(async (ms) => {
      await sleep(ms);
      arrived(`timer ${ms}`);
    }),
  ];
  await Promise.all(waits);
  await condition(() => marked >= marks);
  return log;
}

/** In one task: a timer, two activities and a marker-less condition; then ends when all are done. */
export async function manyCommands(type: string): Promise<unknown[]> {
  return await Promise.all([activity(type, brief)('first'), sleep(20).then(() => 'slept'), condition(() => false, 30)]);
}
