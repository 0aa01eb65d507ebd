import { KEYS, type Who } from './world.ts';

/** A message of a stream of server-sent events. */
export interface Message {
  readonly id?: string;
  // What the API sends is what tests look at.
  // oxlint-disable-next-line typescript/no-explicit-any
  readonly data: any;
}

/** What a stream is opened with. */
export interface StreamRequest {
  readonly who?: Who;
  readonly headers?: Record<string, string>;
  readonly signal?: AbortSignal;
}

/** Opens a stream. */
export async function openEvents(
  url: string,
  path: string,
  { who = 'admin', headers = {}, signal }: StreamRequest = {},
): Promise<Response> {
  const authorization = who === 'none' ? {} : { authorization: `Bearer ${KEYS[who].key}` };
  return await fetch(url + path, { headers: { ...authorization, ...headers }, ...(signal ? { signal } : {}) });
}

/** The messages of a stream, as the specification reads them; comments and `retry` are left out. */
export async function* messagesIn(response: Response): AsyncGenerator<Message, void> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const bytes of response.body ?? []) {
    rest += decoder.decode(bytes, { stream: true });
    const blocks = rest.split('\n\n');
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = block.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line)?.slice(1) ?? ['', '']);
      const data = fields.flatMap(([name, value]) => (name === 'data' ? [value] : [])).join('\n');
      if (data === '') continue;
      const id = fields.find(([name]) => name === 'id')?.[1];
      yield { ...(id === undefined ? {} : { id }), data: data === '[DONE]' ? data : JSON.parse(data) };
    }
  }
}

/** All messages of a stream that ends. */
export async function allMessages(response: Response): Promise<Message[]> {
  const messages: Message[] = [];
  for await (const message of messagesIn(response)) messages.push(message);
  return messages;
}
