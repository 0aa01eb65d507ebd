import { setHandler } from '@temporalio/workflow';
import { add } from './messages.ts';
import { activity, brief, gate } from './support.ts';

/** Lists signals and the result of an activity in the order in which they came. A signal `hold` stands at the gate of that name. */
export async function collectAroundActivity(): Promise<unknown[]> {
  const values: unknown[] = [];
  setHandler(add, (value) => {
    values.push(value);
    if (value === 'hold') gate.hold('hold');
  });
  values.push(await activity('wait', brief)());
  return values;
}

/** Ends in its first task, but stands at the gate `closing` before. Gives back the signals that came in time. */
export async function holdThenCollect(): Promise<unknown[]> {
  const values: unknown[] = [];
  setHandler(add, (value) => void values.push(value));
  gate.hold('closing');
  return values;
}

/** Calls the activity `work` in its first task, but stands at the gate `calling` before. */
export async function holdThenCall(): Promise<unknown> {
  gate.hold('calling');
  return await activity('work', brief)();
}
