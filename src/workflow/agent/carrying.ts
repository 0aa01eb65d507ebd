import type { ConversationItem, Message, OpenCall } from '../protocol/index.ts';
import type { News } from './news.ts';
import type { Call } from './call.ts';
import { callOrder } from './ids.ts';
import { jsonBytes } from './transcript.ts';

/** Up to this size (bytes of JSON) what is new is carried to the next run in full. */
const MAX_CARRIED_DELTA = 256 * 1024;

/** News in full, or `undefined` when some of it is not known here. */
export function deltaMessages(news: readonly News[]): readonly Message[] | undefined {
  const messages = news.flatMap(({ message }) => (message ? [message] : []));
  return messages.length === news.length ? messages : undefined;
}

/** News for the run that continues this one: in full while they are small, otherwise by where they stand. */
export function carriedDelta(news: readonly News[], runId: string): readonly ConversationItem[] {
  const messages = deltaMessages(news);
  if (messages && jsonBytes(messages) <= MAX_CARRIED_DELTA)
    return messages.map((message) => ({ type: 'message', message }));
  return news.map(({ item }) => (item.type === 'message' ? item : { runId, ...item }));
}

/** Calls for the run that continues this one. */
export function openCalls(calls: readonly Call[]): readonly OpenCall[] {
  return calls.flatMap(({ decision, input, phase }) =>
    phase === 'work' || phase === 'done' ? [] : [{ decision, input, phase }],
  );
}

/** Results in the order of their calls, whenever they came. */
export function inCallOrder(news: readonly News[]): readonly News[] {
  return news
    .map((one, index) => ({ one, index, order: orderOf(one.item) }))
    .toSorted((a, b) => a.order - b.order || a.index - b.index)
    .map(({ one }) => one);
}

function orderOf(item: ConversationItem): number {
  if (item.type !== 'message') return callOrder(item.toolCallId);
  const [part] = item.message.role === 'tool' ? item.message.content : [];
  return part ? callOrder(part.toolCallId) : Number.MAX_SAFE_INTEGER;
}
