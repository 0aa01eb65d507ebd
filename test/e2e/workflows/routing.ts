import {
  condition,
  continueAsNew,
  defineQuery,
  defineSignal,
  defineUpdate,
  executeChild,
  proxyActivities,
  setHandler,
  workflowInfo,
} from '@temporalio/workflow';

const { stamp, askCustoms } = proxyActivities<{
  stamp(text: string): Promise<string>;
  askCustoms(): Promise<string>;
}>({ startToCloseTimeout: '1 minute' });

export const arrived = defineSignal<[string]>('arrived');
export const stations = defineQuery<string[]>('stations');
export const reroute = defineUpdate<string, [string]>('reroute');

/** Waits until something has arrived, however it hears of it. Goes through the airport as a run of its own, and as a child. */
export async function parcel(via?: 'airport' | 'truck'): Promise<string> {
  const seen: string[] = [];
  setHandler(arrived, (where) => void seen.push(where));
  setHandler(stations, () => seen);
  setHandler(reroute, (where) => {
    seen.push(`${where}!`);
    return `to ${where}`;
  });
  await condition(() => seen.length > 0);
  if (via === 'airport') return await continueAsNew<typeof parcel>('truck');
  if (via === 'truck')
    return await executeChild(parcelLabel, { args: [seen], workflowId: `${workflowInfo().workflowId}/label` });
  return await stamp(seen.join(', '));
}

export async function parcelLabel(seen: readonly string[]): Promise<string> {
  return await stamp(`label of ${seen.join(', ')}`);
}

/** A simple job. */
export async function mail(text: string): Promise<string> {
  return await stamp(text);
}

/** Its activity is completed from outside. */
export async function customs(): Promise<string> {
  return await askCustoms();
}
