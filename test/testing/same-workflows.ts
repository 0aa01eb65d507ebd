import { condition, defineQuery, defineSignal, proxyActivities, setHandler, sleep } from '@temporalio/workflow';

/** The activities that these workflows call. */
export interface SameActivities {
  charge(account: string): Promise<string>;
}

const { charge } = proxyActivities<SameActivities>({ startToCloseTimeout: '1 minute', retry: { maximumAttempts: 3 } });

/** Approves what waits for it. */
export const approve = defineSignal<[by: string]>('approve');
/** Who approved, if anybody. */
export const approvedBy = defineQuery<string | undefined>('approvedBy');

/** Waits for a day, then charges; gives the number of hours that passed and the receipt. */
export async function chargeTomorrow(account: string): Promise<[hours: number, receipt: string]> {
  const start = Date.now();
  await sleep('1 day');
  return [Math.round((Date.now() - start) / 3_600_000), await charge(account)];
}

/** Waits for an approval, up to a week. */
export async function needsApproval(): Promise<string> {
  let by: string | undefined;
  setHandler(approve, (name) => {
    by = name;
  });
  setHandler(approvedBy, () => by);
  return (await condition(() => by !== undefined, '7 days')) ? `approved by ${by}` : 'nobody answered';
}
