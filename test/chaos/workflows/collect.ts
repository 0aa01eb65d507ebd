import { condition, defineSignal, setHandler } from '@temporalio/workflow';

/** The nth message of a sender, from 0. */
export const told = defineSignal<[sender: string, n: number]>('told');

/** What came. */
export interface Collected {
  readonly messages: number;
  /** Messages that were missing, there twice or out of order, as `<sender> <n>`. */
  readonly wrong: readonly string[];
}

/** Waits for so many messages; each sender's must come once and in order. */
export async function collect(count: number): Promise<Collected> {
  const next = new Map<string, number>();
  const wrong: string[] = [];
  let messages = 0;
  setHandler(told, (sender, n) => {
    messages++;
    if (n !== (next.get(sender) ?? 0)) wrong.push(`${sender} ${n}`);
    next.set(sender, n + 1);
  });
  await condition(() => messages >= count);
  return { messages, wrong };
}
