import { executeChild, proxyActivities, sleep, workflowInfo } from '@temporalio/workflow';
import { askUser } from '../../../src/workflow/index.ts';

interface Activities {
  measure(thing: string, times: number): Promise<{ readonly thing: string; readonly length: number }>;
  breaks(): Promise<never>;
}

const { measure, breaks } = proxyActivities<Activities>({
  startToCloseTimeout: '1 min',
  retry: { initialInterval: '10 ms', maximumAttempts: 3 },
});

/** Does one thing after the other, so that its history is the same on every engine. */
export async function inspected(thing: string): Promise<string> {
  const { length } = await measure(thing, 2);
  await breaks().catch(() => undefined);
  await sleep('20 ms');
  const half = await executeChild(halved, { args: [length, 'half'], workflowId: `${workflowInfo().workflowId}-half` });
  const name = await askUser('Who are you?');
  return `${name}: ${half}`;
}

export async function halved(length: number, _what: string): Promise<number> {
  await sleep('10 ms');
  return length / 2;
}
